/** Deletes the codes, sessions and invitations of accounts that are over, and old entries of the audit log. */
import type { Retention } from "../../../domain/ports/retention.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import type { Bytes } from "../../crypto/envelope_encryption.ts";
import type { Database } from "../connection/database.ts";
import { blob, integer, rowsOf } from "../connection/row.ts";
import type { AccountKey } from "./account_key.ts";
import { cutText } from "./audit_writer.ts";

/** How long a code is kept after it expired, so that its page can say so, in milliseconds. */
const CODES_KEPT_MS = DAY_MS;
/** How long a session is listed after its end, in milliseconds. */
const SESSIONS_KEPT_MS = 30 * DAY_MS;
/** How long an invitation is kept after it expired, in milliseconds. */
const INVITATIONS_KEPT_MS = 30 * DAY_MS;

/** Kept forms go as soon as they are over: they are what people typed. */
const PURGE_FORMS = `DELETE FROM user_codes WHERE id IN (SELECT id FROM user_codes
  WHERE purpose = 'kept-form' AND expires_at < ? LIMIT ?) RETURNING 1`;

const KEPT_MS = {
  user_codes: CODES_KEPT_MS,
  sessions: SESSIONS_KEPT_MS,
  invitations: INVITATIONS_KEPT_MS,
} as const;

/** Creates the retention of codes, sessions and invitations. */
export function createAccountRetention(db: Pick<Database, "background">): Retention {
  return {
    async purge(now, limit) {
      const results = await db.background.write([
        { sql: PURGE_FORMS, args: [now, limit] },
        ...Object.entries(KEPT_MS).map(([table, keptMs]) => ({
          sql: `DELETE FROM ${table} WHERE id IN (
            SELECT id FROM ${table} WHERE expires_at < ? LIMIT ?) RETURNING 1`,
          args: [now - keptMs, limit],
        })),
      ]);
      return results.reduce((sum, { rows }) => sum + rows.length, 0);
    },
  };
}

/**
 * Creates the retention of the audit log. It cuts a chain at its beginning, and keeps the number and MAC of the last entry
 * that was cut, signed, so that the rest can still be verified. The last entry of a chain always stays.
 *
 * @param keptDays how many days entries are kept; `undefined` for ever
 * @param next the retention that runs when nothing is left to do here
 */
export function createAuditRetention(
  { db, key, keptDays }: {
    readonly db: Pick<Database, "background">;
    readonly key: AccountKey;
    readonly keptDays: number | undefined;
  },
  next?: Retention,
): Retention {
  async function purge(now: number, limit: number, days: number): Promise<number> {
    const before = now - days * DAY_MS;
    let deleted = 0;
    for (let chain: Bytes | undefined = new Uint8Array(); chain !== undefined && deleted < limit;) {
      chain = await findChain(chain);
      if (chain !== undefined) deleted += await cut(chain, before, limit - deleted, now);
    }
    return deleted;
  }

  async function findChain(after: Bytes): Promise<Bytes | undefined> {
    const results = await db.background.read([{
      sql: "SELECT chain FROM audit_log WHERE chain > ? ORDER BY chain LIMIT 1",
      args: [after],
    }]);
    const [row] = rowsOf(results, 0);
    return row && blob(row, "chain");
  }

  async function cut(chain: Bytes, before: number, limit: number, now: number): Promise<number> {
    const results = await db.background.read([{
      sql: `SELECT sequence, mac, at FROM audit_log WHERE chain = ? ORDER BY sequence LIMIT ?`,
      args: [chain, limit + 1],
    }]);
    const entries = rowsOf(results, 0);
    const young = entries.findIndex((entry) => integer(entry, "at") >= before);
    const last = entries[(young === -1 ? entries.length - 1 : young) - 1];
    if (last === undefined) return 0;
    const [sequence, mac] = [integer(last, "sequence"), blob(last, "mac")];
    const signature = await key.sign(cutText(chain, sequence, mac));
    const written = await db.background.write([
      {
        sql: `INSERT INTO audit_cuts (chain, sequence, mac, signature, cut_at)
          VALUES (?1, ?2, ?3, ?4, ?5)
          ON CONFLICT (chain) DO UPDATE SET sequence = excluded.sequence, mac = excluded.mac,
            signature = excluded.signature, cut_at = excluded.cut_at
          WHERE excluded.sequence > audit_cuts.sequence`,
        args: [chain, sequence, mac, signature, now],
      },
      {
        sql: "DELETE FROM audit_log WHERE chain = ? AND sequence <= ? RETURNING 1",
        args: [chain, sequence],
      },
    ]);
    return rowsOf(written, 1).length;
  }

  return {
    async purge(now, limit) {
      const deleted = keptDays === undefined ? 0 : await purge(now, limit, keptDays);
      return deleted > 0 || next === undefined ? deleted : await next.purge(now, limit);
    },
  };
}
