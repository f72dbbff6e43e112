import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Context } from "hono";
import type { AppEnv } from "../http/context.ts";

/** What is wrong with one field of a request; a value is told only where it is nobody's. */
export interface FieldError {
  readonly field: string;
  /** `null` for a field that is missing; absent for what is not to be said again. */
  readonly value?: null;
  readonly message: string;
}

/** The words that the platform puts after a status; a code is both, such as `403 FORBIDDEN`. */
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

/** A refusal as the registries' surfaces answer it. */
export interface RegistryProblem {
  readonly status: ContentfulStatusCode;
  readonly message: string;
  /** The status and its words unless told. */
  readonly code?: string;
  readonly errors?: readonly FieldError[];
  /** The message in the caller's language, on surfaces that have it. */
  readonly localizedMessage?: string;
  readonly retryAfterS?: number;
}

/** Answers `{traceId, code, message, details}`; `details` is `null` where there is nothing more to say. */
export function registryProblem<E extends AppEnv>(
  c: Context<E>,
  { status, message, code, errors, localizedMessage, retryAfterS }: RegistryProblem,
): Response {
  if (retryAfterS !== undefined) c.header("Retry-After", String(retryAfterS));
  return c.json({
    traceId: c.get("facts").requestId,
    code: code ?? `${status} ${STATUS_WORDS[status] ?? "ERROR"}`,
    message,
    ...(localizedMessage === undefined ? {} : { localizedMessage }),
    details: errors === undefined ? null : { errors },
  }, status);
}
