/** Answers that no API gives itself, in the shape of the API that the request was made at. */
import type { Context } from "hono";
import { STORE_RETRY_AFTER_S, STORE_UNAVAILABLE_MESSAGE } from "./http/store_unavailable.ts";
import { problem } from "./manage/problem.ts";
import { registryProblem } from "./registry/problem.ts";

const GUESSES_MESSAGE =
  "Too many requests with a wrong credential came from your network: wait, or send " +
  "the right one, which is answered at any time";

/** The names of the statuses in the errors of `/v2`. */
const V2_ERRORS = { 429: "TooManyRequestsError", 503: "ServiceUnavailableError" } as const;

/** Answers 429 to a failed guess of a credential, in the shape of the API that it was made at. */
export function answerRefusedGuess(c: Context, retryAfterS: number): Response {
  return answerByPath(c, 429, GUESSES_MESSAGE, retryAfterS);
}

/** Answers 503 while the store is unavailable, in the shape of the API of the request's path. */
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
