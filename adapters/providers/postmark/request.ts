/** The requests to Postmark. */
import { toAttemptField } from "../shared/json_fields.ts";
import type { Message, Models } from "postmark";
import type { OutgoingEmail } from "../../../domain/delivery/outgoing_message.ts";
import { ok, type Result } from "../../../domain/result.ts";
import { toEmailFields, toMailbox } from "../shared/email_fields.ts";
import type { RejectedOutcome } from "../shared/http_exchange.ts";

/** Postmark's message stream for transactional e-mails, which every server has. */
export const DEFAULT_STREAM = "outbound";

/**
 * Converts a message to the JSON of Postmark's API, or returns the outcome `rejected` when it cannot be sent.
 *
 * Domains are encoded by IDNA. Line breaks in names, subjects and header values become spaces. Each address must be
 * exactly one bare address, so that it cannot add a recipient or a header.
 *
 * @param messageStream the deployment's message stream; the message's own takes precedence
 */
export function toRequest(
  message: OutgoingEmail,
  messageStream: string = DEFAULT_STREAM,
): Result<Message, RejectedOutcome> {
  const fields = toEmailFields(message);
  if (!fields.ok) return fields;
  const { to, from, replyTo } = fields.value;
  const headers = Object.entries({
    ...fields.value.headers,
    ...keepMessageId(fields.value.headers),
  });
  return ok({
    From: toMailbox(from),
    To: to,
    Subject: fields.value.subject,
    HtmlBody: message.html,
    TextBody: message.text,
    MessageStream: message.messageStream ?? messageStream,
    Metadata: {
      notification_id: message.ref.notificationId,
      service_id: message.ref.serviceId,
      ...toAttemptField(message.attempt),
    },
    // Overrides the server's settings: recipients are not tracked.
    TrackOpens: false,
    TrackLinks: NO_LINK_TRACKING,
    ...(replyTo === undefined ? {} : { ReplyTo: replyTo }),
    ...(headers.length === 0 ? {} : {
      Headers: headers.map(([Name, Value]) => ({ Name, Value })),
    }),
  });
}

const NO_LINK_TRACKING = "None" as Models.LinkTrackingOptions.None;

/**
 * Without this header Postmark replaces the Message-ID. It works in the API as well: Postmark's own Swift Mailer
 * transport sends it among the API's `Headers`.
 * Source: https://postmarkapp.com/developer/user-guide/send-email-with-smtp
 */
function keepMessageId(headers: OutgoingEmail["headers"]): Readonly<Record<string, string>> {
  return Object.keys(headers).some((name) => name.toLowerCase() === "message-id")
    ? { "X-PM-KeepID": "true" }
    : {};
}
