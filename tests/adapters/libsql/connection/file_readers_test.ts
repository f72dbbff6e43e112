import assert from "node:assert/strict";
import { createClient } from "@libsql/client";
import { type Database, openDatabase } from "../../../../adapters/libsql/connection/database.ts";

/** A database file with a table `t`, and a second connection as another process would have it. */
async function openFile() {
  const folder = await Deno.makeTempDir();
  const url = `file:${folder}/hark.db`;
  const db = await openDatabase({ url });
  await db.write(["CREATE TABLE t (n INTEGER)"]);
  const other = createClient({ url, timeout: 0 });
  return {
    db,
    other,
    async [Symbol.asyncDispose]() {
      other.close();
      db.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

const READS = ["read", "readPoint", "readLong"] as const;

async function countBy(db: Database, read: typeof READS[number]): Promise<unknown> {
  const [result] = await db[read](["SELECT count(*) AS n FROM t"]);
  return result?.rows[0]?.n;
}

Deno.test("openDatabase: every kind of read sees each write that was committed before", async () => {
  await using file = await openFile();
  for (let n = 1; n <= 50; n++) {
    await file.db.write([{ sql: "INSERT INTO t VALUES (?)", args: [n] }]);
    for (const read of READS) assert.equal(await countBy(file.db, read), n, read);
  }
  await file.other.execute("INSERT INTO t VALUES (51)");
  for (const read of READS) assert.equal(await countBy(file.db, read), 51, read);
});

Deno.test("openDatabase: readPoint and readLong wait for no writer, and see what was committed before it began", async () => {
  await using file = await openFile();
  await file.db.write(["INSERT INTO t VALUES (1)"]);
  for (const read of READS) await countBy(file.db, read);
  const writing = await file.other.transaction("write");
  await writing.execute("INSERT INTO t VALUES (2)");
  assert.equal(await countBy(file.db, "readPoint"), 1);
  assert.equal(await countBy(file.db, "readLong"), 1);
  await writing.commit();
  assert.equal(await countBy(file.db, "readPoint"), 2);
  assert.equal(await countBy(file.db, "readLong"), 2);
});

Deno.test("openDatabase: a point read goes on while a long read and a write are under way", async () => {
  await using file = await openFile();
  await countBy(file.db, "readLong");
  const slow = `WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3000000)
    SELECT max(n) AS n FROM c`;
  const ended: string[] = [];
  const long = file.db.readLong([slow]).then(() => ended.push("long"));
  const write = file.db.write([`INSERT INTO t ${slow}`]).then(() => ended.push("write"));
  assert.equal(await countBy(file.db, "readPoint"), 0);
  assert.deepEqual(ended, []);
  await Promise.all([long, write]);
  assert.equal(await countBy(file.db, "readPoint"), 1);
});

Deno.test("openDatabase: the statements of one point or long read see one state", async () => {
  await using file = await openFile();
  for (const read of ["readPoint", "readLong"] as const) {
    const results = await file.db[read](["SELECT 1 AS n", "SELECT count(*) AS n FROM t"]);
    assert.deepEqual(results.map(({ rows }) => rows), [[{ n: 1 }], [{ n: 0 }]]);
    assert.equal(await countBy(file.db, read), 0, "the transaction has ended");
  }
});

Deno.test("openDatabase: readPoint and readLong refuse to write, and go on reading after an error", async () => {
  await using file = await openFile();
  for (const read of ["readPoint", "readLong"] as const) {
    await assert.rejects(file.db[read](["INSERT INTO t VALUES (1)"]), { code: "SQLITE_READONLY" });
    await assert.rejects(file.db[read](["SELECT 1", "DELETE FROM t"]), { code: "SQLITE_READONLY" });
    await assert.rejects(file.db[read](["SELECT * FROM absent"]), /no such table/);
    assert.equal(await countBy(file.db, read), 0);
  }
});

Deno.test("openDatabase: readPoint and readLong see a table and a column that were added later", async () => {
  await using file = await openFile();
  await file.db.write(["INSERT INTO t VALUES (1)"]);
  for (const read of ["readPoint", "readLong"] as const) {
    const [before] = await file.db[read](["SELECT * FROM t"]);
    assert.deepEqual(before?.rows, [{ n: 1 }]);
  }
  await file.db.write(["ALTER TABLE t ADD COLUMN m INTEGER DEFAULT 7"]);
  for (const read of ["readPoint", "readLong"] as const) {
    const [after] = await file.db[read](["SELECT * FROM t"]);
    assert.deepEqual(after?.rows, [{ n: 1, m: 7 }]);
  }
});

Deno.test("Database.close: ends the readers, which refuse every later read", async () => {
  await using file = await openFile();
  for (const read of READS) await countBy(file.db, read);
  file.db.close();
  for (const read of ["readPoint", "readLong"] as const) {
    await assert.rejects(countBy(file.db, read), /closed/);
  }
});
