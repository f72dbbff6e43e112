import type { Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { OpenedInvitation } from "../../../application/accounts/invitations.ts";
import type { LinkRefusal } from "../../../domain/accounts/refusals.ts";
import { answerPage } from "../../pages/answer_page.ts";
import { ErrorSummary, type FormFault } from "../components/error_summary.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import type { View, WebContext, WebEnv } from "../context.ts";
import { keepSession } from "../cookies.ts";
import { faultOf, statusOfRefusal } from "../faults.ts";
import { readForm } from "../forms.ts";
import { Layout } from "../layout.tsx";
import { PAGES, pathOf } from "../pages.ts";
import { requestOf, type WebPorts } from "../ports.ts";
import { CompletePage, LinkGonePage } from "../register/pages.tsx";
import { teamFaultOf } from "./team_faults.ts";

interface InvitationPageProps {
  readonly view: View;
  readonly opened: OpenedInvitation;
  readonly faults?: readonly FormFault[];
}

/** Says who invites to what, and lets a signed-in person accept. */
function InvitationPage({ view, opened, faults = [] }: InvitationPageProps): JSX.Element {
  const { invitation: texts, shell } = view.texts;
  const title = texts.title(opened.serviceName);
  return (
    <Layout view={view} title={title} hasFaults={faults.length > 0}>
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{title}</h1>
      <InvitationText view={view} opened={opened} />
      {view.session?.stage === "complete"
        ? (
          <Form view={view} class="buttons">
            <SubmitButton>{texts.accept}</SubmitButton>
          </Form>
        )
        : (
          <>
            <p>{texts.signIn}</p>
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

function InvitationText({ view, opened }: InvitationPageProps): JSX.Element {
  const { invitation: texts, roles } = view.texts;
  const { invitation, inviterName, serviceName } = opened;
  return (
    <>
      <p class="lead">
        {inviterName === undefined
          ? texts.leadOperator(serviceName)
          : texts.lead(inviterName, serviceName)}
      </p>
      <div class="card">
        <p>{texts.youMay}</p>
        <ul>
          <li>{roles.none}</li>
          {invitation.roles.map((role) => (
            <li key={role}>
              <b>{roles[role][0]}</b>: {roles[role][1]}
            </li>
          ))}
        </ul>
      </div>
    </>
  );
}

/** Adds the page that the link of an invitation leads to. */
export function addInvitationPage(app: Hono<WebEnv>, { accounts }: WebPorts): void {
  const { invitations, policy } = accounts;

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
    const link = await invitations.open(c.req.param("token") ?? "");
    if (!link.ok) return await gone(c, link.refusal.because);
    const opened = link.value;
    if (opened.hasAccount || view.session?.stage === "complete") {
      return await answerPage(
        c,
        <InvitationPage view={view} opened={opened} faults={faults} />,
        status,
      );
    }
    const page = (
      <CompletePage
        view={view}
        email={opened.invitation.emailAddress}
        asksForNumber={policy.hasSms}
        before={<InvitationText view={view} opened={opened} />}
        faults={faults}
        {...typed}
      />
    );
    return await answerPage(c, page, status);
  }

  app.get(PAGES.invitation.path, (c) => show(c, []));
  app.post(PAGES.invitation.path, async (c) => {
    const form = await readForm(c);
    const { view } = c.var;
    const token = c.req.param("token");
    if (view.session?.stage === "complete") {
      const accepted = await invitations.accept(view.session, token);
      if (accepted.ok) {
        return c.redirect(pathOf(PAGES.service, { service_id: accepted.value }), 303);
      }
      const { refusal } = accepted;
      if (refusal.kind === "link") return await gone(c, refusal.because);
      return await show(c, [
        refusal.kind === "another-address"
          ? { message: view.texts.invitation.other(view.session.user.emailAddress) }
          : teamFaultOf(refusal, view.texts),
      ]);
    }
    const name = form.text("name");
    const mobile = form.text("mobile_number");
    const registered = await invitations.register(
      token,
      { name, password: form.text("password"), mobileNumber: mobile },
      requestOf(c),
    );
    if (registered.ok) {
      keepSession(c, registered.value);
      // After the second factor the page lets the person join.
      const back = new URLSearchParams({ return_to: c.req.path });
      return c.redirect(`${PAGES.signInCode.path}?${back}`, 303);
    }
    const { refusal } = registered;
    if (refusal.kind === "link") return await gone(c, refusal.because);
    const fault = faultOf(refusal, view.texts);
    return await show(c, [fault], { name, mobile }, statusOfRefusal(c, refusal));
  });
}
