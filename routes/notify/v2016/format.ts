import type { Context } from "hono";
import { refuse } from "../../../domain/result.ts";
import { keepLongNumbers } from "../../http/json.ts";
import { noteRefusal } from "../../http/security_events.ts";
import type { NotifyFormat } from "../send_handler.ts";
import { parseBody2016, templateOf2016 } from "./body.ts";
import { type Refusal2016, toAnswer2016 } from "./errors.ts";

/**
 * How `POST /notifications/{channel}` (2016) parses a request, presents an accepted notification and answers a refusal.
 */
export const FORMAT_2016: NotifyFormat<Refusal2016> = {
  templateOf: templateOf2016,
  parse: ({ text, json, limit }, { channel }) =>
    limit === undefined ? parseBody2016(channel, keepLongNumbers(text, json)) : refuse(limit),
  present: ({ notification: { id } }) => JSON.stringify({ data: { notification: { id } } }),
  refuse: refuse2016,
};

/**
 * Answers a refusal in the error format of the API of 2016, with `Retry-After` when a retry can succeed. Records a
 * security event if the refusal is one.
 *
 * @param root the URL of this deployment, ending in a slash; links in messages begin with it
 */
export function refuse2016(c: Context, refusal: Refusal2016, root: string): Response {
  const { status, message, retryAfterS } = toAnswer2016(refusal, root);
  noteRefusal(c, refusal);
  if (retryAfterS !== undefined) c.header("Retry-After", String(retryAfterS));
  return c.json({ result: "error", message }, status);
}
