import type { Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { LinkRefusal } from "../../../domain/accounts/refusals.ts";
import { answerPage } from "../../pages/answer_page.ts";
import { ErrorSummary, type FormFault } from "../components/error_summary.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import type { View, WebContext, WebEnv } from "../context.ts";
import { keepSession } from "../cookies.ts";
import { faultOf, statusOfRefusal } from "../faults.ts";
import { readForm } from "../forms.ts";
import { Layout } from "../layout.tsx";
import { PAGES } from "../pages.ts";
import { requestOf, type WebPorts } from "../ports.ts";
import { CompletePage, LinkGonePage } from "./pages.tsx";

interface OperatorPageProps {
  readonly view: View;
  readonly faults?: readonly FormFault[];
}

/** Lets a person with an account become an operator, when they are signed in. */
function OperatorPage({ view, faults = [] }: OperatorPageProps): JSX.Element {
  const { invitation, shell } = view.texts;
  return (
    <Layout view={view} title={invitation.operatorTitle} hasFaults={faults.length > 0}>
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{invitation.operatorTitle}</h1>
      <p class="lead">{invitation.operatorLead}</p>
      {view.session?.stage === "complete"
        ? (
          <Form view={view} class="buttons">
            <SubmitButton>{invitation.operatorAccept}</SubmitButton>
          </Form>
        )
        : (
          <>
            <p>{invitation.signIn}</p>
            <p class="buttons">
              <a
                class="button"
                href={`${PAGES.signIn.path}?${new URLSearchParams({ return_to: view.path })}`}
              >
                {shell.signIn}
              </a>
            </p>
          </>
        )}
    </Layout>
  );
}

/** Adds the page that the link of an operator leads to. */
export function addOperatorLinkPage(app: Hono<WebEnv>, { accounts }: WebPorts): void {
  const { operators, policy } = accounts;

  const gone = (c: WebContext, because: LinkRefusal["because"]) =>
    answerPage(
      c,
      <LinkGonePage view={c.var.view} because={because} again={undefined} />,
      410,
    );

  async function show(
    c: WebContext,
    faults: readonly FormFault[],
    typed: { readonly name?: string; readonly mobile?: string } = {},
    status: 200 | 422 | 429 | 503 = faults.length > 0 ? 422 : 200,
  ): Promise<Response> {
    const { view } = c.var;
    const link = await operators.open(c.req.param("token") ?? "");
    if (!link.ok) return await gone(c, link.refusal.because);
    if (link.value.hasAccount) {
      return await answerPage(c, <OperatorPage view={view} faults={faults} />, status);
    }
    const page = (
      <CompletePage
        view={view}
        email={link.value.emailAddress}
        asksForNumber={policy.hasSms}
        before={<p>{view.texts.register.operatorNote}</p>}
        faults={faults}
        {...typed}
      />
    );
    return await answerPage(c, page, status);
  }

  app.get(PAGES.operatorLink.path, (c) => show(c, []));
  app.post(PAGES.operatorLink.path, async (c) => {
    const form = await readForm(c);
    const { view } = c.var;
    const token = c.req.param("token");
    if (view.session?.stage === "complete") {
      const accepted = await operators.accept(view.session, token);
      if (accepted.ok) return c.redirect(PAGES.services.path, 303);
      const { refusal } = accepted;
      if (refusal.kind === "link") return await gone(c, refusal.because);
      return await show(c, [
        { message: view.texts.invitation.other(view.session.user.emailAddress) },
      ]);
    }
    const name = form.text("name");
    const mobile = form.text("mobile_number");
    const registered = await operators.register(
      token,
      { name, password: form.text("password"), mobileNumber: mobile },
      requestOf(c),
    );
    if (registered.ok) {
      keepSession(c, registered.value);
      return c.redirect(PAGES.signInCode.path, 303);
    }
    const { refusal } = registered;
    if (refusal.kind === "link") return await gone(c, refusal.because);
    const fault = faultOf(refusal, view.texts);
    return await show(c, [fault], { name, mobile }, statusOfRefusal(c, refusal));
  });
}
