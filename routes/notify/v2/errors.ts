import type { ContentfulStatusCode } from "hono/utils/http-status";
import { AUTH_ANSWERS } from "../../../domain/access/service_token/answers.ts";
import { EMAIL_MAX_BYTES } from "../../../domain/template/email/email.ts";
import { FILE_FAULT_MESSAGES, type FileFault } from "../../../domain/files/faults.ts";
import { FILE_EXTENSIONS } from "../../../domain/files/file_types.ts";
import { SMS_MAX_CHARACTERS } from "../../../domain/template/sms/sms.ts";
import { PHONE_MESSAGES } from "../../../domain/recipient/phone.ts";
import { EMAIL_MESSAGE } from "../../../domain/recipient/email_address.ts";
import { DIIA_MAX_LENGTH, INBOX_MAX_BYTES } from "../../../domain/sending/plan_content.ts";
import { MAX_RECIPIENT_ID_LENGTH } from "../../../domain/access/access_tokens.ts";
import type { Refusal } from "../../../domain/sending/refusal.ts";
import type { Status } from "../../../domain/notification/status.ts";
import type { ValidationProblem } from "../../../domain/notify_v2/validate_v2.ts";
import { MAX_KEY_LENGTH } from "../../../application/sending/idempotency.ts";
import type { CallerRefusal } from "../../../application/sending/authenticate.ts";

/** Everything that a /v2 request can be refused by. */
export type V2Refusal =
  | Refusal
  | CallerRefusal
  | { readonly kind: "not-json" }
  | { readonly kind: "too-large"; readonly megabytes?: number }
  /** A list that is no job, in the words of GC Notify. */
  | { readonly kind: "bad-list"; readonly message: string }
  | { readonly kind: "validation"; readonly problems: readonly ValidationProblem[] }
  | { readonly kind: "no-result" }
  | { readonly kind: "not-a-letter" }
  | { readonly kind: "begun"; readonly status: Status }
  | { readonly kind: "internal" };

/** A refusal as /v2 answers it. */
export interface V2Answer {
  readonly status: ContentfulStatusCode;
  readonly errors: readonly { readonly error: string; readonly message: string }[];
  readonly retryAfterS?: number;
}

const CHANNEL_WORDS = {
  sms: "text messages",
  email: "emails",
  letter: "letters",
  inbox: "inbox messages",
  diia: "Diia messages",
} as const;
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
} as const;

function one(status: ContentfulStatusCode, error: string, message: string): V2Answer {
  return { status, errors: [{ error, message }] };
}

function badRequest(message: string): V2Answer {
  return one(400, "BadRequestError", message);
}

function fileMessage(fault: FileFault): string {
  if (fault.kind !== "unsupported-type") return FILE_FAULT_MESSAGES[fault.kind];
  const supported = FILE_EXTENSIONS.map((extension) => `'.${extension}'`).join(", ");
  return `Unsupported file type '${fault.type}'. Supported types are: ${supported}`;
}

/**
 * The peer's status, error class and text for every refusal.
 *
 * @param root the address of this deployment, ending in a slash
 */
