import type { StoredNotification } from "../../../domain/notification/notification.ts";
import { STATUS_TABLE } from "../../../domain/notification/status.ts";
import type { Plan } from "../../../domain/sending/plan_notification.ts";
import type { TemplateVersion } from "../../../domain/template/template_record.ts";
import { unsubscribeUrl } from "../../../domain/unsubscribe/unsubscribe.ts";
import { toTimestamp, toTimestampOrNull } from "../../../domain/time/timestamp.ts";

/**
 * Returns the JSON of the answer 201 of `POST /v2/notifications/{channel}` for a notification that was just accepted:
 * its id, content, template and links.
 *
 * @param root the URL of this deployment, ending in a slash; links begin with it
 */
export function presentAccepted(plan: Plan, root: string): Readonly<Record<string, unknown>> {
  const { notification, template } = plan;
  const { channel, id, serviceId, delivery } = notification;
  return {
    id,
    reference: notification.reference,
    content: contentOf(plan, root),
    uri: `${root}v2/notifications/${id}`,
    template: {
      id: template.id,
      version: template.version,
      uri: `${root}services/${serviceId}/templates/${template.id}`,
    },
    scheduled_for: toTimestampOrNull(delivery?.scheduledFor ?? null),
    ...(channel === "email" ? { sanitised_content: plan.sanitised } : {}),
  };
}

function contentOf({ notification }: Plan, root: string): Readonly<Record<string, unknown>> {
  const { channel, sender, personal: { body, subject } } = notification;
  switch (channel) {
    case "sms":
      return { from_number: sender, body };
    case "email": {
      const one_click_unsubscribe_url = unsubscribeUrl(notification, root);
      return { from_email: sender, body, subject, one_click_unsubscribe_url };
    }
    case "inbox":
    case "diia":
      return { from_name: sender, body, subject };
  }
}

/**
 * Returns the JSON of `/v2` for a stored notification with its current status; JSON has no `undefined` fields. `is_cost_data_ready` is always `false`
 * for a text message, because Hark does not know the providers' prices.
 *
 * @param root the URL of this deployment, ending in a slash; links begin with it
 */
export function presentNotification(
  notification: StoredNotification,
  root: string,
): Readonly<Record<string, unknown>> {
  const { channel, personal, templateId, templateVersion: version } = notification;
  const isSms = channel === "sms";
  return {
    id: notification.id,
    reference: notification.reference,
    email_address: channel === "email" ? personal.to : null,
    phone_number: isSms ? personal.to : null,
    // `undefined` and no spread of an object: a page has 250, and after a spread V8 adds each field by itself.
    recipient_id: channel === "inbox" ? personal.to : undefined,
    rnokpp: channel === "diia" ? personal.to : undefined,
    line_1: null,
    line_2: null,
    line_3: null,
    line_4: null,
    line_5: null,
    line_6: null,
    postcode: null,
    type: channel,
    status: STATUS_TABLE[notification.status].v2,
    template: {
      version,
      id: templateId,
      uri: `${root}v2/template/${templateId}/version/${version}`,
    },
    body: personal.body,
    subject: personal.subject,
    created_at: toTimestamp(notification.createdAt),
    created_by_name: null,
    sent_at: toTimestampOrNull(notification.sentAt),
    completed_at: toTimestampOrNull(notification.completedAt),
    scheduled_for: toTimestampOrNull(notification.delivery?.scheduledFor ?? null),
    postage: null,
    one_click_unsubscribe_url: unsubscribeUrl(notification, root),
    is_cost_data_ready: !isSms,
    cost_in_pounds: isSms ? null : 0,
    cost_details: isSms && notification.status !== "created"
      ? { billable_sms_fragments: notification.fragments }
      : {},
  };
}

/**
 * Returns the JSON of `/v2` for a version of a template. @param createdBy the e-mail address to report as its author
 */
export function presentTemplate(
  template: TemplateVersion,
  createdBy: string,
): Readonly<Record<string, unknown>> {
  return {
    id: template.id,
    type: template.channel,
    created_at: toTimestamp(template.createdAt),
    updated_at: toTimestampOrNull(template.updatedAt),
    created_by: createdBy,
    version: template.version,
    body: template.body,
    subject: template.subject,
    name: template.name,
    personalisation: Object.fromEntries(
      template.parsed.placeholders.map((name) => [name, { required: true }]),
    ),
    postage: null,
    letter_contact_block: null,
  };
}
