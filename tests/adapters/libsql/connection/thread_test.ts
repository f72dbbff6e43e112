import assert from "node:assert/strict";
import { openInThread, prepareThread } from "../../../../adapters/libsql/connection/thread.ts";

Deno.test("prepareThread: the next file is opened in the prepared thread, and the one after it in another", async () => {
  const folder = await Deno.makeTempDir();
  try {
    prepareThread();
    prepareThread();
    const first = await openInThread(`file:${folder}/a.db`, 50);
    const second = await openInThread(`file:${folder}/b.db`, 50);
    await first.batch(["CREATE TABLE t (n INTEGER)"], "write");
    await assert.rejects(second.batch(["SELECT n FROM t"], "read"), /no such table/);
    await first.shutDown();
    await second.batch(["CREATE TABLE t (n INTEGER)"], "write");
    await second.shutDown();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("prepareThread: openInThread reports a file that cannot be opened", async () => {
  prepareThread();
  await assert.rejects(openInThread("file:/no/such/folder/a.db", 50));
});
