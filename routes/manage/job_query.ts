import * as z from "zod/mini";
import { parseSenderId, parseTemplateId } from "../../domain/ids.ts";
import { toInstant } from "../../domain/notify_v2/instant.ts";
import { MAX_DAYS_VALID } from "../../domain/notify_v2/fields.ts";
import { MAX_DAYS_AHEAD } from "../../domain/sending/schedule.ts";
import { parseJson } from "../../domain/json/parse_json.ts";
import { isJsonObject } from "../../domain/json/json_object.ts";
import { type ListColumns, MAX_MATCHED_COLUMNS } from "../../domain/jobs/list_columns.ts";
import { MAX_PERCENT, parsePercent } from "../../domain/service/setting_rules.ts";
import { parsed } from "../http/validation.ts";
import { acceptedWarnings, flag, oneLineName, oneLineText } from "./schemas.ts";
import { parseEncoding } from "../../domain/csv/encoding.ts";
import { DAY_MS } from "../../domain/time/durations.ts";

const PERCENT_MESSAGE = `must be a whole number of percent, 0 to ${MAX_PERCENT}`;

/** Names of warnings, separated by commas; the parameter may be repeated. Outputs each once, in the order of the codes. */
const warningNames = z.pipe(
  z.transform((value: string | string[]) => [value].flat().flatMap((names) => names.split(","))),
  acceptedWarnings,
);

const COLUMNS_MESSAGE =
  "must be a JSON object of placeholders with the headings of their columns, " +
  `such as {"name":"First name"}, ${MAX_MATCHED_COLUMNS} at most`;

/** A JSON object whose names are placeholders and whose values are headings. */
const listColumns = z.pipe(
  z.string(),
  z.transform((typed: string, context) => {
    const columns = parseJson(typed);
    if (isColumns(columns)) return columns;
    context.issues.push({ code: "custom", message: COLUMNS_MESSAGE, input: typed });
    return z.NEVER;
  }),
);

function isColumns(value: unknown): value is ListColumns {
  return isJsonObject(value) && Object.keys(value).length <= MAX_MATCHED_COLUMNS &&
    Object.entries(value).every(([name, heading]) =>
      name.trim() !== "" && name !== "__proto__" && typeof heading === "string"
    );
}

/** Restores the plus sign of an offset: a plus sign that the client did not escape arrives as a blank. */
function withPlus(typed: string): string {
  return typed.replace(/(T.*) (\d\d(?::?\d\d)?)$/i, "$1+$2");
}

/**
 * Returns the schema of the query of `POST …/jobs`, at the time `now` (epoch milliseconds). It refuses a
 * `scheduled_for` more than 30 days ahead and a `valid_until` more than 60. It accepts times in the past, because an
 * upload may be replayed after them; the use case that creates a job refuses those.
 */
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
    template_id: parsed(parseTemplateId, "must be a template's id"),
    name: z.optional(oneLineName),
    file_name: z.optional(oneLineText),
    scheduled_for: z.optional(atMost(MAX_DAYS_AHEAD)),
    valid_until: z.optional(atMost(MAX_DAYS_VALID)),
    urgent: z.optional(flag),
    sender_id: z.optional(parsed(parseSenderId, "must be a sender's id")),
    start: z.optional(flag),
    dry_run: z.optional(flag),
    allow_duplicates: z.optional(flag),
    encoding: z.optional(parsed(
      parseEncoding,
      "must be the name of an encoding, such as utf-8, windows-1251 or windows-1252",
    )),
    accept_warnings: z.optional(warningNames),
    columns: z.optional(listColumns),
    skip_bad_rows: z.optional(flag),
    pause_at_failures: z.optional(parsed(parsePercent, PERCENT_MESSAGE)),
  }).check(z.refine(
    ({ scheduled_for, valid_until }) =>
      scheduled_for === undefined || valid_until === undefined || scheduled_for < valid_until,
    { path: ["valid_until"], error: "must be after scheduled_for" },
  ));
}
