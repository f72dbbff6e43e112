/** Distinguishes errors caused by a client that closed its connection from errors of Hark. */
import type { Context } from "hono";

/**
 * The status that the log shows for a request whose client closed the connection before the answer. No client receives
 * it. The number is nginx's.
 */
export const CLIENT_LEFT_STATUS = 499;

/** Codes, or names where there is no code, of the errors that reading an aborted body ends with. */
const ABORTED_BODY: ReadonlySet<string> = new Set([
  "ABORT_ERR",
  "ECONNRESET",
  "ERR_STREAM_PREMATURE_CLOSE",
  "AbortError",
  "BadResource",
  "Http",
  "Interrupted",
]);

/**
 * Whether the request failed with `error` because its client closed the connection. The error alone does not decide, as
 * a broken connection to the database has the same codes: the request's abort signal must be aborted too.
 */
export async function hasClientLeft(c: Context, error: Error): Promise<boolean> {
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  if (!ABORTED_BODY.has(code)) return false;
  // The read fails before the signal is aborted.
  if (!c.req.raw.signal.aborted) await new Promise((resolve) => setTimeout(resolve));
  return c.req.raw.signal.aborted;
}
