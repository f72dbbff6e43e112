/** Contracts of the stores over a Durable Object, in a real workerd; miniflare wants a file to itself. */
import assert from "node:assert/strict";
import { MAX_ANSWER_BYTES } from "../../adapters/libsql/connection/object_storage.ts";
import { StoreUnavailable } from "../../domain/ports/store_unavailable.ts";
import { ValueTooLarge } from "../../domain/ports/value_too_large.ts";
import { type ObjectDatabases, startObjectDatabases } from "../support/object_database.ts";
import type { Database } from "../../adapters/libsql/connection/database.ts";
import type { TestDatabase } from "./backends.ts";
import { accepted, capacityFor, newSender, openBench } from "./isolate.ts";
import { mainContracts, storeContracts } from "./store_contracts.ts";

Deno.test.sanitizer({ ops: false, resources: false });

let objects: ObjectDatabases;
let opened = 0;

Deno.test.beforeAll(async () => void (objects = await startObjectDatabases()));
Deno.test.afterAll(async () => await objects[Symbol.asyncDispose]());

async function openDatabase(name: string): Promise<TestDatabase> {
  const connection = objects.connect(name);
  const opened: Database[] = [];
  const another = async () => {
    const db = await connection.open();
    opened.push(db);
    return db;
  };
  return {
    db: await another(),
    hrana: undefined,
    connection,
    another,
    [Symbol.asyncDispose]() {
      for (const db of opened) db.close();
      return Promise.resolve();
    },
  };
}

// With all of them this is the longest of the tests that keep a core busy: HARK_LONG=1 runs them.
const contracts = Deno.env.has("HARK_LONG") ? storeContracts : mainContracts;
const backend = {
  name: "in a Durable Object",
  remote: true,
  open: () => openDatabase(`database-${opened++}`),
};
contracts(backend);

Deno.test("a Durable Object: gives and takes values as libSQL does", async () => {
  await using database = await openDatabase(`database-${opened++}`);
  const { db } = database;
  const bytes = new Uint8Array([0, 255, 7]);
  const args = [1, 1.5, "é", null, true, bytes, 7n];
  const sql = "SELECT ?1 AS a, ?2 AS b, ?3 AS c, ?4 AS d, ?5 AS e, ?6 AS f, ?7 AS g, 2 AS g";
  const [result] = await db.read([{ sql, args }]);
  const row = { a: 1, b: 1.5, c: "é", d: null, e: 1, f: bytes.buffer, g: 7 };
  assert.deepEqual(result?.rows, [row]);
  const largest = String(Number.MAX_SAFE_INTEGER);
  const [integers] = await db.read([`SELECT ${largest} AS n`]);
  assert.deepEqual(integers?.rows, [{ n: Number.MAX_SAFE_INTEGER }]);
  await assert.rejects(db.read(["SELECT 9007199254740993 AS n"]), RangeError);
});

Deno.test("a Durable Object: writes all statements or none, and says why", async () => {
  await using database = await openDatabase(`database-${opened++}`);
  const { db } = database;
  await db.write(["CREATE TABLE t (id INTEGER PRIMARY KEY, value TEXT)"]);
  const insert = "INSERT INTO t (id) VALUES (1)";
  await assert.rejects(db.write([insert, insert]), { code: "SQLITE_CONSTRAINT" });
  await assert.rejects(db.read([insert]), { code: "SQLITE_READONLY" });
  await assert.rejects(db.write([insert, "SELECT missing FROM t"]), { code: "SQLITE_ERROR" });
  const store = (length: number) =>
    db.write([{ sql: "INSERT INTO t (value) VALUES (?)", args: ["x".repeat(length)] }]);
  await store(1_999_900);
  await assert.rejects(store(2_200_000), ValueTooLarge);
  const [count] = await db.read(["SELECT count(*) AS n FROM t"]);
  assert.deepEqual(count?.rows, [{ n: 1 }]);
});

Deno.test("a Durable Object: refuses an answer that is too large, and writes nothing for it", async () => {
  await using database = await openDatabase(`database-${opened++}`);
  const { db } = database;
  await db.write(["CREATE TABLE t (n INTEGER)"]);
  const rows = JSON.stringify(Array.from({ length: 16 }, (_, row) => row));
  const blob = `zeroblob(${MAX_ANSWER_BYTES / 16})`;
  const largest = { sql: `SELECT ${blob} AS bytes FROM json_each(?)`, args: [rows] };
  const [result] = await db.read([largest]);
  assert.equal(result?.rows.length, 16);
  await assert.rejects(
    db.write(["INSERT INTO t VALUES (1)", largest, "SELECT 1"]),
    (error) => error instanceof StoreUnavailable && error.code === "RESPONSE_TOO_LARGE",
  );
  const [count] = await db.read(["SELECT count(*) AS n FROM t"]);
  assert.deepEqual(count?.rows, [{ n: 0 }]);
});

Deno.test("a Durable Object: messages that are larger than an answer are claimed in parts", async () => {
  await using bench = await openBench(backend);
  const sender = await newSender(bench);
  const body = "x".repeat(bench.db.maxValueBytes - 1_000);
  const ids: string[] = [];
  for (let size = 0; size <= MAX_ANSWER_BYTES; size += body.length) {
    ids.push((await accepted(bench, sender, { personal: { body } })).notificationId);
  }
  const rows = await bench.outbox.claim(bench.time.now, capacityFor(500), 30_000);
  assert.deepEqual(rows.map(({ notification }) => notification.id).toSorted(), ids);
});
