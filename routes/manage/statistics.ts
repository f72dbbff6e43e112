import { Hono } from "hono";
import * as z from "zod/mini";
import { KEY_KINDS } from "../../domain/service/service.ts";
import {
  HOURLY_DAYS,
  MAX_STATISTICS_DAYS,
  MAX_STATISTICS_ROWS,
  STATISTICS_KEYS,
  type StatisticsKey,
  type StatisticsQuery,
  type StatisticsRow,
} from "../../domain/statistics/statistics.ts";
import { DAY_MS, HOUR_MS } from "../../domain/time/durations.ts";
import { describe } from "../http/openapi.ts";
import { firstOf, parsed } from "../http/validation.ts";
import { loadService, type ServiceEnv, serviceId } from "./load.ts";
import type { ManagePorts } from "./ports.ts";
import { problem } from "./problem.ts";
import { answerFirstProblem, query } from "./validation.ts";

/** How many days an answer covers when the request does not say. */
const DEFAULT_DAYS = 30;

const TOO_MANY = `There are more than ${MAX_STATISTICS_ROWS} rows, or too many counts to add up: ` +
  "ask for fewer days, or tell the rows apart by fewer properties";

/** The number of a day such as `2031-04-14`, since 1970-01-01. */
function parseDay(value: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(value)) return undefined;
  const at = Date.parse(`${value}T00:00:00Z`);
  return Number.isNaN(at) || toDate(at / DAY_MS) !== value ? undefined : at / DAY_MS;
}

function toDate(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** Reads a list of keys with commas between them, each at most once. */
function parseKeys(value: string): ReadonlySet<StatisticsKey> | undefined {
  const keys = value.split(",")
    .map((word) => STATISTICS_KEYS.find((key) => key === word));
  const known = keys.filter((key) => key !== undefined);
  return known.length === keys.length && new Set(known).size === keys.length
    ? new Set(known)
    : undefined;
}

const day = z.optional(firstOf(parsed(parseDay, "must be a date such as 2031-04-14")));
const by = z.optional(firstOf(
  parsed(parseKeys, `must be one of ${STATISTICS_KEYS.join(", ")}, or several with commas`),
));

const statisticsQuery = z.strictObject({
  from: day,
  to: day,
  by,
  key_kind: z.optional(firstOf(z.enum(KEY_KINDS))),
});

/** Completes a query on the UTC day `today`. @returns a text about the days, when they are not allowed */
function planQuery(
  query: z.output<typeof statisticsQuery>,
  today: number,
): StatisticsQuery | string {
  const { to = today, by = new Set<StatisticsKey>(["day"]), key_kind } = query;
  const first = query.from ?? to - DEFAULT_DAYS + 1;
  if (first > to) return "from must not be after to";
  if (to - first >= MAX_STATISTICS_DAYS) {
    return `from and to must include at most ${MAX_STATISTICS_DAYS} days`;
  }
  if (by.has("hour") && first < today - HOURLY_DAYS) {
    return `from must be at most ${HOURLY_DAYS} days ago where rows are by the hour`;
  }
  return { from: first, to, by, ...key_kind === undefined ? {} : { keyKind: key_kind } };
}

/**
 * Creates the route that counts a service's messages that were accepted on some UTC days, and what became of them. Rows
 * are by day unless the query's `by` names other properties. A request for more than 400 days, or more than 10,000
 * rows, is answered with 400.
 */
export function createStatisticsRoutes({ clock, store, statistics }: ManagePorts) {
  return new Hono<ServiceEnv>()
    .use(serviceId, loadService(store))
    .get(
      "/",
      describe("Count the messages that were accepted on some UTC days, and what became of them", {
        200: "A row for each combination of the properties of `by` that has messages",
      }),
      query(statisticsQuery, answerFirstProblem),
      async (c) => {
        const planned = planQuery(c.req.valid("query"), Math.floor(clock.now() / DAY_MS));
        if (typeof planned === "string") return problem(c, 400, planned);
        const { from, to, by } = planned;
        const rows = await statistics.read(c.var.service.id, planned);
        if (rows === "too-many") return problem(c, 400, TOO_MANY);
        return c.json({
          from: toDate(from),
          to: toDate(to),
          by: [...by].join(","),
          rows: rows.map(present),
        });
      },
    );
}

/** Every row has the same fields; those that it is not told apart by are `null`. */
function present(
  { day, hour, channel, templateId, reason, counts, reasons }: StatisticsRow,
): Readonly<Record<string, unknown>> {
  return {
    day: day === undefined ? null : toDate(day),
    hour: hour === undefined ? null : new Date(hour * HOUR_MS).toISOString(),
    channel: channel ?? null,
    template_id: templateId ?? null,
    reason: reason ?? null,
    ...counts,
    reasons: Object.fromEntries(reasons),
  };
}
