import * as z from "zod/mini";
import { parseNotificationId } from "../../../domain/ids.ts";
import type { InboxQuery } from "../../../domain/inbox/inbox_message.ts";
import { parsed } from "../../http/validation.ts";

/** How many messages a list has unless `limit` says otherwise. */
const DEFAULT_LIMIT = 10;
/** The greatest `limit`. */
export const MAX_LIMIT = 100;
/** The greatest `offset`. */
export const MAX_OFFSET = 1_000_000;

/**
 * The query of `GET /api/notifications/inbox`: `limit` (1 to 100, default 10), `offset` or `after` (the id of the last
 * message before), and `unread`. Unknown parameters are ignored; a repeated one is refused.
 */
export const inboxQuery = z.pipe(
  z.object({
    limit: once(
      (text) => parseWhole(text, 1, MAX_LIMIT),
      `must be a whole number, 1 to ${MAX_LIMIT}`,
    ),
    offset: once(
      (text) => parseWhole(text, 0, MAX_OFFSET),
      `must be a whole number, 0 to ${MAX_OFFSET}`,
    ),
    after: once(parseNotificationId, "must be the id of a message, a UUID"),
    unread: once(parseBoolean, "must be true or false"),
  }).check(z.refine((query) => !("after" in query && "offset" in query), {
    path: ["offset"],
    error: "must not be given together with after",
    // Reported beside the faults of single parameters.
    when: () => true,
  })),
  z.transform(({ limit = DEFAULT_LIMIT, offset = 0, after, unread = false }): InboxQuery => ({
    limit,
    offset,
    after,
    unreadOnly: unread,
  })),
);

/** An optional parameter that the query may not repeat. */
function once<T>(parse: (text: string) => T | undefined, message: string) {
  return z.optional(z.pipe(
    z.transform((value: string | string[], context): string => {
      if (typeof value === "string") return value;
      context.issues.push({ code: "custom", message: "may be given once", input: value });
      return z.NEVER;
    }),
    parsed(parse, message),
  ));
}

function parseWhole(text: string, least: number, most: number): number | undefined {
  if (!/^[0-9]{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= least && value <= most ? value : undefined;
}

function parseBoolean(text: string): boolean | undefined {
  return text === "true" ? true : text === "false" ? false : undefined;
}
