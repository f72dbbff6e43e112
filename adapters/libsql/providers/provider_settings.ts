import type { ProviderSettings, ProviderStore } from "../../../domain/ports/provider_store.ts";
import type { AuditWriter } from "../accounts/audit_writer.ts";
import type { Database, Row } from "../connection/database.ts";
import { rememberRead } from "../connection/remember_read.ts";
import {
  integer,
  integerOrNull,
  numberOrNull,
  rowsOf,
  storedTextOrNull,
  text,
  toStored,
  toStoredOrNull,
} from "../connection/row.ts";

const LIST = "SELECT * FROM providers ORDER BY name";

const SELECT = "SELECT * FROM providers WHERE name = ?1";

/** Creates a provider's row (?1) at a time (?2), unless it has one. */
const CREATE = "INSERT INTO providers (name, updated_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING";

/** `?3`, `?5` and `?7` say whether the argument behind is to be written. A pause (?8, ?9) that goes on keeps its beginning. */
const changeIf = (isHead: string) =>
  `UPDATE providers SET updated_at = ?2,
    weight = iif(?3, ?4, weight),
    rate_per_second = iif(?5, ?6, rate_per_second),
    paused_at = iif(?7, iif(?8 IS NULL, NULL, coalesce(paused_at, ?8)), paused_at),
    pause_reason = iif(?7, ?9, pause_reason),
    fault_at = iif(?7 AND ?8 IS NULL, NULL, fault_at),
    fault_code = iif(?7 AND ?8 IS NULL, NULL, fault_code)
  WHERE name = ?1 AND ${isHead}`;

const RECORD_FAULT = `UPDATE providers SET updated_at = ?2,
    fault_at = iif(?3 IS NULL, NULL, coalesce(fault_at, ?3)), fault_code = ?4
  WHERE name = ?1 AND (fault_code IS NOT ?4)`;

/** Max messages of a provider that are looked at for one that awaits a receipt: a start must not take long. */
const MAX_LOOKED_AT = 1_000;

/**
 * The providers that have accepted messages, one index entry each, of which one of some messages awaits a receipt.
 */
const AWAITED = `WITH RECURSIVE seen (name) AS (
    SELECT min(provider) FROM notifications WHERE provider_message_id IS NOT NULL
    UNION ALL
    SELECT (SELECT min(provider) FROM notifications
      WHERE provider_message_id IS NOT NULL AND provider > seen.name)
    FROM seen WHERE seen.name IS NOT NULL)
  SELECT name FROM seen WHERE name IS NOT NULL AND EXISTS (
    SELECT 1 FROM (SELECT service_id, id FROM notifications
      WHERE provider = seen.name AND provider_message_id IS NOT NULL
      ORDER BY provider_message_id DESC LIMIT ${MAX_LOOKED_AT}) AS page
    JOIN outbox AS o ON o.service_id = page.service_id AND o.notification_id = page.id)`;

/**
 * Creates the store of the operator's settings of providers (such as a pause or a weight), and of the faults that
 * pause them.
 */
export function createProviderStore(
  db: Pick<Database, "background" | "countWrites">,
  audit: Pick<AuditWriter, "change">,
): ProviderStore {
  return {
    list: rememberRead(
      db,
      async () => rowsOf(await db.background.read([LIST]), 0).map(readSettings),
    ),
    async change(name, { weight, ratePerSecond, pause }, now, entry) {
      const args = [
        name,
        now,
        weight === undefined ? 0 : 1,
        weight ?? null,
        ratePerSecond === undefined ? 0 : 1,
        ratePerSecond ?? null,
        pause === undefined ? 0 : 1,
        pause?.since ?? null,
        toStoredOrNull(pause?.reason ?? null),
      ];
      const results = await audit.change({
        entry,
        now,
        statements: (isHead) => [
          { sql: CREATE, args: [name, now] },
          { sql: changeIf(isHead), args },
          { sql: SELECT, args: [name] },
        ],
      });
      const [row] = rowsOf(results, 2);
      if (row === undefined) throw new Error("the provider's row is gone");
      return readSettings(row);
    },
    async recordFault(name, fault, now) {
      await db.background.write([
        { sql: CREATE, args: [name, now] },
        {
          sql: RECORD_FAULT,
          args: [name, now, fault?.since ?? null, fault === null ? null : toStored(fault.code)],
        },
      ]);
    },
    async listAwaited() {
      // A long read would start a thread of its own, which every process would then have from its start.
      return rowsOf(await db.background.read([AWAITED]), 0).map((row) => text(row, "name"));
    },
  };
}

function readSettings(row: Row): ProviderSettings {
  const pausedAt = integerOrNull(row, "paused_at");
  const faultCode = storedTextOrNull(row, "fault_code");
  return {
    name: text(row, "name"),
    weight: integerOrNull(row, "weight"),
    ratePerSecond: numberOrNull(row, "rate_per_second"),
    pause: pausedAt === null
      ? null
      : { reason: storedTextOrNull(row, "pause_reason"), since: pausedAt },
    fault: faultCode === null ? null : { code: faultCode, since: integer(row, "fault_at") },
  };
}
