import assert from "node:assert/strict";
import { openDatabase } from "../../../../adapters/libsql/connection/database.ts";
import { openEmbedded } from "../../../../adapters/libsql/connection/embedded.ts";
import { groupCommit } from "../../../../adapters/libsql/connection/group_commit.ts";

/** Holds the file for a while. Another process: locks of one process do not stand in its own way. */
function holdFile(path: string, heldMs: number): Deno.ChildProcess {
  const script = `
    import { DatabaseSync } from "node:sqlite";
    const db = new DatabaseSync(${JSON.stringify(path)});
    db.exec("BEGIN IMMEDIATE");
    db.exec("INSERT INTO t VALUES (1)");
    console.log("held");
    setTimeout(() => { db.exec("COMMIT"); db.close(); }, ${heldMs});`;
  const args = ["eval", "--no-lock", script];
  return new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
}

Deno.test("Database waits for another process that holds the file, lets others run, and goes on after it", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/busy.db`;
  const db = await openDatabase({ url: `file:${path}` });
  await db.write(["CREATE TABLE t (a INTEGER)"]);
  const other = holdFile(path, 700);
  const reader = other.stdout.getReader();
  await reader.read();

  let turns = 0;
  const ticking = setInterval(() => turns++, 1);
  await Promise.all([2, 3, 4].map((value) => db.write([`INSERT INTO t VALUES (${value})`])));
  clearInterval(ticking);
  assert.ok(turns > 1, "nothing else ran while the file was busy");
  await reader.cancel();
  await other.status;

  for (let value = 5; value < 15; value++) await db.write([`INSERT INTO t VALUES (${value})`]);
  const [result] = await db.read(["SELECT count(*) AS n FROM t"]);
  assert.equal(result?.rows[0]?.n, 14);
  db.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("openEmbedded reads on after a write has met a busy file", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/busy.db`;
  const connection = await openEmbedded(`file:${path}`, 1);
  connection.batch(["CREATE TABLE t (a INTEGER)"], "write");
  const other = holdFile(path, 500);
  const reader = other.stdout.getReader();
  await reader.read();
  const insert = () => connection.batch(["INSERT INTO t VALUES (2)"], "write");
  const count = () => connection.batch(["SELECT count(*) FROM t"], "read")[0]?.rows;
  assert.throws(insert, { code: "SQLITE_BUSY" });
  assert.deepEqual(count(), [[0]], "while it is held");
  await reader.cancel();
  await other.status;
  assert.deepEqual(count(), [[1]], "when it is free");
  insert();
  assert.deepEqual(count(), [[2]]);
  connection.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("groupCommit does not try each alone when the file is busy", async () => {
  let commits = 0;
  const commit = groupCommit<number, number>(() => {
    commits++;
    return Promise.reject(Object.assign(new Error("database is locked"), { code: "SQLITE_BUSY" }));
  });
  const results = await Promise.allSettled([commit(1), commit(2), commit(3)]);
  assert.deepEqual(results.map(({ status }) => status), ["rejected", "rejected", "rejected"]);
  assert.equal(commits, 1);
});
