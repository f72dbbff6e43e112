import type { JSX } from "hono/jsx/jsx-runtime";
import type { SeenRecord } from "../../../application/messages/seen_messages.ts";
import type { SentContent } from "../../../application/messages/sent_content.ts";
import { FAILURE_REASONS } from "../../../domain/delivery/reasons.ts";
import { isResendable } from "../../../domain/sending/resend.ts";
import { NO_KEY_ID } from "../../../domain/service/no_key.ts";
import type { Service } from "../../../domain/service/service.ts";
import { Notice } from "../components/notice.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { formatTime } from "../texts/dates.ts";
import { Content, Values } from "./message_content.tsx";
import { StatusTag, templateName } from "./message_words.tsx";
import { Timeline } from "./timeline.tsx";

/** What was done with the message before its page is shown again. */
export const DONE = ["cancelled", "resent", "suppressed", "suppressedBefore"] as const;

/** Properties of {@link MessagePage}. */
export interface MessagePageProps {
  readonly view: View;
  readonly service: Service;
  readonly record: SeenRecord;
  /** What the recipient got; `undefined` for a viewer who may not see it, or when it cannot be read. */
  readonly sent: SentContent | undefined;
  /** The language that is shown; `undefined` for the message's own. */
  readonly language: string | undefined;
  /** Whether the visitor may send and cancel. */
  readonly maySend: boolean;
  readonly done: typeof DONE[number] | undefined;
}

/** One message: what became of it, what it says, and what can be done. */
export function MessagePage(props: MessagePageProps): JSX.Element {
  const { view, service, record, done } = props;
  const { message: texts } = view.texts;
  return (
    <ServiceLayout view={view} service={service} title={texts.title} here="messages">
      <p>
        <a href={pathOf(PAGES.messages, { service_id: service.id })}>{texts.back}</a>
      </p>
      <div class="head">
        <h1>{texts.title}</h1>
        <StatusTag status={record.message.status} texts={view.texts} />
      </div>
      {done === undefined ? null : (
        <Notice kind="good">
          <p>{texts[done]}</p>
        </Notice>
      )}
      <Failure view={view} record={record} />
      <Facts {...props} />
      <Actions {...props} />
      <section class="card" aria-labelledby="content">
        <h2 id="content">{texts.content}</h2>
        <Content {...props} />
      </section>
      {record.content.kind === "shown"
        ? (
          <section class="card" aria-labelledby="values">
            <h2 id="values">{texts.values}</h2>
            <Values view={view} values={record.content.personal.personalisation} />
          </section>
        )
        : null}
      <section class="card" aria-labelledby="timeline">
        <h2 id="timeline">{texts.timeline}</h2>
        <Timeline view={view} events={record.events} zone={service.settings.time_zone} />
      </section>
    </ServiceLayout>
  );
}

/** Why it failed and what to do, and whether the recipient may have got it twice. */
function Failure(
  { view, record: { reason, code, events } }: Pick<MessagePageProps, "view" | "record">,
): JSX.Element | null {
  const { texts } = view;
  const isDoubtful = events.some(({ facts }) => facts.possible_duplicate === true);
  if (reason === undefined && !isDoubtful) return null;
  return (
    <Notice>
      {reason === undefined ? null : (
        <>
          <p>
            <b>{texts.reasons[reason][0]}.</b> {texts.reasons[reason][1]}
          </p>
          <p>{texts.sendAgain[FAILURE_REASONS[reason]]}</p>
          <p class="hint">
            {texts.message.code}: <code>{code}</code>
          </p>
        </>
      )}
      {isDoubtful ? <p>{texts.message.duplicate}</p> : null}
    </Notice>
  );
}

/** Who sent what to whom, and when. */
function Facts({ view, service, record }: MessagePageProps): JSX.Element {
  const { texts, language } = view;
  const { message: words } = texts;
  const { message, names, content } = record;
  const ids = { service_id: service.id };
  const timeOf = (at: number) => formatTime(at, language, service.settings.time_zone);
  const { job, scheduledFor } = message.delivery ?? {};
  const list = job && `${pathOf(PAGES.messages, ids)}?list=${job.id}`;
  const facts: readonly (readonly [string, JSX.Element | string | undefined])[] = [
    [words.to, content.kind === "shown" ? <bdi>{content.personal.to}</bdi> : undefined],
    [words.channel, texts.channels[message.channel]],
    [
      words.template,
      <>
        <bdi>{templateName(names, message.templateId, texts)}</bdi>,{" "}
        {words.version(message.templateVersion)}
      </>,
    ],
    [words.sender, <bdi>{message.sender}</bdi>],
    [
      words.reference,
      content.kind === "shown" && content.reference !== null
        ? <bdi>{content.reference}</bdi>
        : undefined,
    ],
    [words.sentBy, <bdi>{senderOf(record, view)}</bdi>],
    [
      words.ofList,
      job && (
        <>
          <a href={list}>{texts.messages.list}</a>, {words.row(job.row)}
        </>
      ),
    ],
    [
      words.resentFrom,
      message.resentFrom && (
        <a href={pathOf(PAGES.message, { ...ids, message_id: message.resentFrom })}>
          {message.resentFrom}
        </a>
      ),
    ],
    [words.accepted, timeOf(message.createdAt)],
    [words.scheduled, scheduledFor === undefined ? undefined : timeOf(scheduledFor)],
    [words.fragments, message.fragments === null ? undefined : String(message.fragments)],
    [words.id, <code>{message.id}</code>],
  ];
  return (
    <dl class="facts card">
      {facts.map(([label, value]) =>
        value === undefined ? null : (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        )
      )}
    </dl>
  );
}

/** The person or the key that sent it. */
function senderOf({ message, names }: SeenRecord, { texts }: View): string {
  const { message: words } = texts;
  if (message.authorId !== undefined) {
    return names.people.find(({ id }) => id === message.authorId)?.name ?? words.formerUser;
  }
  if (message.keyId === NO_KEY_ID) return words.byProgram;
  const key = names.keys.find(({ id }) => id === message.keyId);
  return key === undefined ? words.byProgram : words.byKey(key.name);
}

/** What can be done with the message at present. */
function Actions({ view, service, record, maySend }: MessagePageProps): JSX.Element | null {
  const { message: words } = view.texts;
  const { status, channel, id } = record.message;
  if (!maySend || !service.active) return null;
  const ids = { service_id: service.id, message_id: id };
  const canSuppress = (channel === "sms" || channel === "email") &&
    record.content.kind === "shown";
  const actions = [
    ...status === "created" ? [{ page: PAGES.cancelMessage, label: words.cancel }] : [],
    ...isResendable(status) && record.content.kind === "shown"
      ? [{ page: PAGES.resendMessage, label: words.resend }]
      : [],
    ...canSuppress ? [{ page: PAGES.suppressRecipient, label: words.suppress }] : [],
  ];
  if (actions.length === 0) return null;
  return (
    <p class="buttons">
      {actions.map(({ page, label }) => (
        <a class="button plain" href={pathOf(page, ids)} key={label}>{label}</a>
      ))}
    </p>
  );
}
