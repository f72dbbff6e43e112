import { parseNotificationId } from "../../../domain/ids.ts";
import type { InboxQuery } from "../../../domain/inbox/inbox_message.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";
import type { FieldError } from "../problem.ts";

/** How many messages a list has when it is not told. */
export const DEFAULT_LIMIT = 10;
/** The most messages of a list. */
export const MAX_LIMIT = 100;
/** How far a list may begin from the newest message. */
export const MAX_OFFSET = 1_000_000;

/** Reads the query of a list. Parameters of other names say nothing. */
export function parseInboxQuery(
  params: URLSearchParams,
): Result<InboxQuery, readonly FieldError[]> {
  const errors: FieldError[] = [];
  function read<T>(
    field: string,
    fallback: T,
    expected: string,
    parse: (text: string) => T | undefined,
  ): T {
    const [text, ...others] = params.getAll(field);
    if (text === undefined) return fallback;
    const value = others.length > 0 ? undefined : parse(text);
    if (value !== undefined) return value;
    errors.push({
      field,
      message: others.length > 0 ? "may be given once" : `must be ${expected}`,
    });
    return fallback;
  }

  const limit = read(
    "limit",
    DEFAULT_LIMIT,
    `a whole number, 1 to ${MAX_LIMIT}`,
    (text) => parseWhole(text, 1, MAX_LIMIT),
  );
  const offset = read(
    "offset",
    0,
    `a whole number, 0 to ${MAX_OFFSET}`,
    (text) => parseWhole(text, 0, MAX_OFFSET),
  );
  const after = read("after", undefined, "the id of a message, a UUID", parseNotificationId);
  const unreadOnly = read("unread", false, "true or false", parseBoolean);
  if (params.has("after") && params.has("offset")) {
    errors.push({ field: "offset", message: "must not be given together with after" });
  }
  return errors.length > 0 ? refuse(errors) : ok({ limit, offset, after, unreadOnly });
}

function parseWhole(text: string, least: number, most: number): number | undefined {
  if (!/^[0-9]{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= least && value <= most ? value : undefined;
}

function parseBoolean(text: string): boolean | undefined {
  return text === "true" ? true : text === "false" ? false : undefined;
}
