/** The requests to Postmark. */
import { toAttemptField } from "../shared/json_fields.ts";
import type { Message, Models } from "postmark";
import type { OutgoingEmail } from "../../../domain/delivery/outgoing_message.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";
import {
  isHeaderName,
  isLoneAddress,
  toAsciiDomain,
  toMailbox,
  toOneLine,
} from "../shared/email_fields.ts";
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
  const to = toAsciiDomain(message.to);
  if (to === undefined || !isLoneAddress(to)) return refuse(badField(true, "bad-recipient"));
  const from = toAsciiDomain(message.from.address);
  if (from === undefined || !isLoneAddress(from)) return refuse(badField(false, "bad-sender"));
  const replyTo = message.replyTo === undefined ? undefined : toAsciiDomain(message.replyTo);
  if (message.replyTo !== undefined && (replyTo === undefined || !isLoneAddress(replyTo))) {
    return refuse(badField(false, "bad-reply-to"));
  }
  const headers = Object.entries({ ...message.headers, ...keepMessageId(message.headers) });
  if (!headers.every(([name]) => isHeaderName(name) && !OWN_HEADERS.has(name.toLowerCase()))) {
    return refuse(badField(false, "bad-header"));
  }
  return ok({
    From: toMailbox({ ...message.from, address: from }),
    To: to,
    Subject: toOneLine(message.subject),
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
      Headers: headers.map(([Name, value]) => ({ Name, Value: toOneLine(value) })),
    }),
  });
}

const NO_LINK_TRACKING = "None" as Models.LinkTrackingOptions.None;

/**
 * Headers that Postmark writes itself, in lower case. It refuses a message that has one of them (`Header 'Date' not
 * allowed.`) with the code of a bad address, which would count as a permanent failure of the recipient. Source:
 * Postmark's own Swift Mailer transport, which leaves them out; symfony/symfony#60254, beam-community/bamboo#302
 */
export const OWN_HEADERS: ReadonlySet<string> = new Set([
  ...["date", "from", "sender", "to", "cc", "bcc", "reply-to", "subject"],
  ...["mime-version", "content-type"],
]);

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

function badField(permanent: boolean, code: string): RejectedOutcome {
  return { kind: "rejected", permanent, code };
}
