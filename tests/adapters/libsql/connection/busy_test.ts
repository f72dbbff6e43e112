import assert from "node:assert/strict";
import { openDatabase } from "../../../../adapters/libsql/connection/database.ts";
import { openEmbedded } from "../../../../adapters/libsql/connection/embedded.ts";
import { groupCommit } from "../../../../adapters/libsql/connection/group_commit.ts";
import { holdFile } from "../../../support/held_file.ts";
import { pause } from "../../../support/process.ts";

const INSERT = "INSERT INTO t VALUES (1)";

Deno.test("Database: retries while another process has locked the file, lets other code run, and continues", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/busy.db`;
  const db = await openDatabase({ url: `file:${path}` });
  await db.write(["CREATE TABLE t (a INTEGER)"]);
  const other = await holdFile(path, INSERT);

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
  const other = await holdFile(path, INSERT);
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

Deno.test("Database: reads while another process has locked the file, and gives a write up after its time", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/busy.db`;
  const timeouts = { requestMs: 60_000, backgroundMs: 60_000, lockMs: 300, backgroundLockMs: 600 };
  const db = await openDatabase({ url: `file:${path}`, timeouts });
  await db.write(["CREATE TABLE t (a INTEGER)"]);
  const other = await holdFile(path, INSERT);
  const ended: string[] = [];
  const settle = (name: string, call: Promise<unknown>) =>
    call.then(() => ended.push(name), (error) => ended.push(`${name} ${error.code}`));
  const writes = [
    settle("write", db.write(["INSERT INTO t VALUES (2)"])),
    settle("background", db.background.write(["INSERT INTO t VALUES (3)"])),
  ];
  await settle("read", db.read(["SELECT a FROM t"]));
  await Promise.all(writes);
  assert.deepEqual(ended, ["read", "write SQLITE_BUSY", "background SQLITE_BUSY"]);
  const startedAt = performance.now();
  await assert.rejects(db.write(["INSERT INTO t VALUES (4)"]), { name: "StoreUnavailable" });
  assert.ok(performance.now() - startedAt < 300, "it is tried once while the lock lasts");
  await other.release();
  await db.write(["INSERT INTO t VALUES (5)"]);
  const [result] = await db.read(["SELECT a FROM t ORDER BY a"]);
  assert.deepEqual(result?.rows.map(({ a }) => a), [1, 5]);
  db.close();
  await Deno.remove(folder, { recursive: true });
});
