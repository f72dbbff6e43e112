import type { Database } from "./database.ts";
import { rowsOf } from "./row.ts";

/** A table with leases: `lease_token` is set while a row is leased, and `due_at` is then the end of the lease. */
export type LeasedTable = "outbox" | "jobs";

/** Makes every lease of a table that ends after a time end at `until`. */
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
