import type { ReadinessStore } from "../../domain/ports/readiness_store.ts";
import { CHANNELS } from "../../domain/service/service.ts";
import type { Database } from "./connection/database.ts";
import { integer, integerOrNull, rowsOf } from "./connection/row.ts";
import { SCHEMA_VERSION } from "./schema/migrations.ts";

/** The first due time of the outbox. The index is searched from one queue to the next. ?1 has the channels. */
const OLDEST_MESSAGE = `WITH RECURSIVE queues(channel, queue) AS (
    SELECT c.value, (SELECT min(o.queue) FROM outbox AS o WHERE o.channel = c.value)
    FROM json_each(?1) AS c
    UNION ALL
    SELECT channel, (SELECT min(o.queue) FROM outbox AS o
      WHERE o.channel = queues.channel AND o.queue > queues.queue)
    FROM queues WHERE queue IS NOT NULL)
  SELECT min((SELECT min(o.due_at) FROM outbox AS o
    WHERE o.channel = queues.channel AND o.queue = queues.queue)) AS due_at
  FROM queues WHERE queue IS NOT NULL`;

const OLDEST_JOB = "SELECT min(due_at) AS due_at FROM jobs WHERE due_at IS NOT NULL";

/** Creates the store of readiness. A row that is worked on is due when its lease ends. */
export function createReadinessStore(
  db: Pick<Database, "read" | "withinRequest">,
): ReadinessStore {
  return {
    async readState() {
      const results = await db.withinRequest(() =>
        db.read([
          "SELECT coalesce(max(number), 0) AS version FROM schema_migrations",
          { sql: OLDEST_MESSAGE, args: [JSON.stringify(CHANNELS)] },
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
