import type { ServiceSettingsStore } from "../../../domain/ports/service_settings_store.ts";
import type { Database } from "../connection/database.ts";
import { idBytes, integer, rowsOf, text } from "../connection/row.ts";
import { readSender, selectSenders } from "./senders.ts";

/** Creates the store that reads what the page of a service's settings shows. */
export function createServiceSettingsStore(
  { db }: { readonly db: Pick<Database, "readLong"> },
): ServiceSettingsStore {
  return {
    async read(serviceId, scopes) {
      const results = await db.readLong([
        selectSenders(serviceId),
        {
          sql: `SELECT k.scope, k.value FROM json_each(?2) AS s
            CROSS JOIN counters AS k ON k.service_id = ?1 AND k.scope = s.value`,
          args: [idBytes(serviceId), JSON.stringify(scopes)],
        },
      ]);
      return {
        senders: rowsOf(results, 0).map(readSender),
        counters: new Map(
          rowsOf(results, 1).map((row) => [text(row, "scope"), integer(row, "value")]),
        ),
      };
    },
  };
}
