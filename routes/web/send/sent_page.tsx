import type { JSX } from "hono/jsx/jsx-runtime";
import type { StoredNotification } from "../../../domain/notification/notification.ts";
import type { Service } from "../../../domain/service/service.ts";
import { Notice } from "../components/notice.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { formatTime } from "../texts/dates.ts";

interface SentPageProps {
  readonly view: View;
  readonly service: Service;
  readonly notification: StoredNotification;
}

/** What became of a message that was just sent. */
export function SentPage({ view, service, notification }: SentPageProps): JSX.Element {
  const { send } = view.texts;
  const { scheduledFor } = notification.delivery ?? {};
  const isWaiting = scheduledFor !== undefined && notification.status === "created";
  const title = isWaiting ? send.sentLater : send.sentNow;
  const timeOf = (at: number) => formatTime(at, view.language, service.settings.time_zone);
  const rows = [
    [send.to, notification.personal.to],
    [send.status, send.statuses[notification.status]],
    [
      send.sendingTime,
      timeOf(scheduledFor ?? notification.createdAt),
    ],
    ...(notification.reference === null ? [] : [[send.reference, notification.reference] as const]),
    [send.messageId, notification.id],
  ] as const;
  const values = { service_id: service.id, template_id: notification.templateId };
  return (
    <ServiceLayout view={view} service={service} title={title} here="send">
      <h1>{title}</h1>
      <section class="card" aria-label={send.preview}>
        <dl class="facts">
          {rows.map(([label, value]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd dir="auto">{value}</dd>
            </div>
          ))}
        </dl>
      </section>
      {service.active
        ? (
          <div class="buttons">
            <a class="button" href={pathOf(PAGES.sendOne, values)}>{send.again}</a>
            <a href={pathOf(PAGES.send, values)}>{send.otherTemplate}</a>
            <a href={pathOf(PAGES.message, { ...values, message_id: notification.id })}>
              {send.follow}
            </a>
          </div>
        )
        : <Notice>{send.archived}</Notice>}
    </ServiceLayout>
  );
}
