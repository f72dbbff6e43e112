import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { RequestLog } from "../http/context.ts";
import {
  isStoreUnavailable,
  STORE_RETRY_AFTER_S,
  STORE_UNAVAILABLE_MESSAGE,
} from "../http/store_unavailable.ts";

/** A field of a request that is not valid. The value is reported only when it cannot be personal data. */
export interface FieldError {
  readonly field: string;
  /** `null` when the field is missing; absent when the value is not to be repeated. */
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
  413: "PAYLOAD_TOO_LARGE",
  415: "UNSUPPORTED_MEDIA_TYPE",
  422: "UNPROCESSABLE_ENTITY",
  429: "TOO_MANY_REQUESTS",
  500: "INTERNAL_SERVER_ERROR",
  502: "BAD_GATEWAY",
  503: "SERVICE_UNAVAILABLE",
};

/** An error answer of the registry APIs. */
export interface RegistryProblem {
  readonly status: ContentfulStatusCode;
  readonly message: string;
  /** The default is the status and its name. */
  readonly code?: string;
  readonly errors?: readonly FieldError[];
  /** The message in the caller's language, in the APIs that translate it. */
  readonly localizedMessage?: string;
  readonly retryAfterS?: number;
}

/** Answers `{traceId, code, message, details}`; `details` is `null` when no field is to blame. */
export function registryProblem(
  c: Context,
  { status, message, code, errors, localizedMessage, retryAfterS }: RegistryProblem,
): Response {
  if (retryAfterS !== undefined) c.header("Retry-After", String(retryAfterS));
  const { requestId }: RequestLog = c.get("requestLog");
  return c.json({
    traceId: requestId,
    code: code ?? `${status} ${STATUS_WORDS[status] ?? "ERROR"}`,
    message,
    ...(localizedMessage === undefined ? {} : { localizedMessage }),
    details: errors === undefined ? null : { errors },
  }, status);
}

/** The answer to a request with fields that are not valid. */
export function invalidRequest(errors: readonly FieldError[]): RegistryProblem {
  return { status: 400, message: "Invalid request: see errors", errors };
}

/** As {@link invalidRequest}, for one field. */
export function invalidField(field: string, message: string): RegistryProblem {
  return invalidRequest([{ field, message }]);
}

/** The answer while the store is unavailable. */
export const STORE_PROBLEM = {
  message: STORE_UNAVAILABLE_MESSAGE,
  retryAfterS: STORE_RETRY_AFTER_S,
} as const;

/** Answers an error that a route did not expect. */
export function answerRegistryError(error: Error, c: Context): Response {
  return registryProblem(
    c,
    isStoreUnavailable(error)
      ? { status: 503, ...STORE_PROBLEM }
      : { status: 500, message: "Internal server error" },
  );
}
