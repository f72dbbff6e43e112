import type { Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { OpenedSession } from "../../../application/accounts/opened_session.ts";
import type { Busy, FieldRefusal, LinkRefusal } from "../../../domain/accounts/refusals.ts";
import type { Result } from "../../../domain/result.ts";
import { answerPage } from "../../pages/answer_page.ts";
import type { WebContext, WebEnv } from "../context.ts";
import { keepSession } from "../cookies.ts";
import { faultOf } from "../faults.ts";
import { readForm } from "../forms.ts";
import { PAGES } from "../pages.ts";
import { requestOf, type WebPorts } from "../ports.ts";
import { CompletePage, LinkGonePage, RegisterPage, SentPage } from "./pages.tsx";

/** What a link of {@link addLinkPage} leads to. */
interface LinkTarget {
  readonly path: "/register/:token" | "/operator/:token";
  /** What the page says before the form. */
  readonly before: (c: WebContext) => JSX.Element | undefined;
  open(token: string): Promise<Result<{ readonly emailAddress: string }, LinkRefusal>>;
  complete(
    token: string,
    form: { readonly name: string; readonly password: string; readonly mobileNumber: string },
    c: WebContext,
  ): Promise<Result<OpenedSession, LinkRefusal | FieldRefusal | Busy>>;
}

/** Adds the pages of registering: the address, the link that proves it, and the account. */
export function addRegisterPages(app: Hono<WebEnv>, ports: WebPorts): void {
  const { registration, operators, policy } = ports.accounts;

  app.get(
    PAGES.register.path,
    (c) => answerPage(c, <RegisterPage view={c.var.view} policy={policy} />),
  );
  app.get(PAGES.registerSent.path, (c) => c.redirect(PAGES.register.path, 303));
  app.post(PAGES.registerSent.path, async (c) => {
    const form = await readForm(c);
    const { view } = c.var;
    const email = form.text("email_address").trim();
    const started = await registration.start(email, requestOf(c));
    if (started.ok) {
      const { path: action } = PAGES.registerSent;
      return answerPage(
        c,
        <SentPage
          view={view}
          email={email}
          then={view.texts.register.sentThen}
          action={action}
          other={PAGES.register.path}
        />,
      );
    }
    const faults = [faultOf(started.refusal, view.texts)];
    return answerPage(
      c,
      <RegisterPage view={view} policy={policy} faults={faults} email={email} />,
      422,
    );
  });

  addLinkPage(app, ports, {
    path: PAGES.registerLink.path,
    before: () => undefined,
    open: registration.open,
    complete: (token, form, c) => registration.complete(token, form, requestOf(c)),
  });
  addLinkPage(app, ports, {
    path: PAGES.operatorLink.path,
    before: (c) => <p>{c.var.view.texts.register.operatorNote}</p>,
    open: operators.open,
    complete: (token, form, c) => operators.register(token, form, requestOf(c)),
  });
}

/** Adds the page that a link in a message leads to, where the account is created. */
function addLinkPage(app: Hono<WebEnv>, { accounts }: WebPorts, target: LinkTarget): void {
  const asksForNumber = accounts.policy.hasSms;
  const gone = (c: WebContext, because: LinkRefusal["because"]) =>
    answerPage(
      c,
      <LinkGonePage view={c.var.view} because={because} again={PAGES.register.path} />,
      410,
    );

  app.get(target.path, async (c) => {
    const link = await target.open(c.req.param("token"));
    if (!link.ok) return gone(c, link.refusal.because);
    const { emailAddress } = link.value;
    return answerPage(
      c,
      <CompletePage
        view={c.var.view}
        email={emailAddress}
        asksForNumber={asksForNumber}
        before={target.before(c)}
      />,
    );
  });
  app.post(target.path, async (c) => {
    const form = await readForm(c);
    const token = c.req.param("token");
    const name = form.text("name");
    const mobile = form.text("mobile_number");
    const completed = await target.complete(
      token,
      { name, password: form.text("password"), mobileNumber: mobile },
      c,
    );
    if (completed.ok) {
      keepSession(c, completed.value);
      return c.redirect(PAGES.signInCode.path, 303);
    }
    const { refusal } = completed;
    if (refusal.kind === "link") return gone(c, refusal.because);
    const link = await target.open(token);
    if (!link.ok) return gone(c, link.refusal.because);
    return answerPage(
      c,
      <CompletePage
        view={c.var.view}
        email={link.value.emailAddress}
        asksForNumber={asksForNumber}
        before={target.before(c)}
        faults={[faultOf(refusal, c.var.view.texts)]}
        name={name}
        mobile={mobile}
      />,
      refusal.kind === "busy" ? 503 : 422,
    );
  });
}
