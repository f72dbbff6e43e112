import type { Clock } from "../../../domain/ports/clock.ts";
import type { UpkeepLeases } from "../../../domain/ports/upkeep_leases.ts";
import type { Database } from "../connection/database.ts";
import { rowsOf, storedTextOrNull, toStoredOrNull } from "../connection/row.ts";

/** The token of a task that came to its end, at its `lease_until`. */
const DONE = "";

/**
 * Takes the lease of a task (?1) under a token (?2) until ?3, unless another one is valid at a time (?4), or the task came
 * to its end less than ?5 before. A time that is two lease lengths ahead does not count: the clock has been set back.
 */
const ACQUIRE = `INSERT INTO upkeep (name, lease_token, lease_until) VALUES (?1, ?2, ?3)
  ON CONFLICT (name) DO UPDATE SET lease_token = excluded.lease_token,
    lease_until = excluded.lease_until
    WHERE upkeep.lease_until <= ?4 - iif(upkeep.lease_token = '${DONE}', ?5, 0)
      OR upkeep.lease_until > 2 * ?3 - ?4
  RETURNING position`;

const RENEW = `UPDATE upkeep SET lease_until = ?3 WHERE name = ?1 AND lease_token = ?2
  RETURNING name`;

const RELEASE = `UPDATE upkeep SET lease_token = ?4, lease_until = ?5, position = ?3
  WHERE name = ?1 AND lease_token = ?2`;

/**
 * Creates the leases on the tasks of the upkeep (the regular work on the database, such as retention), each of which
 * one process does at a time. They are rows of the database, written with low priority.
 */
export function createUpkeepLeases(
  db: Pick<Database, "background">,
  clock: Pick<Clock, "newId">,
): UpkeepLeases {
  return {
    async acquire(task, now, leaseMs, restMs = 0) {
      const token = clock.newId();
      const taken = await db.background.write([
        { sql: ACQUIRE, args: [task, token, now + leaseMs, now, restMs] },
      ]);
      const [row] = rowsOf(taken, 0);
      if (row === undefined) return undefined;
      return {
        position: storedTextOrNull(row, "position") ?? undefined,
        async renew(now) {
          const renewed = await db.background.write([
            { sql: RENEW, args: [task, token, now + leaseMs] },
          ]);
          return rowsOf(renewed, 0).length === 1;
        },
        async release(position, doneAt) {
          const end = doneAt === undefined ? [token, 0] : [DONE, doneAt];
          await db.background.write([
            { sql: RELEASE, args: [task, token, toStoredOrNull(position ?? null), ...end] },
          ]);
        },
      };
    },
  };
}
