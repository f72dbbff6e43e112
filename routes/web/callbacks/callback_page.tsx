import type { JSX } from "hono/jsx/jsx-runtime";
import type { TestCallResult } from "../../../application/callbacks/test_callback.ts";
import type { Callback, CallbackKind, LoggedDelivery } from "../../../domain/callbacks/callback.ts";
import type { Service } from "../../../domain/service/service.ts";
import { CopyBlock } from "../components/copy_block.tsx";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import type { View } from "../context.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { CallLog } from "./call_log.tsx";
import { TestResult } from "./test_result.tsx";

/** What the page of a callback shows. */
export interface CallbackPageProps {
  readonly view: View;
  readonly service: Service;
  readonly kind: CallbackKind;
  /** `undefined` for one that is not set up. */
  readonly callback: Callback | undefined;
  readonly deliveries: readonly LoggedDelivery[];
  /** The delivery from which the next page goes on; `undefined` on the last page. */
  readonly before: number | undefined;
  readonly now: number;
  /** The address as typed. */
  readonly url: string;
  readonly isSaved: boolean;
  /** Whether the signing secret was just replaced. */
  readonly isReplaced: boolean;
  /** A new signing secret, shown once. */
  readonly secret?: string | undefined;
  readonly test?: TestCallResult | undefined;
  readonly faults: readonly FormFault[];
}

/** A callback: where it goes, a test call, and the calls that were made. */
export function CallbackPage(props: CallbackPageProps): JSX.Element {
  const { view, service, kind, callback, isSaved, isReplaced, secret, test, faults } = props;
  const { callbacks: texts, shell } = view.texts;
  const [title, lead] = texts.kinds[kind];
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={title}
      here="callbacks"
      hasFaults={faults.length > 0}
      scripts={["copy"]}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{title}</h1>
      {isSaved
        ? (
          <Notice kind="good">
            <p>{texts.saved}</p>
          </Notice>
        )
        : null}
      {secret === undefined ? null : (
        <section class="card" aria-label={texts.secret}>
          <CopyBlock view={view} id="secret" label={texts.secret} text={secret} />
          <p>{texts.secretOnce}</p>
          {isReplaced ? <p>{texts.replacedText}</p> : null}
        </section>
      )}
      <p>{lead}</p>
      <Setting {...props} />
      {test === undefined ? null : <TestResult view={view} test={test} url={callback?.url ?? ""} />}
      {callback === undefined || !service.active
        ? null
        : <Actions view={view} callback={callback} />}
      <CallLog {...props} />
    </ServiceLayout>
  );
}

function Setting(props: CallbackPageProps): JSX.Element {
  const { view, service, callback, url, faults } = props;
  const { callbacks: texts, shell } = view.texts;
  return (
    <section class="card" aria-labelledby="setting">
      <h2 id="setting">{texts.setting}</h2>
      <p>
        <b>{texts.state}:</b> {stateText(props)}
        {callback === undefined || callback.waiting === 0
          ? null
          : `. ${texts.waiting}: ${callback.waiting}`}
      </p>
      <Form view={view} class="form" hidden={{ action: "save" }}>
        <Field
          name="url"
          type="url"
          label={texts.url}
          hint={texts.urlHint}
          autocomplete="off"
          spellcheck={false}
          fault={messageOf(faults, "url")}
          faultPrefix={shell.errorPrefix}
          value={url}
        />
        <Field
          name="bearer_token"
          type="password"
          label={texts.token}
          hint={texts.tokenHint}
          autocomplete="off"
          fault={messageOf(faults, "bearer_token")}
          faultPrefix={shell.errorPrefix}
        />
        {service.active
          ? (
            <div class="buttons">
              <SubmitButton>{texts.save}</SubmitButton>
            </div>
          )
          : null}
      </Form>
    </section>
  );
}

function stateText({ view, callback, now }: CallbackPageProps): string {
  const { callbacks: texts } = view.texts;
  if (callback === undefined) return texts.notSet;
  if (callback.disabledAt !== undefined) return texts.disabled;
  return (callback.pausedUntil ?? 0) > now ? texts.paused : texts.active;
}

function Actions(
  { view, callback }: { readonly view: View; readonly callback: Callback },
): JSX.Element {
  const { callbacks: texts } = view.texts;
  const { previousUntil } = callback;
  return (
    <section class="card" aria-labelledby="test">
      <h2 id="test">{texts.test}</h2>
      <p>{texts.testLead}</p>
      <Form view={view} class="buttons" hidden={{ action: "test" }}>
        <SubmitButton kind="plain">{texts.testButton}</SubmitButton>
      </Form>
      <details>
        <summary>{texts.replace}</summary>
        <p>{texts.replaceText}</p>
        <Form
          view={view}
          class="buttons"
          hidden={{ action: "rotate", previous_until: String(previousUntil ?? "") }}
        >
          <SubmitButton kind="plain">{texts.replace}</SubmitButton>
        </Form>
      </details>
      <details>
        <summary>{texts.remove}</summary>
        <p>{texts.removeText}</p>
        <Form view={view} class="buttons" hidden={{ action: "remove" }}>
          <SubmitButton kind="danger">{texts.remove}</SubmitButton>
        </Form>
      </details>
    </section>
  );
}
