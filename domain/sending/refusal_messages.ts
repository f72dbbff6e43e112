import { MAX_RECIPIENT_ID_LENGTH } from "../access/access_tokens.ts";
import { AUTH_ANSWERS } from "../access/service_token/answers.ts";
import { FILE_FAULT_MESSAGES, type FileFault } from "../files/faults.ts";
import { FILE_EXTENSIONS } from "../files/file_types.ts";
import { EMAIL_MESSAGE } from "../recipient/email_address.ts";
import { PHONE_MESSAGES } from "../recipient/phone.ts";
import { DEFAULT_REALM, type UnknownRealm } from "../recipient/realm.ts";
import type { Channel } from "../service/service.ts";
import { EMAIL_MAX_BYTES } from "../template/email/email.ts";
import { MAX_MARKUP_TOKENS } from "../template/markup_tokens.ts";
import { SMS_MAX_CHARACTERS } from "../template/sms/sms.ts";
import { MAX_IDEMPOTENCY_KEY_LENGTH } from "./idempotency_key.ts";
import { DIIA_MAX_LENGTH, INBOX_MAX_BYTES } from "./plan_content.ts";
import type { Refusal } from "./refusal.ts";

const CHANNEL_WORDS = {
  sms: "text messages",
  email: "emails",
  letter: "letters",
  inbox: "inbox messages",
  diia: "Diia messages",
} as const satisfies Record<Channel | "letter", string>;

const KEY_WORDS = { live: "LIVE", team: "TEAM", test: "TEST" } as const;
const TRIAL_MODE_URL = "https://www.notifications.service.gov.uk/trial-mode";

const TOO_LONG = {
  sms: (length: number) =>
    `Text messages cannot be longer than ${SMS_MAX_CHARACTERS} characters. ` +
    `Your message is ${length} characters long.`,
  email: (length: number) =>
    `Emails cannot be longer than ${EMAIL_MAX_BYTES} bytes. Your message is ${length} bytes.`,
  inbox: (length: number) =>
    `Inbox messages cannot be longer than ${INBOX_MAX_BYTES} bytes. ` +
    `Your message is ${length} bytes.`,
  diia: (length: number) =>
    `Diia messages cannot be longer than ${DIIA_MAX_LENGTH} characters. ` +
    `Your message is ${length} characters long.`,
} as const satisfies Record<Channel, (length: number) => string>;

/** The message of a recipient to whom the service may not send any more. */
export const SUPPRESSED_MESSAGE = "Can’t send to this recipient: they opted out";

function fileMessage(fault: FileFault): string {
  if (fault.kind !== "unsupported-type") return FILE_FAULT_MESSAGES[fault.kind];
  const supported = FILE_EXTENSIONS.map((extension) => `'.${extension}'`).join(", ");
  return `Unsupported file type '${fault.type}'. Supported types are: ${supported}`;
}

function realmMessage({ named, known }: UnknownRealm): string {
  const realm = (named ?? DEFAULT_REALM).toUpperCase();
  const reason = named === undefined
    ? `The message names no realm, so its recipient belongs to ${realm}`
    : `The recipient belongs to the realm ${realm}`;
  const choices = known.map((name) => name.toUpperCase()).join(" or ");
  return `${reason}, and ACCESS_TOKEN_REALMS gives that realm to no issuer: no person could read ` +
    `the message. Name the realm ${choices}, or let the operator add the issuer`;
}

/**
 * Returns the English message of a refusal to send: GOV.UK Notify's own text where it has one. Every API uses these
 * messages.
 *
 * @param root the address of this deployment, ending in a slash
 */
export function refusalMessage(refusal: Refusal, root: string): string {
  switch (refusal.kind) {
    case "service-archived":
      return AUTH_ANSWERS[refusal.kind].message;
    case "channel-not-allowed":
      return `Service is not allowed to send ${CHANNEL_WORDS[refusal.channel]}`;
    case "template-not-found":
      return "Template not found";
    case "template-wrong-channel":
      return `${refusal.template} template is not suitable for ${refusal.requested} notification`;
    case "template-deleted":
      return "Template has been deleted";
    case "missing-personalisation":
      return `Missing personalisation: ${refusal.names.join(", ")}`;
    case "empty-message":
      return "Your message is empty.";
    case "file-in-text":
      return "Can only send a file by email";
    case "files-not-set-up":
      return "Send files by email has not been set up - add contact details for your service at " +
        `${root}services/${refusal.serviceId}/service-settings/send-files-by-email`;
    case "file-rejected":
      return fileMessage(refusal.fault);
    case "sender-not-found":
      return `${refusal.field} ${refusal.id} does not exist in database for service id ` +
        refusal.serviceId;
    case "recipient-not-allowed":
      return refusal.because === "team-key"
        ? "Can’t send to this recipient using a team-only API key"
        : `Can’t send to this recipient when service is in trial mode – see ${TRIAL_MODE_URL}`;
    case "recipient-suppressed":
      return SUPPRESSED_MESSAGE;
    case "phone-not-valid":
      return PHONE_MESSAGES[refusal.code].v2;
    case "email-not-valid":
      return EMAIL_MESSAGE;
    case "recipient-id-not-valid":
      return `recipient_id must be one line of 1 to ${MAX_RECIPIENT_ID_LENGTH} characters`;
    case "rnokpp-not-valid":
      return "rnokpp must be a taxpayer's number: ten digits with a right check digit";
    case "no-inbox":
      return "Inbox messages can be sent by the service that the inboxes belong to only";
    case "realm-unknown":
      return realmMessage(refusal);
    case "template-not-published":
      return "Template was not published to Diia: publish it again";
    case "international-not-allowed":
      return "Cannot send to international mobile numbers";
    case "message-too-long":
      return `Your message is too long. ${TOO_LONG[refusal.channel](refusal.length)}`;
    case "message-too-large":
      return `Your message is too large for the database of this server, which can hold ` +
        `${refusal.maxBytes} bytes of a message. Your message is ${refusal.bytes} bytes there.`;
    case "too-much-markup":
      return `Your message has too much formatting. Emails cannot have more than ` +
        `${MAX_MARKUP_TOKENS} line breaks, punctuation and formatting marks.`;
    case "rate-limited":
      return `Exceeded rate limit for key type ${KEY_WORDS[refusal.keyKind]} of ` +
        `${refusal.rate} requests per 60 seconds`;
    case "daily-limit":
      return `Exceeded send limits (${refusal.counter}: ${refusal.limit}) for ` +
        (refusal.date ?? "today");
    case "idempotency-key-not-valid":
      return `Idempotency-Key must be 1 to ${MAX_IDEMPOTENCY_KEY_LENGTH} printable ASCII characters`;
    case "idempotency-key-reused":
      return "Idempotency-Key was used before with another request; use a new key for a new request";
    case "idempotency-in-flight":
      return "The first request with this Idempotency-Key is still being handled; try again";
    case "unjudged":
      return "The service was being changed; try again";
  }
}
