import type { StoredNotification } from "../../domain/notification/notification.ts";

/** Returns the JSON of a notification without its content and its author. */
export function presentNotification(
  notification: StoredNotification,
): Readonly<Record<string, unknown>> {
  const time = (at: number | null) => at === null ? null : new Date(at).toISOString();
  return {
    id: notification.id,
    channel: notification.channel,
    key_kind: notification.keyKind,
    status: notification.status,
    reference: notification.reference,
    to: notification.personal.to,
    resent_from: notification.resentFrom ?? null,
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
