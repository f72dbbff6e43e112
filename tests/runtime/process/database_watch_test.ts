import assert from "node:assert/strict";
import { DATABASE_LOST_EXIT_CODE, watchDatabase } from "../../../runtime/process/database_watch.ts";
import type { LogEntry } from "../../../domain/ports/log.ts";
import { makeFolder } from "../../support/process.ts";

const LOOK_EVERY_MS = 1;

/** Watches a database, and records how the watch ends the process. */
async function startWatch(url: string, lost?: AbortSignal) {
  const logged: LogEntry[] = [];
  const codes: number[] = [];
  const exited = Promise.withResolvers<void>();
  const end = await watchDatabase({
    url,
    lost,
    log: (entry) => logged.push(entry),
    exit(code) {
      codes.push(code);
      exited.resolve();
    },
    lookEveryMs: LOOK_EVERY_MS,
  });
  return { logged, codes, exited: exited.promise, end };
}

const lossOf = (reason: string) => [{ event: "database-lost", reason }];

Deno.test("watchDatabase: ends the process once when the thread of the database ends, or has ended", async () => {
  for (const isBefore of [false, true]) {
    const lost = new AbortController();
    if (isBefore) lost.abort();
    const watch = await startWatch("http://db.internal", lost.signal);
    lost.abort();
    await watch.exited;
    assert.deepEqual(watch.codes, [DATABASE_LOST_EXIT_CODE]);
    assert.deepEqual(watch.logged, lossOf("thread-ended"));
    watch.end();
  }
});

Deno.test("watchDatabase: ends the process once when the log is deleted, and then the file", async () => {
  await using folder = await makeFolder();
  const path = `${folder.path}/hark.db`;
  for (const file of [path, `${path}-wal`]) await Deno.writeTextFile(file, "");
  const watch = await startWatch(`file:${path}`);
  await Deno.remove(`${path}-wal`);
  await watch.exited;
  await Deno.remove(path);
  assert.deepEqual(watch.codes, [DATABASE_LOST_EXIT_CODE]);
  assert.deepEqual(watch.logged, lossOf("file-deleted"));
});

Deno.test("watchDatabase: does not end the process when the watch has ended", async () => {
  await using folder = await makeFolder();
  const path = `${folder.path}/hark.db`;
  await Deno.writeTextFile(path, "");
  const lost = new AbortController();
  const watch = await startWatch(`file:${path}`, lost.signal);
  watch.end();
  await Deno.remove(path);
  lost.abort();
  await new Promise((resolve) => setTimeout(resolve, 20 * LOOK_EVERY_MS));
  assert.deepEqual(watch.codes, []);
});
