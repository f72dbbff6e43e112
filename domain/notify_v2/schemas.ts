/** GOV.UK Notify's schemas of every `/v2` body and query, as tables. */
import { parseNotificationId, parseTemplateId, parseUuid } from "../ids.ts";
import { CSV_MAX_ROWS } from "../csv/limits.ts";
import {
  array,
  arrayOrNull,
  deadline,
  emailAddress,
  flag,
  httpsUrl,
  integerOrNull,
  listOf,
  listOfAnything,
  object,
  oneOf,
  orNull,
  phoneNumber,
  postage,
  recipientId,
  schedule,
  statusWord,
  taxNumber,
  text,
  uuid,
} from "./fields.ts";
import { booleanOrNull, fileName, retentionWeeks } from "./file_fields.ts";
import type { ObjectSchema } from "./object_schema.ts";

/** GOV.UK Notify's types of template, in the order of its messages. */
const TEMPLATE_TYPES = ["sms", "email", "letter"] as const;

/** The most notifications in one request to `POST /v2/notifications/batch`; more are refused. */
export const MAX_BATCH_ITEMS = 1_000;
/** The longest name of a job, in code points. */
export const MAX_JOB_NAME = 255;

const reference = text({ maxLength: 1000 });
const templateId = uuid(parseTemplateId);

/** Fields that GOV.UK Notify does not have: until when to send, and whether to ignore quiet hours. */
const conditions = { valid_until: deadline, urgent: flag } as const;

/**
 * The schema of the body or query of every `/v2` endpoint, by method and path; and that of a file in a personalisation.
 */
export const V2_SCHEMAS = {
  "POST /v2/notifications/sms": {
    fields: {
      reference,
      phone_number: phoneNumber,
      template_id: templateId,
      personalisation: object,
      scheduled_for: schedule,
      sms_sender_id: uuid(parseUuid),
      ...conditions,
    },
    required: ["phone_number", "template_id"],
    unknownKeys: "refused-last",
  },
  "POST /v2/notifications/email": {
    fields: {
      reference,
      email_address: emailAddress,
      template_id: templateId,
      personalisation: object,
      scheduled_for: schedule,
      email_reply_to_id: uuid(parseUuid),
      one_click_unsubscribe_url: httpsUrl,
      sanitise_content_for: arrayOrNull,
      ...conditions,
    },
    required: ["email_address", "template_id"],
    unknownKeys: "refused-last",
  },
  // GOV.UK Notify has no such call; GC Notify does.
  "POST /v2/notifications/bulk": {
    fields: {
      template_id: templateId,
      reference: text(),
      scheduled_for: schedule,
      reply_to_id: orNull(uuid(parseUuid)),
      csv: text(),
      rows: array({ minItems: 2, maxItems: CSV_MAX_ROWS + 1 }),
      name: text({ maxLength: MAX_JOB_NAME }),
      ...conditions,
    },
    required: ["template_id", "name"],
    unknownKeys: "refused-last",
  },
  // GOV.UK Notify has neither an inbox nor Diia.
  "POST /v2/notifications/inbox": {
    fields: {
      reference,
      recipient_id: recipientId,
      template_id: templateId,
      personalisation: object,
      scheduled_for: schedule,
      ...conditions,
    },
    required: ["recipient_id", "template_id"],
    unknownKeys: "refused-last",
  },
  "POST /v2/notifications/diia": {
    fields: {
      reference,
      rnokpp: taxNumber,
      template_id: templateId,
      personalisation: object,
      scheduled_for: schedule,
      ...conditions,
    },
    required: ["rnokpp", "template_id"],
    unknownKeys: "refused-last",
  },
  // GOV.UK Notify has no batches of unlike notifications.
  "POST /v2/notifications/batch": {
    fields: { notifications: listOfAnything({ least: 1, most: MAX_BATCH_ITEMS }) },
    required: ["notifications"],
    unknownKeys: "refused-last",
  },
  "POST /v2/notifications/letter": {
    fields: { reference, template_id: templateId, personalisation: object },
    required: ["template_id", "personalisation"],
    unknownKeys: "refused-last",
  },
  "POST /v2/notifications/letter (precompiled)": {
    fields: { reference: text(), content: text(), postage },
    required: ["reference", "content"],
    unknownKeys: "refused-last",
  },
  "GET /v2/notifications": {
    fields: {
      reference: text(),
      // GOV.UK Notify has no process instances: registries name them in a message's context.
      process_instance: text(),
      status: listOf(statusWord),
      template_type: listOf(oneOf(TEMPLATE_TYPES)),
      include_jobs: oneOf(["true", "True"]),
      older_than: uuid(parseNotificationId),
    },
    required: [],
    unknownKeys: "refused-last",
  },
  "GET /v2/notifications/{notification_id}": {
    fields: { notification_id: uuid(parseNotificationId) },
    required: ["notification_id"],
    unknownKeys: "ignored",
  },
  "GET /v2/template/{id}": {
    fields: { id: templateId },
    required: ["id"],
    unknownKeys: "refused-last",
  },
  "GET /v2/template/{id}/version/{version}": {
    fields: { id: templateId, version: integerOrNull({ minimum: 1 }) },
    required: ["id"],
    unknownKeys: "refused-last",
  },
  "POST /v2/template/{id}/preview": {
    fields: { id: templateId, personalisation: object },
    required: ["id"],
    unknownKeys: "ignored",
  },
  "GET /v2/templates": {
    fields: { type: oneOf(TEMPLATE_TYPES) },
    required: [],
    unknownKeys: "refused-last",
  },
  "GET /v2/received-text-messages": {
    fields: { older_than: uuid(parseUuid) },
    required: [],
    unknownKeys: "refused-last",
  },
  // Only objects with the key `file` are validated, so GOV.UK Notify's schema does not require it either.
  "file in personalisation": {
    fields: {
      file: text(),
      is_csv: booleanOrNull("is_csv"),
      confirm_email_before_download: booleanOrNull("confirm_email_before_download"),
      retention_period: retentionWeeks,
      filename: fileName,
    },
    required: [],
    unknownKeys: "refused-first",
    notTogether: {
      keys: ["is_csv", "filename"],
      message: "Do not set a value for `is_csv` if `filename` is set.",
    },
  },
} as const satisfies Record<string, ObjectSchema>;

/** A method and path whose body or query is validated, or a file in a personalisation. */
export type V2Endpoint = keyof typeof V2_SCHEMAS;
