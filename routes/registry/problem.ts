import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { RequestLog } from "../http/context.ts";
import {
  isStoreUnavailable,
  STORE_RETRY_AFTER_S,
  STORE_UNAVAILABLE_MESSAGE,
} from "../http/store_unavailable.ts";
import { isValueTooLarge, VALUE_TOO_LARGE_MESSAGE } from "../http/value_too_large.ts";

/** A field of a request that is not valid. Its value is not repeated, as it may be personal data. */
export interface FieldError {
  readonly field: string;
  /** `null` when the field is missing or `null`, in the settings API only; absent otherwise. */
  readonly value?: null;
  readonly message: string;
}

/** The platform's name of each status. A default error code consists of both, such as `403 FORBIDDEN`. */
const STATUS_WORDS: Readonly<Record<number, string>> = {
  400: "BAD_REQUEST",
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  405: "METHOD_NOT_ALLOWED",
  409: "CONFLICT",
  410: "GONE",
  413: "PAYLOAD_TOO_LARGE",
  415: "UNSUPPORTED_MEDIA_TYPE",
  422: "UNPROCESSABLE_ENTITY",
  429: "TOO_MANY_REQUESTS",
  500: "INTERNAL_SERVER_ERROR",
  502: "BAD_GATEWAY",
  503: "SERVICE_UNAVAILABLE",
};

/** An error answer of the registries' APIs, `/api/…`. */
export interface RegistryProblem {
  readonly status: ContentfulStatusCode;
  readonly message: string;
  /** The error code; the default is the status with its name, such as `403 FORBIDDEN`. */
  readonly code?: string;
  readonly errors?: readonly FieldError[];
  /** Numbers for programs, in place of `errors`: such as `oldest`, the least event number that is kept. */
  readonly details?: Readonly<Record<string, number>>;
  /** The message in the caller's language (Ukrainian or English). Only the settings API sets it. */
  readonly localizedMessage?: string;
  /** The value of `Retry-After`, in seconds. */
  readonly retryAfterS?: number;
}

/**
 * Answers with an error in the platform's JSON format, `{traceId, code, message, details}`. `traceId` is the request's
 * id; `details` is `{errors}`, the problem's own details, or `null` when it has neither.
 */
export function registryProblem(
  c: Context,
  { status, message, code, errors, details, localizedMessage, retryAfterS }: RegistryProblem,
): Response {
  if (retryAfterS !== undefined) c.header("Retry-After", String(retryAfterS));
  const { requestId }: RequestLog = c.get("requestLog");
  return c.json({
    traceId: requestId,
    code: code ?? `${status} ${STATUS_WORDS[status] ?? "ERROR"}`,
    message,
    ...(localizedMessage === undefined ? {} : { localizedMessage }),
    details: errors === undefined ? details ?? null : { errors },
  }, status);
}

/** Returns the answer 400 to a request with invalid fields. */
export function invalidRequest(errors: readonly FieldError[]): RegistryProblem {
  return { status: 400, message: "Invalid request: see errors", errors };
}

/** Returns the answer 400 to a request with one invalid field. */
export function invalidField(field: string, message: string): RegistryProblem {
  return invalidRequest([{ field, message }]);
}

/** The message and the value of `Retry-After` (in seconds) of the answer 503 while the store is unavailable. */
export const STORE_PROBLEM = {
  message: STORE_UNAVAILABLE_MESSAGE,
  retryAfterS: STORE_RETRY_AFTER_S,
} as const;

/**
 * Answers an error that a handler threw: 503 when the store is unavailable, 413 when it cannot hold a value, otherwise
 * 500 without details.
 */
export function answerRegistryError(error: Error, c: Context): Response {
  return registryProblem(
    c,
    isStoreUnavailable(error)
      ? { status: 503, ...STORE_PROBLEM }
      : isValueTooLarge(error)
      ? { status: 413, message: VALUE_TOO_LARGE_MESSAGE }
      : { status: 500, message: "Internal server error" },
  );
}
