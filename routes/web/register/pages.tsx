import type { JSX } from "hono/jsx/jsx-runtime";
import type { AccountPolicy } from "../../../application/accounts/policy.ts";
import type { LinkRefusal } from "../../../domain/accounts/refusals.ts";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { MailboxNote } from "../components/mailbox_note.tsx";
import type { View } from "../context.ts";
import { Layout } from "../layout.tsx";
import { PAGES } from "../pages.ts";
import type { Texts } from "../texts/texts.ts";

interface RegisterPageProps {
  readonly view: View;
  readonly policy: AccountPolicy;
  readonly faults?: readonly FormFault[];
  /** What was typed. */
  readonly email?: string;
}

/** Asks for the address, and nothing else. */
export function RegisterPage(
  { view, policy, faults = [], email }: RegisterPageProps,
): JSX.Element {
  const { texts } = view;
  const { register, fields, shell } = texts;
  if (!policy.hasEmail) {
    return (
      <Layout view={view} title={register.noEmail}>
        <h1>{register.noEmail}</h1>
        <p>{register.noEmailText(view.contact)}</p>
        <SignInLink texts={texts} />
      </Layout>
    );
  }
  if (policy.registrationDomains.length === 0) {
    return (
      <Layout view={view} title={register.closed}>
        <h1>{register.closed}</h1>
        <p>{register.closedText(view.contact)}</p>
        <SignInLink texts={texts} />
      </Layout>
    );
  }
  return (
    <Layout view={view} title={register.title} hasFaults={faults.length > 0}>
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{register.title}</h1>
      <p class="lead">{register.lead}</p>
      <DomainsText view={view} policy={policy} />
      <Form view={view} action={PAGES.registerSent.path} class="form card">
        <Field
          name="email_address"
          type="email"
          inputmode="email"
          autocomplete="email"
          spellcheck={false}
          label={fields.email}
          hint={register.emailHint}
          fault={messageOf(faults, "email_address")}
          faultPrefix={shell.errorPrefix}
          value={email}
        />
        <Terms view={view} />
        <div class="buttons">
          <SubmitButton>{fields.continue}</SubmitButton>
        </div>
      </Form>
      <SignInLink texts={texts} />
    </Layout>
  );
}

function DomainsText(
  { view, policy }: { readonly view: View; readonly policy: AccountPolicy },
): JSX.Element | null {
  const { register } = view.texts;
  if (policy.registrationDomains.includes("*")) return null;
  return (
    <p>
      {register.domains(policy.registrationDomains.join(", "))} {register.whomToAsk(view.contact)}
    </p>
  );
}

function Terms({ view }: { readonly view: View }): JSX.Element | null {
  if (view.termsUrl === undefined) return null;
  const { register, shell } = view.texts;
  return (
    <p class="hint">
      {register.terms}
      <a href={view.termsUrl}>{shell.terms}</a>
    </p>
  );
}

function SignInLink({ texts }: { readonly texts: Texts }): JSX.Element {
  return (
    <p class="quiet">
      {texts.register.have} <a href={PAGES.signIn.path}>{texts.shell.signIn}</a>
    </p>
  );
}

interface SentPageProps {
  readonly view: View;
  readonly email: string;
  /** What the reader does then. */
  readonly then: string;
  /** Where the form that sends it again goes. */
  readonly action: string;
  /** Where another address is typed. */
  readonly other: string;
}

/** Says to which address a link was sent, and what to do when it does not come. */
export function SentPage({ view, email, then, action, other }: SentPageProps): JSX.Element {
  const { register } = view.texts;
  return (
    <Layout view={view} title={register.sentTitle}>
      <h1>{register.sentTitle}</h1>
      <div class="card">
        <p>
          {register.sent} <strong>{email}</strong>.
        </p>
        <p>{then}</p>
      </div>
      <MailboxNote view={view} />
      <details>
        <summary>{register.sentNot}</summary>
        <div class="stack">
          <ul>{register.sentTips.map((tip) => <li key={tip}>{tip}</li>)}</ul>
          <Form
            view={view}
            action={action}
            class="buttons"
            hidden={{ email_address: email }}
          >
            <SubmitButton kind="plain">{register.again}</SubmitButton>
            <a href={other}>{register.other}</a>
          </Form>
        </div>
      </details>
    </Layout>
  );
}

interface CompletePageProps {
  readonly view: View;
  readonly email: string;
  readonly asksForNumber: boolean;
  /** What the page says before the form. */
  readonly before?: JSX.Element | undefined;
  readonly faults?: readonly FormFault[];
  readonly name?: string;
  readonly mobile?: string;
}

/** Asks for name, password and mobile number, of one who followed the link. */
export function CompletePage(
  { view, email, asksForNumber, before, faults = [], name, mobile }: CompletePageProps,
): JSX.Element {
  const { register, fields, shell } = view.texts;
  const faultPrefix = shell.errorPrefix;
  return (
    <Layout
      view={view}
      title={register.completeTitle}
      hasFaults={faults.length > 0}
      scripts={["reveal"]}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{register.completeTitle}</h1>
      <p class="lead">
        {register.completeLead} <strong>{email}</strong>
      </p>
      {before}
      <Form view={view} class="form card">
        {/* Password managers keep the password under this name. */}
        <input type="email" hidden name="username" autocomplete="username" value={email} />
        <Field
          name="name"
          autocomplete="name"
          label={fields.name}
          hint={register.nameHint}
          fault={messageOf(faults, "name")}
          faultPrefix={faultPrefix}
          value={name}
        />
        <Field
          name="password"
          type="password"
          autocomplete="new-password"
          label={fields.password}
          hint={register.passwordHint}
          fault={messageOf(faults, "password")}
          faultPrefix={faultPrefix}
          reveal={fields}
        />
        {asksForNumber
          ? (
            <Field
              name="mobile_number"
              type="tel"
              inputmode="tel"
              autocomplete="tel"
              label={fields.mobile}
              hint={register.mobileHint}
              fault={messageOf(faults, "mobile_number")}
              faultPrefix={faultPrefix}
              value={mobile}
            />
          )
          : <p class="hint">{register.mobileOptional}</p>}
        <Terms view={view} />
        <div class="buttons">
          <SubmitButton>{register.create}</SubmitButton>
        </div>
      </Form>
    </Layout>
  );
}

interface LinkGonePageProps {
  readonly view: View;
  readonly because: LinkRefusal["because"];
  /** Where a new link is requested; `undefined` when another person has to send it. */
  readonly again: string | undefined;
}

/** Says why a link does not work, with one button for a new one. */
export function LinkGonePage({ view, because, again }: LinkGonePageProps): JSX.Element {
  const { linkGone, shell } = view.texts;
  return (
    <Layout view={view} title={linkGone[because]}>
      <h1>{linkGone[because]}</h1>
      <p>{again === undefined ? linkGone.askAgain : linkGone.text}</p>
      {again === undefined ? null : (
        <p class="buttons">
          <a class="button" href={again}>{linkGone.again}</a>
        </p>
      )}
      <p class="quiet">
        {linkGone.signIn} <a href={PAGES.signIn.path}>{shell.signIn}</a>
      </p>
    </Layout>
  );
}
