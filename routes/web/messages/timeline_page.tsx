import type { JSX } from "hono/jsx/jsx-runtime";
import type { DeletedRecord } from "../../../application/messages/deleted_message.ts";
import type { Service } from "../../../domain/service/service.ts";
import { Notice } from "../components/notice.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { formatDate, formatTime } from "../texts/dates.ts";
import { type Fact, FactList, Failure } from "./message_facts.tsx";
import { StatusTag, templateName } from "./message_words.tsx";
import { Timeline } from "./timeline.tsx";

interface TimelinePageProps {
  readonly view: View;
  readonly service: Service;
  readonly record: DeletedRecord;
}

/** A message whose content was deleted: it says so, and shows what became of the message. */
export function TimelinePage({ view, service, record }: TimelinePageProps): JSX.Element {
  const { message, reason, keptUntil } = record;
  const { message: texts } = view.texts;
  const zone = service.settings.time_zone;
  const dateOf = (at: number) => formatDate(at, view.language, zone);
  return (
    <ServiceLayout view={view} service={service} title={texts.title} here="messages">
      <p>
        <a href={pathOf(PAGES.messages, { service_id: service.id })}>{texts.back}</a>
      </p>
      <div class="head">
        <h1>{texts.title}</h1>
        <StatusTag status={message.status} texts={view.texts} />
      </div>
      <Notice>
        <p>
          <b>{texts.contentDeleted(texts.days(message.keptDays))}</b>
        </p>
        <p>{texts.contentDeletedText(dateOf(message.deletedAt), dateOf(keptUntil))}</p>
      </Notice>
      <Failure view={view} reason={reason} code={message.failure} events={message.events} />
      <FactList facts={factsOf(view, service, record)} />
      <section class="card" aria-labelledby="timeline">
        <h2 id="timeline">{texts.timeline}</h2>
        <Timeline view={view} events={message.events} zone={zone} />
      </section>
    </ServiceLayout>
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
    {
      label: words.template,
      value: (
        <>
          <bdi>{templateName(names, message.templateId, texts)}</bdi>,{" "}
          {words.version(message.templateVersion)}
        </>
      ),
    },
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
