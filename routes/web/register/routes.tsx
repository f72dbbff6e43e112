import type { Hono } from "hono";
import type { LinkRefusal } from "../../../domain/accounts/refusals.ts";
import { answerPage } from "../../pages/answer_page.ts";
import type { WebContext, WebEnv } from "../context.ts";
import { keepSession } from "../cookies.ts";
import { faultOf, statusOfRefusal } from "../faults.ts";
import { readForm } from "../forms.ts";
import { PAGES } from "../pages.ts";
import { requestOf, type WebPorts } from "../ports.ts";
import { CompletePage, LinkGonePage, RegisterPage, SentPage } from "./pages.tsx";

/** Adds the pages of registering: the address, the link that proves it, and the account. */
export function addRegisterPages(app: Hono<WebEnv>, ports: WebPorts): void {
  const { registration, policy } = ports.accounts;

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

  addLinkPage(app, ports);
}

/** Adds the page that the link in the message leads to, where the account is created. */
function addLinkPage(app: Hono<WebEnv>, { accounts }: WebPorts): void {
  const { policy, registration } = accounts;
  const gone = (c: WebContext, because: LinkRefusal["because"]) =>
    answerPage(
      c,
      <LinkGonePage view={c.var.view} because={because} again={PAGES.register.path} />,
      410,
    );

  app.get(PAGES.registerLink.path, async (c) => {
    const link = await registration.open(c.req.param("token"));
    if (!link.ok) return gone(c, link.refusal.because);
    const { emailAddress } = link.value;
    return answerPage(
      c,
      <CompletePage view={c.var.view} email={emailAddress} asksForNumber={policy.hasSms} />,
    );
  });
  app.post(PAGES.registerLink.path, async (c) => {
    const form = await readForm(c);
    const token = c.req.param("token");
    const name = form.text("name");
    const mobile = form.text("mobile_number");
    const completed = await registration.complete(
      token,
      { name, password: form.text("password"), mobileNumber: mobile },
      requestOf(c),
    );
    if (completed.ok) {
      keepSession(c, completed.value);
      return c.redirect(PAGES.signInCode.path, 303);
    }
    const { refusal } = completed;
    if (refusal.kind === "link") {
      // The form was sent twice: the first one created the session.
      return c.var.view.session?.stage === "first-factor"
        ? c.redirect(PAGES.signInCode.path, 303)
        : gone(c, refusal.because);
    }
    const link = await registration.open(token);
    if (!link.ok) return gone(c, link.refusal.because);
    const page = (
      <CompletePage
        view={c.var.view}
        email={link.value.emailAddress}
        asksForNumber={policy.hasSms}
        faults={[faultOf(refusal, c.var.view.texts)]}
        name={name}
        mobile={mobile}
      />
    );
    return answerPage(c, page, statusOfRefusal(c, refusal));
  });
}
