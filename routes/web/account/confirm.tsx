import type { Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { answerPage } from "../../pages/answer_page.ts";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { sessionOf, type View, type WebEnv } from "../context.ts";
import { keepSession } from "../cookies.ts";
import { faultOf, statusOfRefusal } from "../faults.ts";
import { readForm, returnPath } from "../forms.ts";
import { Layout } from "../layout.tsx";
import { PAGES } from "../pages.ts";
import type { WebPorts } from "../ports.ts";

interface ConfirmPageProps {
  readonly view: View;
  readonly returnTo: string;
  readonly faults?: readonly FormFault[];
}

/** Asks for the password again, before something that needs it. */
function ConfirmPage({ view, returnTo, faults = [] }: ConfirmPageProps): JSX.Element {
  const { confirm, fields, shell } = view.texts;
  return (
    <Layout view={view} title={confirm.title} hasFaults={faults.length > 0} scripts={["reveal"]}>
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{confirm.title}</h1>
      <p class="lead">{confirm.lead}</p>
      <Form
        view={view}
        action={PAGES.confirm.path}
        class="form card"
        hidden={{ return_to: returnTo }}
      >
        <input
          type="email"
          hidden
          name="username"
          autocomplete="username"
          value={view.session?.user.emailAddress}
        />
        <Field
          name="password"
          type="password"
          autocomplete="current-password"
          label={fields.password}
          fault={messageOf(faults, "password")}
          faultPrefix={shell.errorPrefix}
          reveal={fields}
        />
        <div class="buttons">
          <SubmitButton>{fields.continue}</SubmitButton>
        </div>
      </Form>
    </Layout>
  );
}

/** Adds the page on which a signed-in person enters the password again. */
export function addConfirmPage(app: Hono<WebEnv>, { accounts }: WebPorts): void {
  app.get(PAGES.confirm.path, (c) => {
    const returnTo = returnPath(c.req.query("return_to"));
    return answerPage(c, <ConfirmPage view={c.var.view} returnTo={returnTo} />);
  });
  app.post(PAGES.confirm.path, async (c) => {
    const form = await readForm(c);
    const { view } = c.var;
    const returnTo = returnPath(form.text("return_to"));
    const confirmed = await accounts.sessions.reauthenticate(
      sessionOf(c),
      form.text("password"),
    );
    if (confirmed.ok) {
      keepSession(c, confirmed.value);
      return c.redirect(returnTo, 303);
    }
    const fault = confirmed.refusal.kind === "wrong-credentials"
      ? { field: "password", message: view.texts.confirm.wrong }
      : faultOf(confirmed.refusal, view.texts);
    const page = <ConfirmPage view={view} returnTo={returnTo} faults={[fault]} />;
    return answerPage(c, page, statusOfRefusal(c, confirmed.refusal));
  });
}
