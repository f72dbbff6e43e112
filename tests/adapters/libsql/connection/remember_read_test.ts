import assert from "node:assert/strict";
import { openDatabase } from "../../../../adapters/libsql/connection/database.ts";
import { rememberRead } from "../../../../adapters/libsql/connection/remember_read.ts";

Deno.test("rememberRead: reads again after a write of either priority, and not before", async () => {
  const db = await openDatabase({ url: ":memory:" });
  let reads = 0;
  const read = rememberRead(db, () => Promise.resolve(++reads));
  assert.deepEqual([await read(), await read()], [1, 1]);
  await db.write(["CREATE TABLE t (a)"]);
  assert.deepEqual([await read(), await read()], [2, 2]);
  await db.background.write(["INSERT INTO t VALUES (1)"]);
  assert.deepEqual([await read(), await read()], [3, 3]);
  await db.read(["SELECT * FROM t"]);
  await db.background.read(["SELECT * FROM t"]);
  assert.equal(await read(), 3);
  db.close();
});

Deno.test("rememberRead: reads again when a write ended during the read", async () => {
  let writes = 0;
  let reads = 0;
  const read = rememberRead({ countWrites: () => writes }, () => {
    if (++reads === 1) writes++;
    return Promise.resolve(reads);
  });
  assert.deepEqual([await read(), await read(), await read()], [1, 2, 2]);
});

Deno.test("rememberRead: always reads from a server, which other processes write to", async () => {
  let reads = 0;
  const read = rememberRead({ countWrites: () => undefined }, () => Promise.resolve(++reads));
  assert.deepEqual([await read(), await read()], [1, 2]);
});

Deno.test("rememberRead: does not remember a read that failed", async () => {
  let reads = 0;
  const read = rememberRead({ countWrites: () => 0 }, () => {
    if (++reads === 1) return Promise.reject(new Error("locked"));
    return Promise.resolve(reads);
  });
  await assert.rejects(read());
  assert.deepEqual([await read(), await read()], [2, 2]);
});
