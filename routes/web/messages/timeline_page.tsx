import type { JSX } from "hono/jsx/jsx-runtime";
import type { DeletedRecord } from "../../../application/messages/deleted_message.ts";
import type { Service } from "../../../domain/service/service.ts";
import { Notice } from "../components/notice.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { formatDate, formatTime } from "../texts/dates.ts";
import { type Fact, FactList, Failure, templateFact } from "./message_facts.tsx";
import { MessageLayout } from "./message_layout.tsx";

interface TimelinePageProps {
  readonly view: View;
  readonly service: Service;
  readonly record: DeletedRecord;
}

/** A message whose content was deleted: it says so, and shows what became of the message. */
export function TimelinePage({ view, service, record }: TimelinePageProps): JSX.Element {
  const { message, reason, keptUntil } = record;
  const { message: texts } = view.texts;
  const dateOf = (at: number) => formatDate(at, view.language, service.settings.time_zone);
  return (
    <MessageLayout view={view} service={service} {...message}>
      <Notice>
        <p>
          <b>{texts.contentDeleted(texts.days(message.keptDays))}</b>
        </p>
        <p>{texts.contentDeletedText(dateOf(message.deletedAt), dateOf(keptUntil))}</p>
      </Notice>
      <Failure view={view} reason={reason} code={message.failure} events={message.events} />
      <FactList facts={factsOf(view, service, record)} />
    </MessageLayout>
  );
}

function factsOf(
  { texts, language }: View,
  { id: service_id, settings }: Service,
  { message, hasJob, names }: DeletedRecord,
): readonly Fact[] {
  const { message: words } = texts;
  const timeOf = (at: number | null) =>
    at === null ? undefined : formatTime(at, language, settings.time_zone);
  const { jobId } = message;
  const list = jobId === undefined
    ? undefined
    : hasJob
    ? <a href={pathOf(PAGES.list, { service_id, job_id: jobId })}>{texts.messages.list}</a>
    : words.listDeleted;
  return [
    { label: words.channel, value: texts.channels[message.channel] },
    templateFact(texts, names, message),
    { label: words.templateId, value: <code>{message.templateId}</code> },
    { label: words.ofList, value: list },
    { label: words.accepted, value: timeOf(message.createdAt) },
    { label: words.scheduled, value: timeOf(message.scheduledFor) },
    { label: words.takenByProvider, value: timeOf(message.sentAt) },
    { label: words.ended, value: timeOf(message.completedAt) },
    { label: words.provider, value: message.provider ?? undefined },
    { label: words.id, value: <code>{message.id}</code> },
  ];
}
