import type { JSX } from "hono/jsx/jsx-runtime";
import type { TemplateId } from "../../../domain/ids.ts";
import {
  envelopeOf,
  type Sender,
  type SenderDefaults,
  senderName,
} from "../../../domain/service/sender.ts";
import type { Service } from "../../../domain/service/service.ts";
import { parseSegments } from "../../../domain/template/placeholders.ts";
import type { Preview } from "../../../domain/template/preview.ts";
import type { View } from "../context.ts";
import { CostByCountry } from "../components/cost.tsx";
import { Notice } from "../components/notice.tsx";
import { PAGES, pathOf } from "../pages.ts";
import { numberFormat } from "../texts/plural.ts";
import type { Draft } from "./draft.ts";
import { FaultyLine } from "./faulty_line.tsx";
import { toFormFault } from "./typed_template.ts";

/** Properties of {@link PreviewPanel}. */
export interface PreviewProps {
  readonly view: View;
  readonly service: Service;
  readonly draft: Draft;
  readonly senders: readonly Sender[];
  readonly defaults: SenderDefaults;
  /** The stored template whose email is shown, without values; `undefined` in the editor, where the form is shown. */
  readonly mail?: TemplateId | undefined;
}

/** How a draft looks on a phone or in a mail program, with its size and advice. */
export function PreviewPanel(props: PreviewProps): JSX.Element {
  const { view, service, draft: { typed, result } } = props;
  const { editor } = view.texts;
  if (!result.ok) {
    const fault = toFormFault(result.refusal, view.texts, view.language);
    return (
      <div id="preview" class="stack">
        <Notice>
          <p class="wrong-text">{fault.message}</p>
          <FaultyLine body={typed.body} at={result.refusal.at} />
        </Notice>
      </div>
    );
  }
  const preview = result.value;
  const isTooLong = preview.text === "" && preview.advice.some(({ code }) => code === "too-long");
  return (
    <div id="preview" class="stack">
      {isTooLong
        ? <p class="quiet">{editor.tooLongToShow}</p>
        : typed.channel === "email"
        ? <Mail {...props} preview={preview} />
        : <Phone {...props} preview={preview} />}
      <Meter view={view} home={service.settings.country} preview={preview} />
      <AdviceList view={view} preview={preview} />
    </div>
  );
}

type ShownProps = PreviewProps & { readonly preview: Preview };

/** The sender and the reply-to address that the message would have. */
function envelope({ service, draft: { typed }, senders, defaults }: PreviewProps) {
  const own = senders.some(({ id }) => id === typed.senderId) ? typed.senderId : null;
  return envelopeOf(service, typed.channel, senders, own, defaults);
}

function Phone(props: ShownProps): JSX.Element {
  const { preview } = props;
  return (
    <div class="phone">
      <p class="from">{envelope(props)?.sender}</p>
      {preview.subject === null || preview.subject === "" ? null : (
        <p class="from">
          <Marked text={preview.subject} />
        </p>
      )}
      <p class="bubble" dir="auto">
        <Marked text={preview.text} />
      </p>
    </div>
  );
}

function Mail(props: ShownProps): JSX.Element {
  const { view, service, preview } = props;
  const { editor } = view.texts;
  const { sender, replyTo } = envelope(props) ?? {};
  return (
    <div class="mail">
      <dl>
        <dt>{editor.from}</dt>
        <dd dir="auto">{`${senderName(service)} <${sender ?? ""}>`}</dd>
        {replyTo === undefined ? null : (
          <>
            <dt>{editor.to}</dt>
            <dd>{replyTo}</dd>
          </>
        )}
        <dt>{editor.subject}</dt>
        <dd dir="auto">
          <b>
            <Marked text={preview.subject ?? ""} />
          </b>
        </dd>
      </dl>
      <MailFrame {...props} />
    </div>
  );
}

/**
 * An email's HTML in a frame of its own, whose answer has a policy of its own: it runs no script and sends no form. A draft
 * is sent to the frame by a button of the form around it, which the script of the editor presses.
 */
function MailFrame({ view, service, mail }: ShownProps): JSX.Element {
  const { editor } = view.texts;
  const ids = { service_id: service.id, template_id: mail ?? "" };
  return (
    <>
      {mail !== undefined ? null : (
        <p class="show-mail">
          <button
            type="submit"
            class="button plain small"
            formaction={pathOf(PAGES.previewMail, ids)}
            formtarget="mail"
            formnovalidate
          >
            {editor.showMail}
          </button>
        </p>
      )}
      <iframe
        class="mail-body"
        name="mail"
        title={editor.mailTitle}
        src={mail === undefined ? undefined : pathOf(PAGES.templateMail, ids)}
        sandbox=""
        referrerpolicy="no-referrer"
      >
      </iframe>
    </>
  );
}

/** A text with each placeholder that has no value marked. */
function Marked({ text }: { readonly text: string }): JSX.Element {
  return (
    <>
      {parseSegments(text).map((part, index) => {
        if (typeof part === "string") return part;
        const { name, conditionalText } = part;
        return (
          <mark key={index}>
            {conditionalText === undefined ? name : `${name}?? ${conditionalText.trim()}`}
          </mark>
        );
      })}
    </>
  );
}

/** How long the message is, and what it costs. */
function Meter(
  { view, home, preview: { sms, sizeBytes, missing } }: {
    readonly view: View;
    /** ISO 3166 code of the service's country. */
    readonly home: string;
    readonly preview: Preview;
  },
): JSX.Element {
  const { editor } = view.texts;
  const without = missing.length === 0 ? null : <span>{editor.withoutValues}</span>;
  if (sms === null) {
    const format = numberFormat(view.language, "tenths");
    return (
      <p class="meter">
        <span>{editor.kilobytes(format.format(sizeBytes / 1024))}</span>
        {without}
      </p>
    );
  }
  const { characters, fragments, nonGsm } = sms.measure;
  return (
    <>
      <p class="meter">
        <span>{editor.characters(characters)}</span>
        <span>{editor.fragments(fragments)}</span>
        {without}
      </p>
      <CostByCountry view={view} home={home} fragments={fragments} />
      {nonGsm.length === 0
        ? null
        : <p class="hint">{editor.notGsm(nonGsm.slice(0, MAX_NAMED_CHARACTERS).join(" "))}</p>}
    </>
  );
}

/** How many of the characters outside GSM-7 are named. */
const MAX_NAMED_CHARACTERS = 20;

function AdviceList(
  { view, preview: { advice } }: { readonly view: View; readonly preview: Preview },
): JSX.Element | null {
  const { editor } = view.texts;
  if (advice.length === 0) return null;
  return (
    <section aria-labelledby="advice-title">
      <h2 id="advice-title" class="label">{editor.advice}</h2>
      <ul class="list small">
        {advice.map(({ code, field, line }, index) => (
          <li key={index}>
            <span>
              {field === "subject"
                ? editor.adviceSubject
                : line === null
                ? ""
                : editor.adviceLine(String(line))}
              {editor.adviceTexts[code]}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
