import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field, type FieldProps } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import type { View } from "../context.ts";
import { Layout } from "../layout.tsx";
import { PAGES } from "../pages.ts";

interface ChangePageProps {
  readonly view: View;
  readonly title: string;
  readonly lead?: string | undefined;
  readonly field: Omit<FieldProps, "fault" | "faultPrefix">;
  readonly button: string;
  readonly hidden?: Readonly<Record<string, string>>;
  readonly faults?: readonly FormFault[];
  /** What stands below the form. */
  readonly after?: Child;
}

/** A page with one field of the account. */
export function ChangePage(props: ChangePageProps): JSX.Element {
  const { view, title, lead, field, button, hidden, faults = [], after } = props;
  const { fields, shell } = view.texts;
  return (
    <Layout
      view={view}
      title={title}
      hasFaults={faults.length > 0}
      scripts={field.reveal === undefined ? [] : ["reveal"]}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{title}</h1>
      {lead === undefined ? null : <p class="lead">{lead}</p>}
      <Form view={view} class="form card" {...(hidden === undefined ? {} : { hidden })}>
        <Field
          {...field}
          fault={messageOf(faults, field.name)}
          faultPrefix={shell.errorPrefix}
        />
        <div class="buttons">
          <SubmitButton>{button}</SubmitButton>
          <a href={PAGES.account.path}>{fields.cancel}</a>
        </div>
      </Form>
      {after}
    </Layout>
  );
}

interface ConfirmPageProps {
  readonly view: View;
  readonly title: string;
  readonly children: Child;
  /** The button that does it; `undefined` where it cannot be done. */
  readonly button: string | undefined;
  readonly kind?: "main" | "danger";
  /** Hidden fields of the form. */
  readonly hidden?: Readonly<Record<string, string>>;
  /** Where the reader goes who does not press the button; the account page when it is absent. */
  readonly cancel?: string;
  readonly faults?: readonly FormFault[];
}

/** A page that asks whether to do something. */
export function QuestionPage(props: ConfirmPageProps): JSX.Element {
  const { view, title, children, button, kind = "main", hidden = {}, faults = [] } = props;
  const { fields, shell } = view.texts;
  return (
    <Layout view={view} title={title} hasFaults={faults.length > 0}>
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{title}</h1>
      {children}
      <Form view={view} class="buttons" hidden={hidden}>
        {button === undefined ? null : <SubmitButton kind={kind}>{button}</SubmitButton>}
        <a href={props.cancel ?? PAGES.account.path}>{fields.cancel}</a>
      </Form>
    </Layout>
  );
}

interface DonePageProps {
  readonly view: View;
  readonly title: string;
  readonly text?: string;
  readonly href: string;
  readonly link: string;
}

/** A page that says that something is done. */
export function DonePage({ view, title, text, href, link }: DonePageProps): JSX.Element {
  return (
    <Layout view={view} title={title}>
      <h1>{title}</h1>
      {text === undefined ? null : <p class="lead">{text}</p>}
      <p class="buttons">
        <a class="button" href={href}>{link}</a>
      </p>
    </Layout>
  );
}

/** Shows new recovery codes, this once. */
export function RecoveryCodesPage(
  { view, codes }: { readonly view: View; readonly codes: readonly string[] },
): JSX.Element {
  const { account, keys } = view.texts;
  return (
    <Layout view={view} title={account.codesTitle} scripts={["copy"]}>
      <h1>{account.codesTitle}</h1>
      <p class="lead">{account.codesOnce}</p>
      <div class="card">
        <pre id="codes" class="key">{codes.join("\n")}</pre>
        <div class="buttons">
          <button
            type="button"
            class="button plain"
            hidden
            data-copies="codes"
            data-copied={keys.copied}
          >
            {keys.copy}
          </button>
          <a class="button" href={PAGES.account.path}>{account.codesDone}</a>
        </div>
      </div>
    </Layout>
  );
}
