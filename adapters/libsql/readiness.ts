import { LANE } from "../../domain/delivery/lanes.ts";
import type { ReadinessStore } from "../../domain/ports/readiness_store.ts";
import type { Database } from "./connection/database.ts";
import { integer, integerOrNull, rowsOf } from "./connection/row.ts";
import { SCHEMA_VERSION } from "./schema/schema_version.ts";

/**
 * The first due time of the outbox: of each queue's first row, since a turn may come earlier. Messages of the channels ?1
 * that are to be sent do not count.
 */
const OLDEST_MESSAGE = `SELECT min((SELECT min(o.due_at) FROM outbox AS o
    WHERE o.channel = queues.channel AND o.lane = queues.lane
      AND o.service_id = queues.service_id)) AS due_at
  FROM outbox_queues AS queues WHERE queues.turn_at IS NOT NULL
    AND (queues.lane = ${LANE.awaiting}
      OR queues.channel NOT IN (SELECT held.value FROM json_each(?1) AS held))`;

const OLDEST_JOB = "SELECT min(due_at) AS due_at FROM jobs WHERE due_at IS NOT NULL";

/**
 * Creates the store that reads what readiness checks: whether the database has the schema of this code, and since
 * when a message or a job has been due. A row that is worked on counts as due when its lease ends.
 */
export function createReadinessStore(
  db: Pick<Database, "read" | "withinRequest">,
): ReadinessStore {
  return {
    async readState(held) {
      const results = await db.withinRequest(() =>
        db.read([
          "SELECT coalesce(max(number), 0) AS version FROM schema_migrations",
          { sql: OLDEST_MESSAGE, args: [JSON.stringify(held)] },
          OLDEST_JOB,
        ])
      );
      const due = [1, 2].flatMap((index) =>
        rowsOf(results, index).flatMap((row) => integerOrNull(row, "due_at") ?? [])
      );
      return {
        hasSchema: rowsOf(results, 0).some((row) => integer(row, "version") === SCHEMA_VERSION),
        oldestDueAt: due.length === 0 ? null : Math.min(...due),
      };
    },
  };
}
