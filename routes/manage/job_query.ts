import * as z from "zod/mini";
import { parseSenderId, parseTemplateId } from "../../domain/ids.ts";
import { toInstant } from "../../domain/notify_v2/instant.ts";
import { MAX_DAYS_VALID } from "../../domain/notify_v2/fields.ts";
import { MAX_DAYS_AHEAD } from "../notify/v2/single.ts";
import { oneLineName } from "./schemas.ts";

const DAY_MS = 86_400_000;

const flag = z.pipe(
  z.enum(["true", "false"]),
  z.transform((word: "true" | "false") => word === "true"),
);

function id<T>(parse: (value: unknown) => T | undefined, what: string) {
  return z.pipe(
    z.string(),
    z.transform((text: string, context) => {
      const id = parse(text);
      if (id !== undefined) return id;
      context.issues.push({ code: "custom", message: `must be ${what}'s id`, input: text });
      return z.NEVER;
    }),
  );
}

/** A plus sign that was not escaped comes as a blank. */
function withPlus(typed: string): string {
  return typed.replace(/(T.*) (\d\d(?::?\d\d)?)$/i, "$1+$2");
}

/** The query of `POST …/jobs`. Whether a time is past is for later: a repeated request may come after it. */
export function jobQuery(now: number) {
  const atMost = (days: number) =>
    z.pipe(
      z.string(),
      z.transform((typed: string, context) => {
        const at = toInstant(withPlus(typed));
        const message = at === undefined
          ? "must be a date and time in ISO 8601, such as 2031-04-14T09:00:00+03:00"
          : at > now + days * DAY_MS
          ? `must be at most ${days} days ahead`
          : undefined;
        if (at !== undefined && message === undefined) return at;
        context.issues.push({ code: "custom", message, input: typed });
        return z.NEVER;
      }),
    );
  return z.strictObject({
    template_id: id(parseTemplateId, "a template"),
    name: z.optional(oneLineName),
    file_name: z.optional(oneLineName),
    scheduled_for: z.optional(atMost(MAX_DAYS_AHEAD)),
    valid_until: z.optional(atMost(MAX_DAYS_VALID)),
    urgent: z.optional(flag),
    sender_id: z.optional(id(parseSenderId, "a sender")),
    start: z.optional(flag),
    dry_run: z.optional(flag),
    allow_duplicates: z.optional(flag),
  }).check(z.refine(
    ({ scheduled_for, valid_until }) =>
      scheduled_for === undefined || valid_until === undefined || scheduled_for < valid_until,
    { path: ["valid_until"], error: "must be after scheduled_for" },
  ));
}

/** A query as an object; a parameter that is given twice is a list, which no schema takes. */
export function toObject(params: URLSearchParams): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    [...new Set(params.keys())].map((name) => {
      const values = params.getAll(name);
      return [name, values.length === 1 ? values[0] : values];
    }),
  );
}
