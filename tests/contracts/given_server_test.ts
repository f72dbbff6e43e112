import assert from "node:assert/strict";
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import { createHrana } from "../support/hrana.ts";
import { migrateEmpty } from "../support/migrated.ts";
import { givenServer } from "./given_server.ts";
import { accepted, newSender, openBench } from "./isolate.ts";

const AUTH_TOKEN = "database-token";

Deno.test("givenServer: leaves its database empty, counts its calls and fails those that a test names", async () => {
  await using hrana = createHrana(":memory:", { authToken: AUTH_TOKEN });
  const backend = givenServer({ url: hrana.serve().url, authToken: AUTH_TOKEN });
  for (let i = 0; i < 2; i++) {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const { connection: calls } = bench.database;
    assert.ok(calls !== undefined);
    calls.resetCount();
    await accepted(bench, sender);
    assert.equal(calls.roundTrips, 1);
    calls.failNext(502);
    await assert.rejects(accepted(bench, sender), /HTTP_502|502/);
    calls.loseNextReply();
    await assert.rejects(accepted(bench, sender));
  }
  await using again = await backend.open();
  assert.equal(again.connection?.roundTrips, 0);
});

Deno.test("givenServer: refuses a database that is not empty, and deletes nothing", async () => {
  await using hrana = createHrana(":memory:");
  const { url } = hrana.serve();
  const db = await openDatabase({ url });
  await db.write(["CREATE TABLE letters (text TEXT)", "INSERT INTO letters VALUES ('dear')"]);
  await assert.rejects(
    givenServer({ url }).open(),
    /is not empty, and the tests would delete what is in it: it has letters\. Name an empty database$/,
  );
  const [kept] = await db.read(["SELECT text FROM letters"]);
  assert.equal(kept?.rows.length, 1);
  await db.write(["DROP TABLE letters"]);
  await migrateEmpty(db, 0);
  await assert.rejects(givenServer({ url }).open(), /and \d+ more\. Name an empty database$/);
  db.close();
});
