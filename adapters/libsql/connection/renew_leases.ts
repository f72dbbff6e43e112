import type { Database } from "./database.ts";
import { rowsOf } from "./row.ts";

/**
 * A table with leases: `lease_token` is set while a process works on a row, and `due_at` is then the end of the
 * lease, in epoch milliseconds.
 */
export type LeasedTable = "outbox" | "jobs";

/**
 * Makes every lease of a table, of all processes, that ends after `endingAfter` end at `until` (both in epoch
 * milliseconds). Called after the clock was set, when leases would end too early or too late. Their holders keep
 * them.
 */
export async function renewLeases(
  { background }: Pick<Database, "background">,
  table: LeasedTable,
  endingAfter: number,
  until: number,
): Promise<void> {
  const condition = "lease_token IS NOT NULL AND due_at > ?1";
  const found = await background.read([
    {
      sql: `SELECT EXISTS (SELECT 1 FROM ${table} WHERE ${condition}) AS found`,
      args: [endingAfter],
    },
  ]);
  // Asked first, because no index has the leases: the search may read many rows, and a write would block other writes.
  if (rowsOf(found, 0)[0]?.found !== 1) return;
  await background.write([
    { sql: `UPDATE ${table} SET due_at = ?2 WHERE ${condition}`, args: [endingAfter, until] },
  ]);
}
