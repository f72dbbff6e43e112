import type { Context } from "hono";
import { noteRefusal } from "../../http/security_events.ts";
import { type NotifyRefusal, toNotifyAnswer } from "../errors.ts";

/** Answers a refusal as GOV.UK Notify's `/v2` does. @param root the address of this deployment, ending in a slash */
export function refuseV2(c: Context, refusal: NotifyRefusal, root: string): Response {
  const { status, errors, retryAfterS } = toNotifyAnswer(refusal, root);
  noteRefusal(c, refusal);
  if (retryAfterS !== undefined) c.header("Retry-After", String(retryAfterS));
  return c.json({ status_code: status, errors }, status);
}
