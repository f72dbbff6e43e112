import type { Context } from "hono";
import { problem } from "./manage/problem.ts";
import { registryProblem } from "./registry/problem.ts";

const MESSAGE = "Too many requests with a wrong credential came from your network: wait, or send " +
  "the right one, which is answered at any time";

/** Answers 429 to a failed guess of a credential, in the shape of the API that it was made at. */
export function answerRefusedGuess(c: Context, retryAfterS: number): Response {
  const { path } = c.req;
  if (path.startsWith("/api/")) {
    return registryProblem(c, { status: 429, message: MESSAGE, retryAfterS });
  }
  c.header("Retry-After", String(retryAfterS));
  if (path.startsWith("/manage/")) return problem(c, 429, MESSAGE);
  if (path.startsWith("/v2/")) {
    const errors = [{ error: "TooManyRequestsError", message: MESSAGE }];
    return c.json({ status_code: 429, errors }, 429);
  }
  if (path.startsWith("/notifications")) return c.json({ result: "error", message: MESSAGE }, 429);
  return c.json({ error: MESSAGE }, 429);
}
