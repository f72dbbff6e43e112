import type { Database } from "../connection/database.ts";
import { rowsOf } from "../connection/row.ts";

/** Whether a person who may sign in is an operator. */
export async function hasOperator(db: Pick<Database, "readPoint">): Promise<boolean> {
  const results = await db.readPoint([
    "SELECT 1 FROM users WHERE is_operator = 1 AND state = 'active' LIMIT 1",
  ]);
  return rowsOf(results, 0).length > 0;
}
