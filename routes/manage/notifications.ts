import type { Hono } from "hono";
import { type NotificationId, parseNotificationId } from "../../domain/ids.ts";
import type { StoredNotification } from "../../domain/notification/notification.ts";
import { formatRecipient } from "../../domain/recipient/recipient.ts";
import type { AppEnv } from "../http/context.ts";
import type { ManagePorts } from "./ports.ts";
import { problem } from "./problem.ts";
import { withService } from "./request.ts";
import { MAX_LISTED } from "./schemas.ts";

/** Adds what has become of a service's notifications. Their content is for the service's own keys, not shown here. */
export function addNotificationRoutes(
  app: Hono<AppEnv>,
  { store, notifications, clock }: ManagePorts,
): void {
  app.get(
    "/manage/services/:service_id/notifications",
    (c) =>
      withService(c, store, async (service) => {
        const to = c.req.query("to");
        if (to !== undefined) {
          const recipient = formatRecipient(to, service.settings.country);
          const found = await notifications.findByRecipient(service.id, recipient, MAX_LISTED);
          return c.json({ notifications: found.map(present), links: {} });
        }
        const asked = c.req.query("older_than");
        const olderThan = asked === undefined ? undefined : parseNotificationId(asked);
        if (asked !== undefined && olderThan === undefined) {
          return problem(c, 400, "older_than must be a notification's id");
        }
        const found = await notifications.list(service.id, {
          keyKind: undefined,
          channels: [],
          statuses: [],
          reference: c.req.query("reference"),
          includeJobs: true,
          olderThan,
          offset: 0,
          limit: MAX_LISTED,
        });
        const last = found.length === MAX_LISTED ? found.at(-1) : undefined;
        const next = new URLSearchParams(new URL(c.req.url).searchParams);
        if (last !== undefined) next.set("older_than", last.id);
        return c.json({
          notifications: found.map(present),
          links: last === undefined ? {} : { next: `${c.req.path}?${next}` },
        });
      }),
  );

  app.get(
    "/manage/services/:service_id/notifications/:notification_id/timeline",
    (c) =>
      withService(c, store, async (service) => {
        const notificationId: NotificationId | undefined = parseNotificationId(
          c.req.param("notification_id"),
        );
        const events = notificationId === undefined
          ? undefined
          : await notifications.timeline({ serviceId: service.id, notificationId });
        if (events === undefined) return problem(c, 404, "The service has no such notification");
        return c.json({
          notification_id: notificationId,
          events: events.map(({ at, kind, facts }) => ({
            at: new Date(at).toISOString(),
            kind,
            ...facts,
          })),
        });
      }),
  );

  app.post(
    "/manage/services/:service_id/notifications/:notification_id/cancel",
    (c) =>
      withService(c, store, async (service) => {
        const notificationId = parseNotificationId(c.req.param("notification_id"));
        const found = notificationId === undefined ? undefined : await notifications.cancel(
          { serviceId: service.id, notificationId },
          undefined,
          clock.now(),
        );
        if (found === undefined) return problem(c, 404, "The service has no such notification");
        if (found.status === "cancelled") return c.json(present(found));
        const why = found.status === "created"
          ? "it is being sent"
          : `its status is ${found.status}`;
        return problem(c, 409, `The notification cannot be cancelled: ${why}`);
      }),
  );
}

function present(notification: StoredNotification): Readonly<Record<string, unknown>> {
  const time = (at: number | null) => at === null ? null : new Date(at).toISOString();
  return {
    id: notification.id,
    channel: notification.channel,
    key_kind: notification.keyKind,
    status: notification.status,
    reference: notification.reference,
    to: notification.personal.to,
    template_id: notification.templateId,
    template_version: notification.templateVersion,
    provider: notification.provider,
    complained_at: time(notification.complainedAt),
    created_at: time(notification.createdAt),
    scheduled_for: time(notification.delivery?.scheduledFor ?? null),
    valid_until: time(notification.delivery?.validUntil ?? null),
    sent_at: time(notification.sentAt),
    completed_at: time(notification.completedAt),
  };
}
