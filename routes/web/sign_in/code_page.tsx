import type { JSX } from "hono/jsx/jsx-runtime";
import type { SecondFactorState, SentCode } from "../../../application/accounts/second_factor.ts";
import type { SecondFactorWay } from "../../../domain/accounts/sign_in.ts";
import type { Status } from "../../../domain/notification/status.ts";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { MailboxNote } from "../components/mailbox_note.tsx";
import { Notice } from "../components/notice.tsx";
import type { View } from "../context.ts";
import { Layout } from "../layout.tsx";
import { PAGES } from "../pages.ts";
import type { Texts } from "../texts/texts.ts";

interface CodePageProps {
  readonly view: View;
  readonly way: SecondFactorWay;
  readonly state: SecondFactorState;
  readonly returnTo: string;
  readonly faults?: readonly FormFault[];
}

/** The digits of a code by text, and of one that an app shows. */
const CODE_LENGTH = 6;

/** Asks for the second factor: a code by text, one from an app, or a recovery code. */
export function CodePage({ view, way, state, returnTo, faults = [] }: CodePageProps): JSX.Element {
  const { signIn, fields, shell } = view.texts;
  const { title, lead } = headOf(way, state.sentCode, view.texts);
  const isText = way === "text";
  const digits = way === "recovery-code" ? {} : {
    inputmode: "numeric",
    autocomplete: "one-time-code",
    maxlength: CODE_LENGTH * 2,
    class: "code-input",
  } as const;
  return (
    <Layout view={view} title={title} hasFaults={faults.length > 0}>
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{title}</h1>
      <p class="lead">{lead}</p>
      {isText && state.isTextFailing
        ? (
          <Notice>
            <p>{signIn.failing}</p>
          </Notice>
        )
        : null}
      <Form
        view={view}
        action={PAGES.signInCode.path}
        class="form card"
        hidden={{ way, return_to: returnTo }}
      >
        <Field
          name="code"
          label={way === "recovery-code" ? signIn.recoveryCode : fields.code}
          hint={way === "recovery-code" ? undefined : signIn.codeHint}
          fault={messageOf(faults, "code")}
          faultPrefix={shell.errorPrefix}
          spellcheck={false}
          {...digits}
        />
        <div class="check">
          <input
            type="checkbox"
            id="remember"
            name="remember"
            value="yes"
            aria-describedby="remember-hint"
          />
          <div>
            <label for="remember">{signIn.remember}</label>
            <span class="hint" id="remember-hint">{signIn.rememberHint}</span>
          </div>
        </div>
        <div class="buttons">
          <SubmitButton>{fields.continue}</SubmitButton>
        </div>
      </Form>
      {isText ? <MailboxNote view={view} /> : null}
      {isText ? <NoCode view={view} state={state} returnTo={returnTo} /> : null}
      <OtherWays view={view} way={way} state={state} returnTo={returnTo} />
    </Layout>
  );
}

function headOf(way: SecondFactorWay, sent: SentCode | undefined, { signIn }: Texts) {
  switch (way) {
    case "text":
      return {
        title: signIn.textTitle,
        lead: sent === undefined ? signIn.noText : signIn.textLead(sent.numberEnding),
      };
    case "totp":
      return { title: signIn.appTitle, lead: signIn.appLead };
    case "recovery-code":
      return { title: signIn.recoveryTitle, lead: signIn.recoveryLead };
  }
}

type PartProps = Pick<CodePageProps, "view" | "state" | "returnTo">;

/** What became of the text message, and a button for a new one. */
function NoCode({ view, state, returnTo }: PartProps): JSX.Element {
  const { signIn } = view.texts;
  const isUnproved = view.session?.user.mobileNumber === undefined;
  return (
    <details>
      <summary>{signIn.noCode}</summary>
      <div class="stack">
        <p>{statusText(state.sentCode, view.texts)}</p>
        <Form
          view={view}
          action={PAGES.signInNewCode.path}
          class="buttons"
          hidden={{ return_to: returnTo }}
        >
          <SubmitButton kind="plain">{signIn.newCode}</SubmitButton>
          {isUnproved ? <a href={PAGES.signInNumber.path}>{signIn.changeNumber}</a> : null}
        </Form>
        <p class="hint">{signIn.askHelp(view.contact)}</p>
      </div>
    </details>
  );
}

function statusText(sent: SentCode | undefined, { signIn }: Texts): string {
  if (sent?.status === undefined) return signIn.noText;
  return signIn[STATUS_TEXTS[sent.status]];
}

/** The text of each status of a code by text. */
const STATUS_TEXTS = {
  created: "statusWaiting",
  sending: "statusSent",
  pending: "statusSent",
  sent: "statusSent",
  delivered: "statusDelivered",
  "temporary-failure": "statusFailed",
  "permanent-failure": "statusFailed",
  "technical-failure": "statusFailed",
  cancelled: "statusFailed",
  expired: "statusFailed",
} as const satisfies Record<Status, keyof Texts["signIn"]>;

function OtherWays({ view, way, state, returnTo }: PartProps & { way: SecondFactorWay }) {
  const { signIn } = view.texts;
  const { mobileNumber, hasTotp = false } = view.session?.user ?? {};
  // A person who sets up the first way has no other.
  const ways = hasTotp || mobileNumber !== undefined ? state.ways : [];
  const others = ways.filter((other) => other !== way);
  if (others.length === 0) return null;
  const labels = {
    text: signIn.useText,
    totp: signIn.useApp,
    "recovery-code": signIn.useRecovery,
  } as const;
  return (
    <section class="stack" aria-labelledby="other-ways">
      <h2 id="other-ways">{signIn.otherWays}</h2>
      <ul class="stack">
        {others.map((other) => (
          <li key={other}>
            <a
              href={`${PAGES.signInCode.path}?${new URLSearchParams({
                way: other,
                return_to: returnTo,
              })}`}
            >
              {labels[other]}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
