import type { Context } from "hono";
import { noteRefusal } from "../../http/security_events.ts";
import { type NotifyRefusal, toNotifyAnswer } from "../errors.ts";

/**
 * Answers a refusal in the error format of `/v2`, with `Retry-After` when a retry can succeed. Records a security event
 * if the refusal is one.
 *
 * @param root the URL of this deployment, ending in a slash; links in messages begin with it
 */
export function refuseV2(c: Context, refusal: NotifyRefusal, root: string): Response {
  const { status, errors, retryAfterS } = toNotifyAnswer(refusal, root);
  noteRefusal(c, refusal);
  if (retryAfterS !== undefined) c.header("Retry-After", String(retryAfterS));
  return c.json({ status_code: status, errors }, status);
}
