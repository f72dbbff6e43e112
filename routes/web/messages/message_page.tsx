import type { JSX } from "hono/jsx/jsx-runtime";
import type { SeenRecord } from "../../../application/messages/seen_messages.ts";
import { countryOfNumber } from "../../../domain/recipient/phone.ts";
import { isResendable } from "../../../domain/sending/resend.ts";
import { NO_KEY_ID } from "../../../domain/service/no_key.ts";
import { costText } from "../components/cost.tsx";
import { Notice } from "../components/notice.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { formatTime } from "../texts/dates.ts";
import { Content, type ContentProps, Values } from "./message_content.tsx";
import { type Fact, FactList, Failure, templateFact } from "./message_facts.tsx";
import { MessageLayout } from "./message_layout.tsx";

/** What was done with the message before its page is shown again. */
export const DONE = ["cancelled", "resent", "suppressed", "suppressedBefore"] as const;

interface MessagePageProps extends ContentProps {
  /** Whether the visitor may send and cancel. */
  readonly maySend: boolean;
  readonly done: typeof DONE[number] | undefined;
}

/** One message: what became of it, what it says, and what can be done. */
export function MessagePage(props: MessagePageProps): JSX.Element {
  const { view, service, record, done } = props;
  const { message: texts } = view.texts;
  return (
    <MessageLayout
      view={view}
      service={service}
      status={record.message.status}
      events={record.events}
    >
      {done === undefined ? null : (
        <Notice kind="good">
          <p>{texts[done]}</p>
        </Notice>
      )}
      <Failure view={view} {...record} />
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
    </MessageLayout>
  );
}

/** Who sent what to whom, and when. */
function Facts(props: MessagePageProps): JSX.Element {
  return <FactList facts={[...addressFacts(props), ...originFacts(props)]} />;
}

/** To whom it was sent, and as what. */
function addressFacts({ view, record }: MessagePageProps): readonly Fact[] {
  const { texts } = view;
  const { message: words } = texts;
  const { message, names, content } = record;
  const shown = content.kind === "shown" ? content : undefined;
  const isPaid = message.channel === "sms" && message.keyKind !== "test";
  const cost = shown === undefined || message.fragments === null || !isPaid
    ? undefined
    : costText(view, countryOfNumber(shown.personal.recipient), message.fragments);
  return [
    { label: words.to, value: shown && <bdi>{shown.personal.to}</bdi> },
    { label: words.channel, value: texts.channels[message.channel] },
    templateFact(texts, names, message),
    { label: words.sender, value: <bdi>{message.sender}</bdi> },
    {
      label: words.reference,
      value: shown === undefined || shown.reference === null
        ? undefined
        : <bdi>{shown.reference}</bdi>,
    },
    {
      label: words.fragments,
      value: message.fragments === null ? undefined : String(message.fragments),
    },
    {
      label: texts.prices.cost,
      value: cost === undefined ? undefined : `${cost}, ${texts.prices.atPrices}`,
    },
  ];
}

/** Who sent it, and when. */
function originFacts({ view, service, record }: MessagePageProps): readonly Fact[] {
  const { texts, language } = view;
  const { message: words } = texts;
  const { message } = record;
  const ids = { service_id: service.id };
  const timeOf = (at: number) => formatTime(at, language, service.settings.time_zone);
  const { job, scheduledFor } = message.delivery ?? {};
  return [
    { label: words.sentBy, value: <bdi>{senderOf(record, view)}</bdi> },
    {
      label: words.ofList,
      value: job && (
        <>
          <a href={pathOf(PAGES.list, { ...ids, job_id: job.id })}>{texts.messages.list}</a>,{" "}
          {words.row(job.row)}
        </>
      ),
    },
    {
      label: words.resentFrom,
      value: message.resentFrom && (
        <a href={pathOf(PAGES.message, { ...ids, message_id: message.resentFrom })}>
          {message.resentFrom}
        </a>
      ),
    },
    { label: words.accepted, value: timeOf(message.createdAt) },
    {
      label: words.scheduled,
      value: scheduledFor === undefined ? undefined : timeOf(scheduledFor),
    },
    { label: words.id, value: <code>{message.id}</code> },
  ];
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
