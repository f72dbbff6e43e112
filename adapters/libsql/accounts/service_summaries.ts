/** The store of what the overview of a service shows. */
import type { InStatement } from "@libsql/client";
import { LANE } from "../../../domain/delivery/lanes.ts";
import type { ServiceId, TemplateId } from "../../../domain/ids.ts";
import {
  type DayCounts,
  MAX_SUMMARY_COUNTS,
  MAX_SUMMARY_ROWS,
  RECENT_DAYS,
  type ServiceSummaryStore,
  SUMMARY_DAYS,
} from "../../../domain/ports/service_summary_store.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import { type Outcome, OUTCOMES } from "../../../domain/statistics/statistics.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database, Row } from "../connection/database.ts";
import { idBytes, integer, rowsOf, storedText, text, uuid } from "../connection/row.ts";
import { unionAll } from "../connection/union_all.ts";
import { readProgress, SELECT_JOB } from "../jobs/job_rows.ts";
import { firstIdAt } from "../notifications/message_ranges.ts";
import { readSteps, selectSteps } from "./service_overviews.ts";

/** How many templates are named. */
const TEMPLATES = 5;
/** How many of the newest lists are looked at for those that have not ended. */
const NEWEST_LISTS = 10;

/** The counts of a service (?1) by day and outcome, from a day (?2) to another (?3). */
const SELECT_COUNTS = `SELECT day, outcome, sum(messages) AS number FROM service_days
  WHERE service_id = ?1 AND day BETWEEN ?2 AND ?3 GROUP BY day, outcome`;

/**
 * The templates used most from a day (?2) to another (?3), by the newest counts (?4). Each row has the number of
 * counts that were read.
 */
const SELECT_TEMPLATES = `WITH c AS MATERIALIZED (SELECT template_id, outcome, messages
    FROM statistics WHERE unit = 'hour' AND service_id = ?1 AND period BETWEEN ?2 * 24 AND ?3 * 24 + 23
    ORDER BY period DESC LIMIT ?4),
  page AS MATERIALIZED (SELECT template_id, sum(messages) AS messages FROM c
    WHERE outcome = 'requested' GROUP BY template_id ORDER BY 2 DESC LIMIT ${TEMPLATES})
  SELECT page.template_id, page.messages, v.name, (SELECT count(*) FROM c) AS counts FROM page
  CROSS JOIN templates AS t ON t.service_id = ?1 AND t.id = page.template_id
  CROSS JOIN template_versions AS v ON v.service_id = ?1 AND v.template_id = t.id
    AND v.version = t.version ORDER BY page.messages DESC`;

/** The messages of a service (?1) that wait until after a time (?2), counted in each queue. */
const SELECT_SCHEDULED = unionAll(
  CHANNELS.flatMap((channel) =>
    [LANE.single, LANE.bulk].map((lane) =>
      `SELECT count(*) AS number FROM (SELECT 1 FROM outbox AS o INDEXED BY outbox_of_queue
      WHERE o.channel = '${channel}' AND o.lane = ${lane} AND o.service_id = ?1 AND o.due_at > ?2
      LIMIT ${MAX_SUMMARY_ROWS + 1})`
    )
  ),
);

function statementsOf(
  serviceId: ServiceId,
  scopes: readonly string[],
  now: number,
): readonly InStatement[] {
  const id = idBytes(serviceId);
  const today = Math.floor(now / DAY_MS);
  const since = (days: number) => today - days + 1;
  return [
    selectSteps(serviceId),
    { sql: SELECT_COUNTS, args: [id, since(SUMMARY_DAYS), today] },
    { sql: SELECT_TEMPLATES, args: [id, since(RECENT_DAYS), today, MAX_SUMMARY_COUNTS] },
    {
      sql: `${SELECT_JOB} WHERE j.service_id = ? ORDER BY j.created_at DESC, j.id DESC LIMIT ?`,
      args: [id, NEWEST_LISTS],
    },
    { sql: SELECT_SCHEDULED, args: [id, now] },
    {
      sql: `SELECT count(*) AS number FROM (SELECT 1 FROM received_texts
        WHERE service_id = ? AND id >= ${firstIdAt(since(RECENT_DAYS) * DAY_MS)}
        LIMIT ${MAX_SUMMARY_ROWS + 1})`,
      args: [id],
    },
    {
      sql: `SELECT scope, value FROM counters
        WHERE service_id = ? AND scope IN (SELECT value FROM json_each(?))`,
      args: [id, JSON.stringify(scopes)],
    },
  ];
}

/** Creates the store of what the overview of a service shows. */
export function createServiceSummaryStore(
  { db, encryption }: {
    readonly db: Pick<Database, "readLong">;
    readonly encryption: Encryption;
  },
): ServiceSummaryStore {
  return {
    async readSummary(serviceId, scopes, now) {
      const results = await db.readLong(statementsOf(serviceId, scopes, now));
      const [steps, counts, templates, lists, scheduled, replies, used] = Array.from(
        { length: 7 },
        (_, index) => rowsOf(results, index),
      );
      const sum = (rows: readonly Row[] = []) =>
        rows.reduce((all, row) => all + integer(row, "number"), 0);
      const jobs = await Promise.all(
        (lists ?? []).filter((row) => row.finished_at === null)
          .map((row) => readProgress(encryption, row)),
      );
      return {
        progress: readSteps(steps?.[0]),
        days: readCounts(counts ?? []),
        templates: (templates ?? []).map((row) => ({
          id: uuid(row, "template_id") as TemplateId,
          name: storedText(row, "name"),
          messages: integer(row, "counts") < MAX_SUMMARY_COUNTS
            ? integer(row, "messages")
            : undefined,
        })),
        lists: jobs.map(({ id, name, status, rows, counts }) => ({
          ...{ id, name, status, rows },
          accepted: Object.values(counts).reduce((all, number) => all + number, 0),
        })),
        scheduled: Math.min(sum(scheduled), MAX_SUMMARY_ROWS + 1),
        replies: sum(replies),
        used: new Map((used ?? []).map((row) => [text(row, "scope"), integer(row, "value")])),
      };
    },
  };
}

/** Reads the rows of {@link SELECT_COUNTS}. */
function readCounts(rows: readonly Row[]): readonly DayCounts[] {
  const days = new Map<
    number,
    { counts: Record<Outcome, number>; failures: Map<string, number> }
  >();
  for (const row of rows) {
    const [day, word, number] = [integer(row, "day"), text(row, "outcome"), integer(row, "number")];
    const [name, reason] = word.split(" ");
    const outcome = OUTCOMES.find((one) => one === name);
    if (outcome === undefined) throw new Error(`a count has the unknown outcome ${name}`);
    const counted = days.get(day) ?? { counts: noCounts(), failures: new Map() };
    days.set(day, counted);
    counted.counts[outcome] += number;
    if (reason !== undefined) {
      counted.failures.set(reason, (counted.failures.get(reason) ?? 0) + number);
    }
  }
  return Array.from(days, ([day, counted]) => ({ day, ...counted }));
}

function noCounts(): Record<Outcome, number> {
  return { requested: 0, sent: 0, delivered: 0, failed: 0, cancelled: 0, expired: 0 };
}
