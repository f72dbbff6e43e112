import assert from "node:assert/strict";
import { type Client, createClient, LibsqlBatchError, LibsqlError } from "@libsql/client/http";
import { createHrana, type Hrana, type HranaOptions } from "../support/hrana.ts";

const TABLE = "CREATE TABLE t (k TEXT PRIMARY KEY, n INTEGER) STRICT";

function clientOf(hrana: Hrana, authToken?: string): Client {
  const common = { url: "http://db.internal", fetch: hrana.fetch };
  return createClient(authToken === undefined ? common : { ...common, authToken });
}

/** Runs a test on `:memory:` and on a file, each with a server and a client of its own. */
function testOnBoth(
  name: string,
  run: (db: Client, hrana: Hrana) => Promise<void>,
  options: HranaOptions = {},
): void {
  Deno.test(`${name} (:memory:)`, async () => {
    await using hrana = createHrana(":memory:", options);
    const db = clientOf(hrana);
    await run(db, hrana);
    db.close();
  });
  Deno.test(`${name} (file)`, async () => {
    const dir = await Deno.makeTempDir();
    try {
      await using hrana = createHrana(`${dir}/t.db`, options);
      const db = clientOf(hrana);
      await run(db, hrana);
      db.close();
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof LibsqlError) return error.code;
    throw error;
  }
  throw new assert.AssertionError({ message: "was expected to fail" });
}

async function countOf(db: Client): Promise<number> {
  const { rows } = await db.execute("SELECT count(*) AS n FROM t");
  return Number(rows[0]?.["n"]);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

testOnBoth("Hrana: gives INSERT … RETURNING its row, its count and its rowid", async (db) => {
  await db.execute(TABLE);
  const inserted = await db.execute({
    sql: "INSERT INTO t VALUES (?, ?), ('b', 2) RETURNING k, n",
    args: ["a", 1],
  });
  assert.deepEqual(inserted.rows.map((row) => [row["k"], row["n"]]), [["a", 1], ["b", 2]]);
  assert.equal(inserted.rowsAffected, 2);
  assert.equal(inserted.lastInsertRowid, 2n);
  const read = await db.execute("SELECT * FROM t WHERE n > 5");
  assert.equal(read.rowsAffected, 0);
  assert.equal(read.lastInsertRowid, undefined);
});

testOnBoth("Hrana: keeps the type of each value both ways", async (db) => {
  const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i % 256);
  await db.execute("CREATE TABLE v (i INTEGER, r REAL, t TEXT, b BLOB, z TEXT)");
  await db.execute({
    sql: "INSERT INTO v VALUES (:i, :r, :t, :b, :z)",
    args: { i: 9007199254740991n, r: 1.5, t: "a\u{1F600}\n'", b: bytes, z: null },
  });
  const { rows, columns, columnTypes } = await db.execute("SELECT * FROM v");
  const row = rows[0];
  assert.ok(row !== undefined && row["b"] instanceof ArrayBuffer);
  assert.deepEqual([row["i"], row["r"], row["t"], row["z"]], [
    9007199254740991,
    1.5,
    "a\u{1F600}\n'",
    null,
  ]);
  assert.deepEqual(new Uint8Array(row["b"]), bytes);
  assert.deepEqual([...columns], ["i", "r", "t", "b", "z"]);
  assert.deepEqual([...columnTypes], ["INTEGER", "REAL", "TEXT", "BLOB", "TEXT"]);
});

testOnBoth("Hrana: binds a JS number as REAL and keeps two columns of one name", async (db) => {
  const { rows } = await db.execute({ sql: "SELECT typeof(?) AS a, 2 AS a", args: [3] });
  assert.deepEqual([rows[0]?.[0], rows[0]?.[1]], ["real", 2]);
});

const REFUSED: readonly (readonly [what: string, sql: string, code: string])[] = [
  ["a UNIQUE failure", "INSERT INTO t VALUES ('a', 1)", "SQLITE_CONSTRAINT"],
  ["a STRICT failure", "INSERT INTO t VALUES ('z', 'x')", "SQLITE_CONSTRAINT"],
  ["a syntax error", "SELEC 1", "SQL_PARSE_ERROR"],
  ["an unknown table", "SELECT * FROM nowhere", "SQL_INPUT_ERROR"],
  ["an unknown column", "SELECT missing FROM t", "SQL_INPUT_ERROR"],
  ["no statement", " -- nothing\n ; ", "SQL_NO_STATEMENT"],
  ["two statements", "SELECT 1; SELECT 2", "SQL_MANY_STATEMENTS"],
  ["a COMMIT of nothing", "COMMIT", "SQLITE_UNKNOWN"],
];
testOnBoth("Hrana: returns primary codes only", async (db) => {
  await db.batch([TABLE, "INSERT INTO t VALUES ('a', 1)"], "write");
  for (const [what, sql, code] of REFUSED) {
    const error = await db.execute(sql).then(() => undefined, (thrown: unknown) => thrown);
    assert.ok(error instanceof LibsqlError, what);
    assert.equal(error.code, code, what);
    assert.equal(error.rawCode, undefined, what);
  }
  assert.equal(await countOf(db), 1);
});

testOnBoth("Hrana: runs all statements of a batch or none", async (db) => {
  await db.execute(TABLE);
  const error = await db.batch([
    "INSERT INTO t VALUES ('a', 1)",
    "INSERT INTO t VALUES ('a', 2)",
    "INSERT INTO t VALUES ('c', 3)",
  ], "write").then(() => undefined, (thrown: unknown) => thrown);
  assert.ok(error instanceof LibsqlBatchError);
  assert.equal(error.code, "SQLITE_CONSTRAINT");
  assert.equal(error.statementIndex, 1);
  assert.equal(await countOf(db), 0);
});

testOnBoth(
  "Hrana: counts one round trip for an execute, a batch and a sequence",
  async (db, hrana) => {
    await db.execute(TABLE);
    assert.equal(hrana.roundTrips, 1);
    hrana.resetCount();
    await db.batch(["INSERT INTO t VALUES ('a', 1)", "INSERT INTO t VALUES ('b', 1)"], "write");
    assert.equal(hrana.roundTrips, 1);
    assert.deepEqual(hrana.statements, [
      "BEGIN IMMEDIATE",
      "INSERT INTO t VALUES ('a', 1)",
      "INSERT INTO t VALUES ('b', 1)",
      "COMMIT",
    ]);
    await db.executeMultiple("DELETE FROM t; -- all\nINSERT INTO t VALUES ('é;', 1);\n");
    assert.equal(hrana.roundTrips, 2);
    assert.equal(await countOf(db), 1);
  },
  { logStatements: true },
);

testOnBoth("Hrana: stops a sequence at its first failure", async (db) => {
  await db.execute(TABLE);
  const failed = db.executeMultiple("INSERT INTO t VALUES ('a', 1); SELEC; DELETE FROM t");
  assert.equal(await codeOf(failed), "SQL_PARSE_ERROR");
  assert.equal(await countOf(db), 1);
});

testOnBoth("Hrana: runs a migration with foreign keys off and puts them on again", async (db) => {
  await db.migrate([TABLE, "INSERT INTO t VALUES ('a', 1)"]);
  assert.equal(await countOf(db), 1);
  const { rows } = await db.execute("PRAGMA foreign_keys");
  assert.equal(rows[0]?.[0], 1);
});

testOnBoth("Hrana.loseNextReply: commits and breaks the network", async (db, hrana) => {
  await db.execute(TABLE);
  hrana.loseNextReply();
  await assert.rejects(db.batch(["INSERT INTO t VALUES ('a', 1)"], "write"), TypeError);
  assert.equal(await countOf(db), 1);
});

testOnBoth("Hrana.failNext: answers the status and runs nothing", async (db, hrana) => {
  await db.execute(TABLE);
  hrana.failNext(503);
  hrana.failNext(500);
  for (const status of ["503", "500"]) {
    await assert.rejects(
      db.execute("INSERT INTO t VALUES ('a', 1)"),
      (error) =>
        error instanceof LibsqlError && error.code === "SERVER_ERROR" &&
        error.message.includes(status),
    );
  }
  assert.equal(await countOf(db), 0);
});

testOnBoth("Hrana.delayNext: commits at once and holds the reply", async (db, hrana) => {
  await db.execute(TABLE);
  const released = Promise.withResolvers<void>();
  hrana.delayNext(released.promise);
  let replied = false;
  const held = db.execute("INSERT INTO t VALUES ('a', 1)").then(() => replied = true);
  assert.equal(await countOf(db), 1);
  assert.equal(replied, false);
  released.resolve();
  await held;
  assert.equal(replied, true);
});

Deno.test("Hrana.fetch: rejects when its request is aborted, and the server stays usable", async () => {
  await using hrana = createHrana(":memory:");
  const db = clientOf(hrana);
  await db.execute(TABLE);
  const never = Promise.withResolvers<void>();
  hrana.delayNext(never.promise);
  const abort = new AbortController();
  const impatient = createClient({
    url: "http://db.internal",
    fetch: (request: Request) => hrana.fetch(new Request(request, { signal: abort.signal })),
  });
  const held = impatient.execute("INSERT INTO t VALUES ('a', 1)");
  await sleep(5);
  abort.abort(new DOMException("too long", "TimeoutError"));
  await assert.rejects(held, { name: "TimeoutError" });
  assert.equal(await countOf(db), 1);
});

testOnBoth("Hrana: serialises parallel writers", async (db) => {
  await db.execute(TABLE);
  await Promise.all(Array.from({ length: 40 }, (_, i) =>
    db.batch([
      { sql: "INSERT INTO t VALUES (?, 1)", args: [`a${i}`] },
      { sql: "INSERT INTO t VALUES (?, 1)", args: [`b${i}`] },
    ], "write")));
  assert.equal(await countOf(db), 80);
});

testOnBoth("Hrana: makes a writer wait for an open transaction", async (db) => {
  await db.execute(TABLE);
  const transaction = await db.transaction("write");
  await transaction.execute("INSERT INTO t VALUES ('a', 1)");
  const waiting = db.batch(["UPDATE t SET n = n + 1"], "write");
  await sleep(10);
  await transaction.execute("UPDATE t SET n = 10");
  await transaction.commit();
  await waiting;
  const { rows } = await db.execute("SELECT n FROM t");
  assert.equal(rows[0]?.["n"], 11);
});

testOnBoth("Hrana: rolls back what a transaction did not commit", async (db) => {
  await db.execute(TABLE);
  const transaction = await db.transaction("write");
  await transaction.execute("INSERT INTO t VALUES ('a', 1)");
  transaction.close();
  await sleep(5);
  assert.equal(await countOf(db), 0);
});

testOnBoth(
  "Hrana: rolls back an abandoned transaction and reports that to its client",
  async (db) => {
    await db.execute(TABLE);
    const transaction = await db.transaction("write");
    await transaction.execute("INSERT INTO t VALUES ('a', 1)");
    await sleep(300);
    await db.execute("INSERT INTO t VALUES ('b', 2)");
    assert.equal(await codeOf(transaction.execute("SELECT 1")), "TRANSACTION_TIMEOUT");
    transaction.close();
    await sleep(5);
    assert.equal(await countOf(db), 1);
  },
  { transactionMs: 200 },
);

testOnBoth("Hrana: closes a stream after its idle time", async (db) => {
  const transaction = await db.transaction("write");
  await transaction.execute("SELECT 1");
  await sleep(500);
  assert.equal(await codeOf(transaction.execute("SELECT 1")), "STREAM_EXPIRED");
}, { transactionMs: 200, idleMs: 100 });

Deno.test("Hrana: answers SQLITE_BUSY when a lock outlasts the timeout", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await using hrana = createHrana(`${dir}/t.db`, { busyMs: 20 });
    const db = clientOf(hrana);
    await db.execute(TABLE);
    const transaction = await db.transaction("write");
    await transaction.execute("INSERT INTO t VALUES ('a', 1)");
    assert.equal(await codeOf(db.execute("INSERT INTO t VALUES ('b', 1)")), "SQLITE_BUSY");
    assert.equal(await countOf(db), 0);
    await transaction.commit();
    await db.execute("INSERT INTO t VALUES ('b', 1)");
    assert.equal(await countOf(db), 2);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("Hrana: refuses a bad bearer token, without consuming a planned fault or counting a round trip", async () => {
  await using hrana = createHrana(":memory:", { authToken: "right" });
  hrana.failNext(500);
  assert.equal(await codeOf(clientOf(hrana, "wrong").execute("SELECT 1")), "AUTH_JWT_INVALID");
  assert.equal(await codeOf(clientOf(hrana).execute("SELECT 1")), "AUTH_JWT_INVALID");
  assert.equal(hrana.roundTrips, 0);
  assert.equal(await codeOf(clientOf(hrana, "right").execute("SELECT 1")), "SERVER_ERROR");
  assert.equal((await clientOf(hrana, "right").execute("SELECT 1")).rows.length, 1);
});

Deno.test("Hrana.fetch: refuses requests that are not Hrana's", async () => {
  await using hrana = createHrana(":memory:");
  const post = (path: string, body: string) =>
    hrana.fetch(new Request(`http://db.internal${path}`, { method: "POST", body }));
  const cases = [["/v2/pipeline", "{", 400], ["/v2/pipeline", "{}", 400], [
    "/v3",
    "",
    404,
  ]] as const;
  for (const [path, body, status] of cases) {
    const response = await post(path, body);
    assert.equal(response.status, status, path + body);
    await response.body?.cancel();
  }
  assert.equal((await hrana.fetch(new Request("http://db.internal/health"))).status, 200);
});

Deno.test("Hrana.close: rejects pending calls and releases every connection", async () => {
  const hrana = createHrana(":memory:");
  const db = clientOf(hrana);
  await db.execute(TABLE);
  const transaction = await db.transaction("write");
  await transaction.execute("INSERT INTO t VALUES ('a', 1)");
  const waiting = assert.rejects(db.execute("SELECT 1"), TypeError);
  await sleep(1);
  hrana.delayNext(new Promise(() => {}));
  const held = assert.rejects(transaction.execute("SELECT 1"), TypeError);
  await sleep(5);
  await hrana.close();
  await Promise.all([waiting, held]);
  await assert.rejects(db.execute("SELECT 1"), TypeError);
});

Deno.test("Hrana.serve: answers on loopback, loses replies there too, and closes", async () => {
  await using hrana = createHrana(":memory:", { authToken: "t" });
  const { url } = hrana.serve();
  const db = createClient({ url, authToken: "t" });
  await db.execute(TABLE);
  await Promise.all(
    Array.from(
      { length: 10 },
      (_, i) => db.execute({ sql: "INSERT INTO t VALUES (?, ?)", args: [`k${i}`, i] }),
    ),
  );
  hrana.loseNextReply();
  await assert.rejects(db.execute("INSERT INTO t VALUES ('lost', 1)"), TypeError);
  assert.equal(await countOf(db), 11);
  db.close();
});
