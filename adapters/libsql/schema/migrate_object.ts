/** Brings the database of a Durable Object to this code's schema, inside of the object. */
import { runInObject, type SqlStorage } from "../connection/object_storage.ts";
import { openRemote } from "../connection/remote.ts";
import { toResult } from "../connection/to_result.ts";
import { MIGRATION_TIMEOUTS } from "../connection/config.ts";
import { migrate } from "./migrations.ts";

/**
 * Migrates as `migrate` does.
 *
 * @param now epoch milliseconds
 * @throws as `migrate`
 */
export async function migrateObject(storage: SqlStorage, now: number): Promise<void> {
  const db = openRemote({ timeouts: MIGRATION_TIMEOUTS }, () => ({
    batch: (statements, mode) =>
      Promise.resolve(runInObject(storage, statements, mode).map(toResult)),
    close() {},
  }));
  await migrate(db, now);
}
