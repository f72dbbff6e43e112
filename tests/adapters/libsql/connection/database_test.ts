import assert from "node:assert/strict";
import { openDatabase } from "../../../../adapters/libsql/connection/database.ts";
import { createHrana } from "../../../support/hrana.ts";

Deno.test("openDatabase: makes commits to a file durable and sets a busy timeout", async () => {
  const folder = await Deno.makeTempDir();
  const db = await openDatabase({ url: `file:${folder}/hark.db` });
  const pragma = async (name: string) =>
    Object.values((await db.read([`PRAGMA ${name}`]))[0]?.rows[0] ?? {})[0];
  assert.equal(await pragma("journal_mode"), "wal");
  assert.equal(await pragma("synchronous"), 2);
  // One try waits this long; busy_test.ts has the whole wait.
  assert.equal(await pragma("busy_timeout"), 50);
  assert.equal(db.embedded, true);
  db.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("openDatabase: makes one round trip a call, with one client or a client for each call", async () => {
  for (const clientPerCall of [false, true]) {
    await using hrana = createHrana(":memory:");
    const db = await openDatabase({
      url: "http://db.internal",
      fetch: hrana.fetch,
      clientPerCall,
    });
    assert.equal(db.embedded, false);
    await db.write(["CREATE TABLE t (n INTEGER)", "INSERT INTO t VALUES (1)"]);
    await db.read(["SELECT n FROM t", "SELECT n FROM t"]);
    assert.equal(hrana.roundTrips, 2);
    await Promise.all(Array.from({ length: 50 }, () => db.read(["SELECT n FROM t"])));
    assert.equal(hrana.roundTrips, 52);
    db.close();
  }
});

Deno.test("openDatabase: sends the configured token", async () => {
  await using hrana = createHrana(":memory:", { authToken: "right" });
  const open = (authToken: string | undefined) =>
    openDatabase({ url: "http://db.internal", fetch: hrana.fetch, authToken });
  const right = await open("right");
  await right.read(["SELECT 1"]);
  right.close();
  for (const token of ["wrong", undefined]) {
    const db = await open(token);
    await assert.rejects(db.read(["SELECT 1"]));
    db.close();
  }
});

Deno.test("Database.write: writes all statements of a call or none, on every kind of database", async () => {
  await using hrana = createHrana(":memory:");
  for (
    const db of [
      await openDatabase({ url: ":memory:" }),
      await openDatabase({ url: "http://db.internal", fetch: hrana.fetch }),
    ]
  ) {
    await db.write(["CREATE TABLE t (n INTEGER PRIMARY KEY)"]);
    await assert.rejects(db.write(["INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)"]));
    assert.equal((await db.read(["SELECT n FROM t"]))[0]?.rows.length, 0);
    await db.write(["INSERT INTO t VALUES (1)"]);
    db.close();
  }
});