export function toV2Answer(refusal: V2Refusal, root: string): V2Answer {
  switch (refusal.kind) {
    case "auth": {
      const { status, message } = AUTH_ANSWERS[refusal.refusal.kind];
      return one(status, "AuthError", message);
    }
    case "not-json":
      return badRequest("Invalid JSON supplied in POST data");
    case "too-large":
      return one(
        413,
        "RequestEntityTooLarge",
        `The request is larger than ${refusal.megabytes ?? 5} MB`,
      );
    case "bad-list":
      return badRequest(refusal.message);
    case "validation":
      return { status: 400, errors: refusal.problems };
    case "no-result":
      return one(404, "NoResultFound", "No result found");
    case "not-a-letter":
      return badRequest("Notification is not a letter");
    case "begun":
      return one(
        409,
        "ConflictError",
        refusal.status === "created"
          ? "Notification cannot be cancelled: it is being sent"
          : `Notification cannot be cancelled: its status is ${refusal.status}`,
      );
    case "internal":
      return one(500, "InternalServerError", "Internal server error");
    case "channel-not-allowed":
      return badRequest(`Service is not allowed to send ${CHANNEL_WORDS[refusal.channel]}`);
    case "template-not-found":
      return badRequest("Template not found");
    case "template-wrong-channel":
      return badRequest(
        `${refusal.template} template is not suitable for ${refusal.asked} notification`,
      );
    case "template-deleted":
      return badRequest("Template has been deleted");
    case "missing-personalisation":
      return badRequest(`Missing personalisation: ${refusal.names.join(", ")}`);
    case "empty-message":
      return badRequest("Your message is empty.");
    case "file-in-text":
      return badRequest("Can only send a file by email");
    case "files-not-set-up":
      return badRequest(
        "Send files by email has not been set up - add contact details for your service at " +
          `${root}services/${refusal.serviceId}/service-settings/send-files-by-email`,
      );
    case "file-not-taken":
      return badRequest(fileMessage(refusal.fault));
    case "sender-not-found":
      return badRequest(
        `${refusal.field} ${refusal.id} does not exist in database for service id ` +
          refusal.serviceId,
      );
    case "recipient-not-allowed":
      return badRequest(
        refusal.because === "team-key"
          ? "Can’t send to this recipient using a team-only API key"
          : "Can’t send to this recipient when service is in trial mode – see " +
            TRIAL_MODE_URL,
      );
    case "phone-not-valid":
      return one(400, "InvalidPhoneError", PHONE_MESSAGES[refusal.code].v2);
    case "email-not-valid":
      return one(400, "InvalidEmailError", EMAIL_MESSAGE);
    case "recipient-id-not-valid":
      return badRequest(
        `recipient_id must be one line of 1 to ${MAX_RECIPIENT_ID_LENGTH} characters`,
      );
    case "rnokpp-not-valid":
      return badRequest("rnokpp must be a taxpayer's number: ten digits with a right check digit");
    case "no-inbox":
      return badRequest(
        "Inbox messages can be sent by the service that the inboxes belong to only",
      );
    case "template-not-published":
      return badRequest("Template was not published to Diia: publish it again");
    case "international-not-allowed":
      return badRequest("Cannot send to international mobile numbers");
    case "message-too-long":
      return badRequest(
        `Your message is too long. ${TOO_LONG[refusal.channel](refusal.length)}`,
      );
    case "rate-limited":
      return {
        ...one(
          429,
          "RateLimitError",
          `Exceeded rate limit for key type ${KEY_WORDS[refusal.keyKind]} of ` +
            `${refusal.rate} requests per 60 seconds`,
        ),
        retryAfterS: refusal.retryAfterS,
      };
    case "daily-limit":
      return {
        ...one(
          429,
          "TooManyRequestsError",
          `Exceeded send limits (${refusal.counter}: ${refusal.limit}) for today`,
        ),
        retryAfterS: refusal.retryAfterS,
      };
    case "idempotency-key-not-valid":
      return badRequest(
        `Idempotency-Key must be 1 to ${MAX_KEY_LENGTH} printable ASCII characters`,
      );
    case "idempotency-key-reused":
      return one(
        422,
        "IdempotencyError",
        "Idempotency-Key was used before with another request; use a new key for a new request",
      );
    case "idempotency-in-flight":
      return {
        ...one(
          409,
          "IdempotencyError",
          "The first request with this Idempotency-Key is still being handled; try again",
        ),
        retryAfterS: 1,
      };
    case "service-archived":
      return one(403, "AuthError", AUTH_ANSWERS[refusal.kind].message);
    case "unjudged":
      return {
        ...one(
          503,
          "ServiceUnavailableError",
          "The service was being changed; try again",
        ),
        retryAfterS: 1,
      };
  }
}
