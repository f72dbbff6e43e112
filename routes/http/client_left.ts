/** Tells an error of a request whose client has closed the connection from an error of Hark. */
import type { Context } from "hono";

/**
 * The status in the log of a request whose client left before it was answered. No client sees it; reverse proxies log the
 * same number.
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

/** Whether a request failed since its client has left. The database's connections may break with the same codes. */
export async function hasClientLeft(c: Context, error: Error): Promise<boolean> {
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  if (!ABORTED_BODY.has(code)) return false;
  // The read fails before the signal is aborted.
  if (!c.req.raw.signal.aborted) await new Promise((resolve) => setTimeout(resolve));
  return c.req.raw.signal.aborted;
}
