import type { TemplateId } from "../../../domain/ids.ts";
import type { StatisticsStore } from "../../../domain/ports/statistics_store.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import {
  MAX_COUNTS_READ,
  MAX_STATISTICS_ROWS,
  type Outcome,
  OUTCOMES,
  type StatisticsKey,
  type StatisticsRow,
} from "../../../domain/statistics/statistics.ts";
import type { Database, Row } from "../connection/database.ts";
import { idBytes, integer, oneOf, rowsOf, text, uuid } from "../connection/row.ts";

/** The counts of a service (?1) from a day (?2) to another (?3), at most ?4, of one kind of keys (?5) or of all. */
const COUNTS = `WITH c AS MATERIALIZED (SELECT * FROM (
    SELECT period AS day, period * 24 AS hour, channel, template_id, outcome, messages
    FROM statistics WHERE unit = 'day' AND service_id = ?1 AND period BETWEEN ?2 AND ?3
      AND (?5 IS NULL OR key_kind = ?5)
    UNION ALL
    SELECT period / 24, period, channel, template_id, outcome, messages
    FROM statistics WHERE unit = 'hour' AND service_id = ?1
      AND period BETWEEN ?2 * 24 AND ?3 * 24 + 23 AND (?5 IS NULL OR key_kind = ?5)
  ) LIMIT ?4)`;

/** The column of each property. Rows are split by reason after they are read. */
const COLUMNS: Readonly<Partial<Record<StatisticsKey, string>>> = {
  day: "day",
  hour: "hour",
  channel: "channel",
  template: "template_id",
};

/** The rows of {@link COUNTS} for each combination of some columns, at most ?6, with the counts as a JSON object. */
function selectRows(columns: readonly string[]): string {
  const keys = columns.map((column) => `${column}, `).join("");
  return `${COUNTS}, page AS (SELECT ${keys}outcome, sum(messages) AS messages FROM c
      GROUP BY ${keys}outcome HAVING sum(messages) <> 0)
    SELECT ${keys}json_group_object(outcome, messages) AS counts FROM page
    ${columns.length === 0 ? "HAVING count(*) > 0" : `GROUP BY ${columns.join(", ")}`}
    ORDER BY ${columns.length === 0 ? "1" : columns.join(", ")} LIMIT ?6`;
}

/** Creates the store that reads the counts of services' messages, by day or hour and other properties. */
export function createStatisticsStore(db: Pick<Database, "readLong">): StatisticsStore {
  return {
    async read(serviceId, { from, to, by, keyKind }) {
      const columns = [...by].flatMap((key) => COLUMNS[key] ?? []);
      const args = [idBytes(serviceId), from, to, MAX_COUNTS_READ + 1, keyKind ?? null];
      const results = await db.readLong([
        { sql: `${COUNTS} SELECT count(*) AS counts FROM c`, args },
        { sql: selectRows(columns), args: [...args, MAX_STATISTICS_ROWS + 1] },
      ]);
      const counts = rowsOf(results, 0).map((row) => integer(row, "counts"))[0] ?? 0;
      const read = rowsOf(results, 1).map((row) => readRow(row, columns));
      const rows = by.has("reason") ? read.flatMap(splitByReason) : read;
      return counts > MAX_COUNTS_READ || rows.length > MAX_STATISTICS_ROWS ? "too-many" : rows;
    },
  };
}

function readRow(row: Row, columns: readonly string[]): StatisticsRow {
  const has = (column: string) => columns.includes(column);
  const counts = noCounts();
  const reasons = new Map<string, number>();
  const stored: Readonly<Record<string, number>> = JSON.parse(text(row, "counts"));
  for (const [word, messages] of Object.entries(stored)) {
    const [first, reason] = word.split(" ");
    const outcome = OUTCOMES.find((outcome) => outcome === first);
    if (outcome === undefined) throw new Error(`a count has the unknown outcome ${first}`);
    counts[outcome] += messages;
    if (reason !== undefined) reasons.set(reason, messages);
  }
  return {
    ...has("day") ? { day: integer(row, "day") } : {},
    ...has("hour") ? { hour: integer(row, "hour") } : {},
    ...has("channel") ? { channel: oneOf(row, "channel", CHANNELS) } : {},
    ...has("template_id") ? { templateId: uuid(row, "template_id") as TemplateId } : {},
    counts,
    reasons,
  };
}

function noCounts(): Record<Outcome, number> {
  return { requested: 0, sent: 0, delivered: 0, failed: 0, cancelled: 0, expired: 0 };
}

/** Splits a row into that of the messages that did not fail, if there are any, and one for each reason. */
function splitByReason({ counts, reasons, ...keys }: StatisticsRow): readonly StatisticsRow[] {
  const others = { ...counts, requested: counts.requested - counts.failed, failed: 0 };
  const failed = Array.from(
    reasons,
    ([reason, messages]): StatisticsRow => ({
      ...keys,
      reason,
      counts: { ...noCounts(), requested: messages, failed: messages },
      reasons: new Map(),
    }),
  );
  return [
    ...others.requested === 0
      ? []
      : [{ ...keys, reason: null, counts: others, reasons: new Map() }],
    ...failed,
  ];
}
