import assert from "node:assert/strict";
import { closeDatabase } from "../../runtime/open_database.ts";

/** What {@link closeDatabase} prints when the log cannot be written into the file. */
async function printedFor(error: Error): Promise<readonly unknown[]> {
  const printed: unknown[] = [];
  const { error: print } = console;
  console.error = (...values: unknown[]) => void printed.push(...values);
  try {
    await closeDatabase({ shutDown: () => Promise.reject(error) });
  } finally {
    console.error = print;
  }
  return printed;
}

Deno.test("closeDatabase: says why the log could not be written, and nothing of a log that another process uses", async () => {
  const busy = Object.assign(new Error("in use"), { code: "SQLITE_BUSY" });
  assert.deepEqual(await printedFor(busy), []);
  const full = Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });
  assert.deepEqual(await printedFor(full), [
    "The database's log could not be written into its file (database or disk is full): nothing is lost, " +
    "but keep the -wal file beside it",
  ]);
});
