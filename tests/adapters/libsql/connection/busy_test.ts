import assert from "node:assert/strict";
import { openDatabase } from "../../../../adapters/libsql/connection/database.ts";
import { openEmbedded } from "../../../../adapters/libsql/connection/embedded.ts";
import { groupCommit } from "../../../../adapters/libsql/connection/group_commit.ts";
import { pause } from "../../../support/process.ts";

/** Another process that holds the write lock of a file; locks of this process do not block it. */
interface Holder {
  /** Releases the lock and waits for the end of the process. */
  release(): Promise<void>;
}

/** Takes the write lock of a file and keeps it until it is released. */
async function holdFile(path: string): Promise<Holder> {
  const script = `
    import { DatabaseSync } from "node:sqlite";
    const db = new DatabaseSync(${JSON.stringify(path)});
    db.exec("BEGIN IMMEDIATE");
    db.exec("INSERT INTO t VALUES (1)");
    console.log("held");
    await Deno.stdin.read(new Uint8Array(1));
    db.exec("COMMIT");
    db.close();`;
  const args = ["eval", "--no-lock", script];
  const child = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" })
    .spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  return {
    async release() {
      await child.stdin.close();
      await reader.cancel();
      await child.status;
    },
  };
}

Deno.test("Database: retries while another process has locked the file, lets other code run, and continues", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/busy.db`;
  const db = await openDatabase({ url: `file:${path}` });
  await db.write(["CREATE TABLE t (a INTEGER)"]);
  const other = await holdFile(path);

  let ended = 0;
  const insert = (value: number) =>
    db.write([`INSERT INTO t VALUES (${value})`]).finally(() => ended++);
  const inserts = Promise.all([2, 3, 4].map(insert));
  for (let timers = 0; timers < 2; timers++) await pause(1);
  assert.equal(ended, 0, "timers run while the file is busy");
  await other.release();
  await inserts;

  for (let value = 5; value < 15; value++) await db.write([`INSERT INTO t VALUES (${value})`]);
  const [result] = await db.read(["SELECT count(*) AS n FROM t"]);
  assert.equal(result?.rows[0]?.n, 14);
  db.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("openEmbedded: can read after a write has failed on a locked file", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/busy.db`;
  const connection = await openEmbedded(`file:${path}`, 1);
  connection.batch(["CREATE TABLE t (a INTEGER)"], "write");
  const other = await holdFile(path);
  const insert = () => connection.batch(["INSERT INTO t VALUES (2)"], "write");
  const count = () => connection.batch(["SELECT count(*) FROM t"], "read")[0]?.rows;
  assert.throws(insert, { code: "SQLITE_BUSY" });
  assert.deepEqual(count(), [[0]], "while it is held");
  await other.release();
  assert.deepEqual(count(), [[1]], "when it is free");
  insert();
  assert.deepEqual(count(), [[2]]);
  connection.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("groupCommit: does not retry items alone when the file is locked", async () => {
  let commits = 0;
  const commit = groupCommit<number, number>(() => {
    commits++;
    return Promise.reject(Object.assign(new Error("database is locked"), { code: "SQLITE_BUSY" }));
  });
  const results = await Promise.allSettled([commit(1), commit(2), commit(3)]);
  assert.deepEqual(results.map(({ status }) => status), ["rejected", "rejected", "rejected"]);
  assert.equal(commits, 1);
});
