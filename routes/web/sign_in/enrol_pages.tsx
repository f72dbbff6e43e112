import type { JSX } from "hono/jsx/jsx-runtime";
import { renderSVG } from "uqr";
import type { TotpSetup } from "../../../application/accounts/totp_setup.ts";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import type { View } from "../context.ts";
import { Layout } from "../layout.tsx";

interface NumberPageProps {
  readonly view: View;
  readonly faults?: readonly FormFault[];
  readonly mobile?: string;
}

/** Asks for a mobile number, which a code then proves. */
export function NumberPage({ view, faults = [], mobile }: NumberPageProps): JSX.Element {
  const { signIn, register, fields, shell } = view.texts;
  return (
    <Layout view={view} title={signIn.numberTitle} hasFaults={faults.length > 0}>
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{signIn.numberTitle}</h1>
      <p class="lead">{signIn.numberLead}</p>
      <Form view={view} class="form card">
        <Field
          name="mobile_number"
          type="tel"
          inputmode="tel"
          autocomplete="tel"
          label={fields.mobile}
          hint={register.mobileHint}
          fault={messageOf(faults, "mobile_number")}
          faultPrefix={shell.errorPrefix}
          value={mobile}
        />
        <div class="buttons">
          <SubmitButton>{fields.continue}</SubmitButton>
        </div>
      </Form>
    </Layout>
  );
}

interface AppPageProps {
  readonly view: View;
  /** What the app needs; `undefined` until the person starts to set it up. */
  readonly setup: TotpSetup | undefined;
  readonly faults?: readonly FormFault[];
}

/** Sets up an authenticator app. Starting is a button, since it writes a new secret. */
export function AppPage({ view, setup, faults = [] }: AppPageProps): JSX.Element {
  const { signIn, fields, shell } = view.texts;
  return (
    <Layout view={view} title={signIn.appSetTitle} hasFaults={faults.length > 0}>
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{signIn.appSetTitle}</h1>
      <p class="lead">{signIn.appSetLead}</p>
      {setup === undefined
        ? (
          <Form view={view} class="buttons" hidden={{ step: "start" }}>
            <SubmitButton>{signIn.appSetStart}</SubmitButton>
          </Form>
        )
        : (
          <Form
            view={view}
            class="form card"
            hidden={{ step: "code", secret: setup.secret, uri: setup.uri }}
          >
            <QrCode uri={setup.uri} label={signIn.appSetScan} />
            <div class="stack">
              <p>{signIn.appSetType}</p>
              <code class="key">{inGroups(setup.secret)}</code>
            </div>
            <p>{signIn.appSetThen}</p>
            <Field
              name="code"
              inputmode="numeric"
              autocomplete="one-time-code"
              class="code-input"
              label={fields.code}
              hint={signIn.codeHint}
              fault={messageOf(faults, "code")}
              faultPrefix={shell.errorPrefix}
            />
            <div class="buttons">
              <SubmitButton>{fields.continue}</SubmitButton>
            </div>
          </Form>
        )}
    </Layout>
  );
}

function QrCode({ uri, label }: { readonly uri: string; readonly label: string }): JSX.Element {
  return (
    <figure class="stack">
      <figcaption>{label}</figcaption>
      <div
        class="qr"
        role="img"
        aria-label={label}
        dangerouslySetInnerHTML={{ __html: renderSVG(uri) }}
      />
    </figure>
  );
}

/** Groups of four are easier to type. */
function inGroups(secret: string): string {
  return secret.replaceAll(/.{4}(?=.)/g, "$& ");
}
