import type { Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { LinkRefusal } from "../../../domain/accounts/refusals.ts";
import { answerPage } from "../../pages/answer_page.ts";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import type { View, WebContext, WebEnv } from "../context.ts";
import { forgetSession } from "../cookies.ts";
import { faultOf, statusOfRefusal } from "../faults.ts";
import { readForm } from "../forms.ts";
import { Layout } from "../layout.tsx";
import { PAGES } from "../pages.ts";
import { requestOf, type WebPorts } from "../ports.ts";
import { LinkGonePage, SentPage } from "../register/pages.tsx";

interface FormPageProps {
  readonly view: View;
  readonly faults?: readonly FormFault[];
  readonly email?: string;
}

/** Asks for the address to which a link to a new password is sent. */
function ForgottenPage({ view, faults = [], email }: FormPageProps): JSX.Element {
  const { forgotten, fields, shell } = view.texts;
  return (
    <Layout view={view} title={forgotten.title} hasFaults={faults.length > 0}>
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{forgotten.title}</h1>
      <p class="lead">{forgotten.lead}</p>
      <Form view={view} class="form card">
        <Field
          name="email_address"
          type="email"
          inputmode="email"
          autocomplete="username"
          spellcheck={false}
          label={fields.email}
          fault={messageOf(faults, "email_address")}
          faultPrefix={shell.errorPrefix}
          value={email}
        />
        <div class="buttons">
          <SubmitButton>{forgotten.send}</SubmitButton>
          <a href={PAGES.signIn.path}>{fields.cancel}</a>
        </div>
      </Form>
    </Layout>
  );
}

/** Asks for a new password, of one who followed the link. */
function NewPasswordPage({ view, faults = [], email }: FormPageProps): JSX.Element {
  const { forgotten, register, fields, shell } = view.texts;
  return (
    <Layout
      view={view}
      title={forgotten.newTitle}
      hasFaults={faults.length > 0}
      scripts={["reveal"]}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{forgotten.newTitle}</h1>
      <p class="lead">{forgotten.newLead}</p>
      <Form view={view} class="form card">
        <input type="email" hidden name="username" autocomplete="username" value={email} />
        <Field
          name="password"
          type="password"
          autocomplete="new-password"
          label={fields.newPassword}
          hint={register.passwordHint}
          fault={messageOf(faults, "password")}
          faultPrefix={shell.errorPrefix}
          reveal={fields}
        />
        <div class="buttons">
          <SubmitButton>{forgotten.save}</SubmitButton>
        </div>
      </Form>
    </Layout>
  );
}

/** Says that the password is changed, and leads to signing in. */
function DonePage({ view }: { readonly view: View }): JSX.Element {
  const { forgotten, shell } = view.texts;
  return (
    <Layout view={view} title={forgotten.doneTitle}>
      <h1>{forgotten.doneTitle}</h1>
      <p class="lead">{forgotten.done}</p>
      <p class="buttons">
        <a class="button" href={PAGES.signIn.path}>{shell.signIn}</a>
      </p>
    </Layout>
  );
}

/** Adds the pages of a forgotten password. */
export function addForgottenPages(app: Hono<WebEnv>, { accounts }: WebPorts): void {
  const { signIn } = accounts;

  app.get(PAGES.forgotten.path, (c) => answerPage(c, <ForgottenPage view={c.var.view} />));
  app.post(PAGES.forgotten.path, async (c) => {
    const form = await readForm(c);
    const { view } = c.var;
    const email = form.text("email_address").trim();
    const started = await signIn.startReset(email, requestOf(c));
    if (!started.ok) {
      const faults = [faultOf(started.refusal, view.texts)];
      return answerPage(c, <ForgottenPage view={view} faults={faults} email={email} />, 422);
    }
    const { path } = PAGES.forgotten;
    return answerPage(
      c,
      <SentPage
        view={view}
        email={email}
        then={view.texts.forgotten.sentThen}
        action={path}
        other={path}
      />,
    );
  });

  const gone = (c: WebContext, because: LinkRefusal["because"]) =>
    answerPage(
      c,
      <LinkGonePage view={c.var.view} because={because} again={PAGES.forgotten.path} />,
      410,
    );
  app.get(PAGES.newPassword.path, async (c) => {
    const link = await signIn.openReset(c.req.param("token"));
    if (!link.ok) return await gone(c, link.refusal.because);
    return await answerPage(
      c,
      <NewPasswordPage view={c.var.view} email={link.value.emailAddress} />,
    );
  });
  app.post(PAGES.newPassword.path, async (c) => {
    const form = await readForm(c);
    const token = c.req.param("token");
    const reset = await signIn.reset(token, form.text("password"));
    if (reset.ok) {
      forgetSession(c);
      return await answerPage(c, <DonePage view={{ ...c.var.view, session: undefined }} />);
    }
    const { refusal } = reset;
    if (refusal.kind === "link") return await gone(c, refusal.because);
    const link = await signIn.openReset(token);
    if (!link.ok) return await gone(c, link.refusal.because);
    const faults = [faultOf(refusal, c.var.view.texts)];
    const page = (
      <NewPasswordPage view={c.var.view} email={link.value.emailAddress} faults={faults} />
    );
    return await answerPage(c, page, statusOfRefusal(c, refusal));
  });
}
