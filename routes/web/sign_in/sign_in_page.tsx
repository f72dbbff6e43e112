import type { JSX } from "hono/jsx/jsx-runtime";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import type { View } from "../context.ts";
import { Layout } from "../layout.tsx";
import { PAGES } from "../pages.ts";
import { DemoForm } from "./demo_form.tsx";

interface SignInPageProps {
  readonly view: View;
  /** Where the visitor is led afterwards. */
  readonly returnTo: string;
  /** Whether there is a demo user, in development. */
  readonly hasDemo: boolean;
  readonly faults?: readonly FormFault[];
  readonly email?: string;
}

/** Asks for the e-mail address and the password. */
export function SignInPage(
  { view, returnTo, hasDemo, faults = [], email }: SignInPageProps,
): JSX.Element {
  const { signIn, fields, shell } = view.texts;
  return (
    <Layout
      view={view}
      title={signIn.title}
      hasFaults={faults.length > 0}
      scripts={["reveal"]}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{signIn.title}</h1>
      {hasDemo
        ? (
          <>
            <DemoForm view={view} returnTo={returnTo} />
            <p class="quiet">{signIn.demoOr}</p>
          </>
        )
        : null}
      <Form
        view={view}
        action={PAGES.signIn.path}
        class="form card"
        hidden={{ return_to: returnTo }}
      >
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
          <SubmitButton>{shell.signIn}</SubmitButton>
          <a href={PAGES.forgotten.path}>{signIn.forgotten}</a>
        </div>
      </Form>
      <p class="quiet">
        {signIn.none} <a href={PAGES.register.path}>{shell.register}</a>
      </p>
    </Layout>
  );
}
