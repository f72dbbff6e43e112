import assert from "node:assert/strict";
import type { InArgs, InValue } from "@libsql/client";
import { openDatabase } from "../../../../adapters/libsql/connection/database.ts";
import { MAX_PREPARED, openEmbedded } from "../../../../adapters/libsql/connection/embedded.ts";
import { openInThread } from "../../../../adapters/libsql/connection/thread.ts";

const BUSY_TIMEOUT_MS = 10;

/** A file in a folder of its own. */
async function withFile(run: (url: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "hark embedded % " });
  try {
    await run(`file:${encodeURI(folder)}/a.db`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The embedded connection and the one in a thread, over a file. */
const CONNECTIONS = [
  ["openEmbedded", openEmbedded],
  ["openInThread", openInThread],
] as const;

const WRONG_ARGS: readonly (readonly [string, InArgs])[] = [
  ["undefined", [...Array<InValue>(1)]],
  ["NaN", [NaN]],
  ["names", { a: 1 }],
];

for (const [name, open] of CONNECTIONS) {
  Deno.test(`${name} gives what was put in: numbers, texts, nothing, and bytes as they were`, async () => {
    await withFile(async (url) => {
      const connection = await open(url, BUSY_TIMEOUT_MS);
      const bytes = new Uint8Array([0, 1, 255]);
      const args = [1, 1.5, "Ї\u0301", null, bytes, true, 2n ** 53n - 1n, bytes.buffer];
      const results = await connection.batch([
        "CREATE TABLE t (a, b, c, d, e, f, g, h)",
        { sql: "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?, ?)", args },
        "SELECT * FROM t",
      ], "write");
      assert.deepEqual(results[1], { columns: [], rows: [] });
      const [, , selected] = results;
      assert.deepEqual(selected?.columns, [..."abcdefgh"]);
      const [a, b, c, d, e, f, g, h] = selected?.rows[0] ?? [];
      assert.deepEqual([a, b, c, d, f, g], [1, 1.5, "Ї\u0301", null, 1, 2 ** 53 - 1]);
      for (const blob of [e, h]) {
        assert.ok(blob instanceof ArrayBuffer);
        assert.deepEqual(new Uint8Array(blob), bytes);
      }
      connection.close();
    });
  });

  Deno.test(`${name}: writes all statements of a batch or none, throws with SQLite's code, and stays usable`, async () => {
    await withFile(async (url) => {
      const connection = await open(url, BUSY_TIMEOUT_MS);
      await connection.batch(["CREATE TABLE t (a TEXT PRIMARY KEY)"], "write");
      const insert = (a: string) => ({ sql: "INSERT INTO t VALUES (?)", args: [a] });
      const fails = (statements: Parameters<typeof connection.batch>[0]) =>
        assert.rejects(async () => await connection.batch(statements, "write"), {
          code: "SQLITE_CONSTRAINT",
          message: /UNIQUE/,
        });
      await fails([insert("a"), insert("a")]);
      await fails([insert("b"), insert("c"), insert("b")]);
      await assert.rejects(async () => await connection.batch(["SELECT nothing"], "read"), {
        code: "SQLITE_ERROR",
      });
      await connection.batch([insert("a")], "write");
      const [all] = await connection.batch(["SELECT a FROM t"], "read");
      assert.deepEqual(all?.rows, [["a"]]);
      connection.close();
    });
  });

  for (const [what, args] of WRONG_ARGS) {
    Deno.test(`${name}: rejects ${what} as an argument, and writes nothing`, async () => {
      await withFile(async (url) => {
        const connection = await open(url, BUSY_TIMEOUT_MS);
        const wrong = { sql: "INSERT INTO t VALUES (?)", args };
        const statements = ["CREATE TABLE t (a)", wrong];
        await assert.rejects(async () => await connection.batch(statements, "write"));
        await connection.batch(["CREATE TABLE t (a)"], "write");
        connection.close();
      });
    });
  }

  Deno.test(`${name}: refuses an integer that a number cannot hold`, async () => {
    await withFile(async (url) => {
      const connection = await open(url, BUSY_TIMEOUT_MS);
      await assert.rejects(
        async () => await connection.batch(["SELECT 9007199254740993"], "read"),
        /too large/,
      );
      connection.close();
    });
  });

  Deno.test(`${name}: reports that a file cannot be opened`, async () => {
    await withFile(async (url) => {
      await assert.rejects(() => open(`${url}/nowhere/a.db`, BUSY_TIMEOUT_MS));
    });
  });

  Deno.test(`${name}: reads columns that another connection has added`, async () => {
    await withFile(async (url) => {
      const [one, other] = [await open(url, BUSY_TIMEOUT_MS), await open(url, BUSY_TIMEOUT_MS)];
      await one.batch(["CREATE TABLE t (a)", "INSERT INTO t VALUES (1)"], "write");
      const read = async () => (await one.batch(["SELECT * FROM t"], "read"))[0];
      assert.deepEqual((await read())?.columns, ["a"]);
      await other.batch(["ALTER TABLE t ADD COLUMN b DEFAULT 2"], "write");
      assert.deepEqual(await read(), { columns: ["a", "b"], rows: [[1, 2]] });
      one.close();
      other.close();
    });
  });
}

Deno.test("openEmbedded: evicts the least recently used prepared statements and still runs them", async () => {
  const connection = await openEmbedded(":memory:", BUSY_TIMEOUT_MS);
  for (let round = 0; round < 2; round++) {
    for (let n = 0; n < MAX_PREPARED + 1; n++) {
      const [result] = connection.batch([`SELECT ${n}`], "read");
      assert.deepEqual(result?.rows, [[n]]);
    }
  }
  connection.close();
});

Deno.test("openEmbedded: rejects calls after it is closed; closing twice is allowed", async () => {
  const connection = await openEmbedded(":memory:", BUSY_TIMEOUT_MS);
  connection.close();
  connection.close();
  assert.throws(() => connection.batch(["SELECT 1"], "read"), /closed/);
});

Deno.test("openInThread: responds to concurrent calls in order, and rejects calls after it is closed", async () => {
  await withFile(async (url) => {
    const connection = await openInThread(url, BUSY_TIMEOUT_MS);
    const calls = Array.from(
      { length: 20 },
      (_, n) => connection.batch([`SELECT ${n}`], "read"),
    );
    const answers = await Promise.all(calls);
    assert.deepEqual(answers.map(([result]) => result?.rows[0]?.[0]), [...answers.keys()]);
    const left = connection.batch(["SELECT 1"], "read");
    connection.close();
    await assert.rejects(left, /closed/);
    await assert.rejects(connection.batch(["SELECT 1"], "read"), /closed/);
  });
});

Deno.test("openDatabase: writes do not block the caller's thread", async () => {
  await withFile(async (url) => {
    const db = await openDatabase({ url });
    const long = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 300000) " +
      "SELECT max(n) AS n FROM n";
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 0);
    const [result] = await db.read([long]);
    clearInterval(ticking);
    assert.equal(result?.rows[0]?.n, 300_000);
    assert.ok(ticks > 3, `${ticks}`);
    db.close();
  });
});
