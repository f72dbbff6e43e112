import type { MessagePages } from "../../../domain/ports/message_pages.ts";
import type { AccountKey } from "../accounts/account_key.ts";
import type { Database } from "../connection/database.ts";
import { rowsOf } from "../connection/row.ts";
import { readNames, selectNames } from "./message_names.ts";
import { readBatch, selectBatchOf } from "./timeline_batches.ts";

/** Creates the function that reads what is kept of a message whose content was deleted. */
export function createReadDeleted(
  { db, key }: { readonly db: Database; readonly key: AccountKey },
): MessagePages["readDeleted"] {
  return async (ref) => {
    const names = selectNames(ref.serviceId);
    const results = await db.readLong([selectBatchOf(ref), ...names]);
    const [batch] = rowsOf(results, 0);
    if (batch === undefined) return undefined;
    return {
      message: await readBatch(batch, ref.notificationId),
      names: await readNames(names.map((_, index) => rowsOf(results, index + 1)), key),
    };
  };
}
