/** Answers given outside every API's own routes. The request's path selects the API whose error format they have. */
import type { Context } from "hono";
import { STORE_RETRY_AFTER_S, STORE_UNAVAILABLE_MESSAGE } from "./http/store_unavailable.ts";
import { problem } from "./manage/problem.ts";
import { registryProblem } from "./registry/problem.ts";

const GUESSES_MESSAGE =
  "Too many requests with a wrong credential came from your network: wait, or send " +
  "the right one, which is answered at any time";

/** The names of the statuses in the errors of `/v2`. */
const V2_ERRORS = { 429: "TooManyRequestsError", 503: "ServiceUnavailableError" } as const;

/**
 * Answers 429 with `Retry-After` to a request whose credential was refused, when many from the same network were
 * refused before it. The body has the error format of the API of the request's path.
 */
export function answerRefusedGuess(c: Context, retryAfterS: number): Response {
  return answerByPath(c, 429, GUESSES_MESSAGE, retryAfterS);
}

/**
 * Answers 503 with `Retry-After` while the store (the database) is unavailable. The body has the error format of the
 * API of the request's path.
 */
export function answerStoreUnavailable(c: Context): Response {
  return answerByPath(c, 503, STORE_UNAVAILABLE_MESSAGE, STORE_RETRY_AFTER_S);
}

function answerByPath(
  c: Context,
  status: keyof typeof V2_ERRORS,
  message: string,
  retryAfterS: number,
): Response {
  const { path } = c.req;
  if (path.startsWith("/api/")) return registryProblem(c, { status, message, retryAfterS });
  c.header("Retry-After", String(retryAfterS));
  if (path.startsWith("/manage/")) return problem(c, status, message);
  if (path.startsWith("/v2/")) {
    return c.json({ status_code: status, errors: [{ error: V2_ERRORS[status], message }] }, status);
  }
  if (path.startsWith("/notifications")) return c.json({ result: "error", message }, status);
  return c.json({ error: message }, status);
}
