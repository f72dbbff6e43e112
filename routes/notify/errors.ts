import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { CallerRefusal } from "../../application/sending/authenticate.ts";
import { AUTH_ANSWERS } from "../../domain/access/service_token/answers.ts";
import { type JsonLimitFault, jsonLimitMessage } from "../../domain/json/read_json.ts";
import type { Status } from "../../domain/notification/status.ts";
import type { ValidationProblem } from "../../domain/notify_v2/validate_v2.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { refusalMessage } from "../../domain/sending/refusal_messages.ts";
import { BODY_FAULT_MESSAGES, BODY_RETRY_AFTER_S, type BodyFault } from "../http/body.ts";
import { refusalStatus } from "../http/refusal_status.ts";
import {
  isStoreUnavailable,
  STORE_RETRY_AFTER_S,
  STORE_UNAVAILABLE_MESSAGE,
} from "../http/store_unavailable.ts";
import { isValueTooLarge, VALUE_TOO_LARGE_MESSAGE } from "../http/value_too_large.ts";
import { DRY_RUN_MESSAGES, type DryRunFault } from "../http/dry_run.ts";

/**
 * Every refusal of a request to the APIs that implement GOV.UK Notify's: its present one (`/v2`) and that of 2016.
 * `begun`: a notification that can no longer be cancelled. `no-result`: nothing has the id. `auth`: a refused
 * credential.
 */
export type NotifyRefusal =
  | Refusal
  | CallerRefusal
  | { readonly kind: "not-json" }
  | JsonLimitFault
  | { readonly kind: "too-large"; readonly megabytes?: number }
  | Exclude<BodyFault, { readonly kind: "too-large" }>
  /**
   * A recipient list of which no job can be created; `message` is what the bulk call (`POST /v2/notifications/bulk`, as
   * GC Notify has it) answers.
   */
  | { readonly kind: "bad-list"; readonly message: string }
  | { readonly kind: "validation"; readonly problems: readonly ValidationProblem[] }
  | DryRunFault
  | { readonly kind: "no-result" }
  | { readonly kind: "not-a-letter" }
  | { readonly kind: "begun"; readonly status: Status }
  | { readonly kind: "store-unavailable" }
  | { readonly kind: "value-too-large" }
  | { readonly kind: "internal" };

/**
 * Returns the refusal with which an unexpected error is answered: the store is unavailable (503), cannot hold a value
 * (413), or else internal (500).
 */
export function refusalOfError(
  error: Error,
): { readonly kind: "store-unavailable" | "value-too-large" | "internal" } {
  if (isValueTooLarge(error)) return { kind: "value-too-large" };
  return { kind: isStoreUnavailable(error) ? "store-unavailable" : "internal" };
}

/** The answer of `/v2` to a refusal. The API of 2016 has the same statuses and messages in another JSON format. */
export interface NotifyAnswer {
  readonly status: ContentfulStatusCode;
  /** At least one; `error` is the name of GOV.UK Notify's error class, such as `BadRequestError`. */
  readonly errors: readonly { readonly error: string; readonly message: string }[];
  /** The value of `Retry-After`, in seconds; absent when a retry of the same request would be refused again. */
  readonly retryAfterS?: number;
}

/** The error class of each kind of refusal to send that is not a `BadRequestError`. */
const ERROR_CLASSES: Readonly<Partial<Record<Refusal["kind"], string>>> = {
  "phone-not-valid": "InvalidPhoneError",
  "email-not-valid": "InvalidEmailError",
  "rate-limited": "RateLimitError",
  "daily-limit": "TooManyRequestsError",
  "idempotency-key-reused": "IdempotencyError",
  "idempotency-in-flight": "IdempotencyError",
  "service-archived": "AuthError",
  "unjudged": "ServiceUnavailableError",
};

function oneError(status: ContentfulStatusCode, error: string, message: string): NotifyAnswer {
  return { status, errors: [{ error, message }] };
}

function badRequest(message: string): NotifyAnswer {
  return oneError(400, "BadRequestError", message);
}

/**
 * Returns the status, error class and message with which GOV.UK Notify's API answers a refusal. Refusals that GOV.UK
 * Notify does not have get an answer of the same form.
 *
 * @param root the URL of this deployment, ending in a slash; links in messages begin with it
 */
export function toNotifyAnswer(refusal: NotifyRefusal, root: string): NotifyAnswer {
  switch (refusal.kind) {
    case "auth": {
      const { status, message } = AUTH_ANSWERS[refusal.refusal.kind];
      return oneError(status, "AuthError", message);
    }
    case "not-json":
      return badRequest("Invalid JSON supplied in POST data");
    case "too-large":
      return oneError(
        413,
        "RequestEntityTooLarge",
        `The request is larger than ${refusal.megabytes ?? 5} MB`,
      );
    case "value-too-large":
      return oneError(413, "RequestEntityTooLarge", VALUE_TOO_LARGE_MESSAGE);
    case "json-limit":
      return badRequest(jsonLimitMessage(refusal));
    case "broken-off":
      return badRequest(BODY_FAULT_MESSAGES[refusal.kind]);
    case "bodies-too-large":
      return {
        ...oneError(503, "ServiceUnavailableError", BODY_FAULT_MESSAGES[refusal.kind]),
        retryAfterS: BODY_RETRY_AFTER_S,
      };
    case "bad-list":
      return badRequest(refusal.message);
    case "validation":
      return { status: 400, errors: refusal.problems };
    case "dry-run-not-valid":
    case "dry-run-of-many":
      return oneError(400, "ValidationError", DRY_RUN_MESSAGES[refusal.kind]);
    case "no-result":
      return oneError(404, "NoResultFound", "No result found");
    case "not-a-letter":
      return badRequest("Notification is not a letter");
    case "begun":
      return oneError(
        409,
        "ConflictError",
        refusal.status === "created"
          ? "Notification cannot be cancelled: it is being sent"
          : `Notification cannot be cancelled: its status is ${refusal.status}`,
      );
    case "store-unavailable":
      return {
        ...oneError(503, "ServiceUnavailableError", STORE_UNAVAILABLE_MESSAGE),
        retryAfterS: STORE_RETRY_AFTER_S,
      };
    case "internal":
      return oneError(500, "InternalServerError", "Internal server error");
    default: {
      const error = ERROR_CLASSES[refusal.kind] ?? "BadRequestError";
      const { status, retryAfterS } = refusalStatus(refusal);
      return {
        ...oneError(status, error, refusalMessage(refusal, root)),
        ...(retryAfterS === undefined ? {} : { retryAfterS }),
      };
    }
  }
}
