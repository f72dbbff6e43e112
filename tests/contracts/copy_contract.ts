import assert from "node:assert/strict";
import { createEncryption } from "../../adapters/crypto/envelope_encryption.ts";
import type { Database } from "../../adapters/libsql/connection/database.ts";
import { integer, rowsOf, text } from "../../adapters/libsql/connection/row.ts";
import { STEP_ROWS } from "../../adapters/libsql/schema/copy/copy_statements.ts";
import { copyTables } from "../../adapters/libsql/schema/copy/copy_tables.ts";
import { eraseReplaced } from "../../adapters/libsql/schema/copy/erase.ts";
import type { CopyMigration } from "../../adapters/libsql/schema/copy/table_copy.ts";
import { MASTER_KEY } from "../support/application.ts";
import type { Backend } from "./backends.ts";

/** A step and a short one. */
const LETTERS = STEP_ROWS + 100;
/** In how many runs of a copy that is killed again and again the version before goes on writing. */
const RUNS_WITH_WRITES = 8;

/** Letters with stamps, boxes whose key is three columns with a blob, and a table that is converted as a whole. */
const BEFORE = [
  `CREATE TABLE offices (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID`,
  `CREATE TABLE letters (
    office TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (office, id))`,
  `CREATE TABLE stamps (
    office TEXT NOT NULL, letter TEXT NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (office, letter, number)) WITHOUT ROWID`,
  `CREATE TABLE boxes (
    office TEXT NOT NULL, owner BLOB NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL,
    PRIMARY KEY (office, owner, number)) WITHOUT ROWID`,
];

const MIGRATION: CopyMigration = {
  name: "post",
  requireReadable: () => Promise.resolve(),
  create: [
    `CREATE TABLE post_offices (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID`,
    `CREATE TABLE post_letters (
      office TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, stamps TEXT NOT NULL,
      PRIMARY KEY (office, id)) WITHOUT ROWID`,
    `CREATE TABLE new_boxes (
      office TEXT NOT NULL, owner TEXT NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL,
      PRIMARY KEY (office, owner, number)) WITHOUT ROWID`,
  ],
  copies: [
    {
      from: "letters",
      key: ["office", "id"],
      parts: [{ table: "stamps", key: ["office", "letter"] }],
      rows: {
        kind: "rows",
        read: (keys) => [
          `SELECT k.k1, k.k2, l.body FROM ${keys} AS k
            JOIN letters AS l ON l.office = k.k1 AND l.id = k.k2 ORDER BY k.k1, k.k2`,
          `SELECT s.letter, s.number FROM ${keys} AS k
            JOIN stamps AS s ON s.office = k.k1 AND s.letter = k.k2 ORDER BY s.number`,
        ],
        write([letters = [], stamps = []]) {
          const stampsOf = Map.groupBy(stamps, (row) => text(row, "letter"));
          const rows = letters.map((row) => ({
            office: text(row, "k1"),
            id: text(row, "k2"),
            body: text(row, "body").toUpperCase(),
            stamps: (stampsOf.get(text(row, "k2")) ?? []).map((stamp) => stamp["number"]).join(),
          }));
          return Promise.resolve([{
            sql: `INSERT OR REPLACE INTO post_letters (office, id, body, stamps)
              SELECT value->>'office', value->>'id', value->>'body', value->>'stamps'
              FROM json_each(?)`,
            args: [JSON.stringify(rows)],
          }]);
        },
      },
      remove: (keys) => [
        `DELETE FROM post_letters WHERE (office, id) IN (SELECT k1, k2 FROM ${keys})`,
      ],
    },
    {
      from: "boxes",
      key: ["office", "owner", "number"],
      rows: {
        kind: "sql",
        write: (keys) => [
          `INSERT OR REPLACE INTO new_boxes (office, owner, number, size)
            SELECT b.office, hex(b.owner), b.number, b.size FROM ${keys} AS k
            JOIN boxes AS b ON b.office = k.k1 AND b.owner = k.k2 AND b.number = k.k3`,
        ],
      },
      remove: (keys) => [
        `DELETE FROM new_boxes WHERE (office, owner, number) IN (
          SELECT k1, hex(k2), k3 FROM ${keys})`,
      ],
    },
  ],
  convert: ["INSERT INTO post_offices SELECT id, upper(name) FROM offices"],
  replaced: ["offices", "letters", "stamps", "boxes"],
  droppedTriggers: [],
  finish: ["ALTER TABLE new_boxes RENAME TO boxes"],
};

const TAKEN = ["CREATE TABLE taken (number INTEGER)"];

async function fill(db: Database): Promise<void> {
  const numbers = `WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n LIMIT ?)`;
  await db.write([
    ...BEFORE,
    "INSERT INTO offices VALUES ('a', 'north'), ('b', 'south')",
    {
      sql: `${numbers} INSERT INTO letters
        SELECT iif(n % 2 = 0, 'a', 'b'), printf('%06d', n), 'dear ' || n FROM n`,
      args: [LETTERS],
    },
    {
      sql: `${numbers} INSERT INTO stamps
        SELECT iif(n % 2 = 0, 'a', 'b'), printf('%06d', n), s.value FROM n, json_each('[1,2]') AS s`,
      args: [LETTERS],
    },
    {
      sql: `${numbers} INSERT INTO boxes
        SELECT 'a', CAST(printf('%04d', n / 3) AS BLOB), n % 3, n FROM n`,
      args: [STEP_ROWS],
    },
  ]);
}

/** What the tables before hold, in the new form. */
async function expectedOf(db: Database): Promise<unknown> {
  const results = await db.read([
    `SELECT office, id, upper(body) AS body, coalesce((SELECT group_concat(number) FROM stamps AS s
      WHERE s.office = l.office AND s.letter = l.id), '') AS stamps
      FROM letters AS l ORDER BY office, id`,
    "SELECT office, hex(owner) AS owner, number, size FROM boxes ORDER BY 1, 2, 3",
    "SELECT id, upper(name) AS name FROM offices ORDER BY id",
  ]);
  return results.map(({ rows }) => rows.map((row) => ({ ...row })));
}

async function foundIn(db: Database): Promise<unknown> {
  const results = await db.read([
    "SELECT office, id, body, stamps FROM post_letters ORDER BY office, id",
    "SELECT office, owner, number, size FROM boxes ORDER BY 1, 2, 3",
    "SELECT id, name FROM post_offices ORDER BY id",
  ]);
  return results.map(({ rows }) => rows.map((row) => ({ ...row })));
}

/** What a process of the version before does between two steps: it writes, changes and deletes rows of every table. */
function changesAt(step: number): readonly string[] {
  const id = (n: number) => `'${String(n).padStart(6, "0")}'`;
  return [
    `INSERT INTO letters VALUES ('a', ${id(900_000 + step)}, 'new ${step}')`,
    `INSERT INTO letters VALUES ('a', 'first ${step}', 'new ${step}')`,
    `INSERT INTO stamps VALUES ('a', ${id(900_000 + step)}, 7), ('a', ${id(2 * step)}, 9)`,
    `UPDATE letters SET body = 'changed ${step}' WHERE id = ${id(3 + 2 * step)}`,
    `UPDATE letters SET id = 'moved ${step}' WHERE id = ${id(501 + 2 * step)}`,
    `DELETE FROM letters WHERE id = ${id(100 + 2 * step)}`,
    `DELETE FROM stamps WHERE letter = ${id(100 + 2 * step)}`,
    `UPDATE boxes SET size = -1 WHERE size = ${step}`,
    `DELETE FROM boxes WHERE size = ${200 + step}`,
    `INSERT INTO boxes VALUES ('b', x'00ff', ${step}, 1)`,
  ];
}

/** A database whose writes are followed by `after`, with the number of the write. */
function watched(db: Database, after: (write: number) => Promise<void>): Database {
  let writes = 0;
  return {
    ...db,
    async write(statements) {
      const results = await db.write(statements);
      await after(++writes);
      return results;
    },
  };
}

/** The contract of a copy. */
export function copyContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`copyTables: ${name} (${backend.name})`, run);
  const options = async () => ({
    encryption: await createEncryption([Uint8Array.fromBase64(MASTER_KEY)]),
  });
  /** Writes as the version before, and returns what the new tables must hold; `undefined` when it is refused. */
  async function writeBefore(db: Database, step: number): Promise<boolean> {
    try {
      await db.write(changesAt(step));
      return true;
    } catch (error) {
      assert.match(String(error), /is being migrated|no such table|no such column/);
      return false;
    }
  }

  test("rows that are written, changed and deleted meanwhile arrive as they are at the end", async () => {
    await using database = await backend.open();
    const { db } = database;
    await fill(db);
    let expected: unknown;
    let accepted = 0;
    const copying = watched(db, async (write) => {
      if (await writeBefore(db, write)) accepted++;
      // The tables before are closed, and still there.
      else expected ??= await expectedOf(db);
    });
    await copyTables(copying, MIGRATION, TAKEN, await options());
    assert.ok(accepted >= 5, `${accepted} writes of the version before`);
    assert.deepEqual(await foundIn(db), expected);
    assert.equal(await writeBefore(db, 500), false, "nothing is written afterwards");
    assert.deepEqual(await foundIn(db), expected);
    await eraseReplaced(db, [MIGRATION]);
    const tables = await db.read([
      "SELECT name FROM sqlite_master WHERE type IN ('table', 'trigger') ORDER BY name",
    ]);
    const names = rowsOf(tables, 0).map((row) => text(row, "name"));
    assert.deepEqual(names.filter((name) => !name.startsWith("sqlite_")), [
      "boxes",
      "post_letters",
      "post_offices",
      "taken",
    ]);
  });

  test("a copy that ends after any of its transactions is resumed where it stood", async () => {
    await using database = await backend.open();
    const { db } = database;
    await fill(db);
    let expected: unknown;
    const killed = new Error("killed");
    let runs = 0;
    for (let isOver = false; !isOver; runs++) {
      let isDead = false;
      const dying: Database = {
        ...watched(db, async (write) => {
          if (runs < RUNS_WITH_WRITES) await writeBefore(db, 10 * runs + write);
          else expected ??= await expectedOf(db);
          // The first write of a later run takes the copy over.
          isDead = write >= (runs === 0 ? 1 : 2);
          if (isDead) throw killed;
        }),
        read: (statements) => isDead ? Promise.reject(killed) : db.read(statements),
      };
      const write = dying.write;
      const dead: Database = {
        ...dying,
        write: (statements) => isDead ? Promise.reject(killed) : write(statements),
      };
      try {
        await copyTables(dead, MIGRATION, TAKEN, await options());
      } catch (error) {
        assert.equal(error, killed);
      }
      const taken = await db.read(["SELECT 1 FROM sqlite_master WHERE name = 'taken'"]);
      isOver = rowsOf(taken, 0).length > 0;
      assert.ok(runs < 50, "it comes to an end");
    }
    assert.ok(runs >= RUNS_WITH_WRITES, `${runs} runs`);
    assert.deepEqual(await foundIn(db), expected);
  });

  test("a second copy continues the first, which fails at its next step", async () => {
    await using database = await backend.open();
    const { db } = database;
    await fill(db);
    const expected = await expectedOf(db);
    let other: Promise<void> | undefined;
    const copying = watched(db, async (write) => {
      if (write !== 2) return;
      other = copyTables(db, MIGRATION, TAKEN, await options());
      await other;
    });
    await assert.rejects(
      copyTables(copying, MIGRATION, TAKEN, await options()),
      /another run of the migration has taken over|copy_state/,
    );
    await other;
    assert.deepEqual(await foundIn(db), expected);
  });

  test("a cut-over that fails lets the version before write again", async () => {
    await using database = await backend.open();
    const { db } = database;
    await fill(db);
    const failing = {
      ...MIGRATION,
      convert: ["INSERT INTO post_offices SELECT id, NULL FROM offices"],
    };
    await assert.rejects(copyTables(db, failing, TAKEN, await options()), /NOT NULL/);
    assert.equal(await writeBefore(db, 1), true);
    const expected = await expectedOf(db);
    await copyTables(db, MIGRATION, TAKEN, await options());
    assert.deepEqual(await foundIn(db), expected);
  });

  test("notes no change of a row that is still to be copied", async () => {
    await using database = await backend.open();
    const { db } = database;
    await fill(db);
    const noted: number[] = [];
    const copying = watched(db, async (write) => {
      if (write > 2) return;
      await db.write(["UPDATE letters SET body = 'changed' WHERE id IN ('000000', '001099')"]);
      const found = await db.read(["SELECT count(*) AS n FROM copy_changes"]);
      noted.push(integer(rowsOf(found, 0)[0] ?? {}, "n"));
    });
    await copyTables(copying, MIGRATION, TAKEN, await options());
    // The second transaction began the first step, of which one of the letters is.
    assert.deepEqual(noted, [0, 1]);
  });

  test("a step is repeated when another process has locked the database", async () => {
    await using database = await backend.open();
    const { db } = database;
    await fill(db);
    const expected = await expectedOf(db);
    const locked = new Set([2, 4, 6]);
    const copying = watched(db, (write) => {
      // The step was committed, and its result lost.
      if (!locked.has(write)) return Promise.resolve();
      return Promise.reject(Object.assign(new Error("locked"), { code: "SQLITE_BUSY" }));
    });
    await copyTables(copying, MIGRATION, TAKEN, { ...await options(), retryMs: 1 });
    assert.deepEqual(await foundIn(db), expected);
  });

  test("each step seeks its rows in the primary key", async () => {
    await using database = await backend.open();
    const { db } = database;
    await fill(db);
    const seen: string[] = [];
    const explaining: Database = {
      ...db,
      async read(statements) {
        for (const statement of statements) {
          // The first step has no cursor, and reads from the beginning.
          if (typeof statement !== "string" || !statement.includes(") > (")) continue;
          const plan = await db.read([`EXPLAIN QUERY PLAN ${statement}`]);
          seen.push(...rowsOf(plan, 0).map((row) => text(row, "detail")));
        }
        return await db.read(statements);
      },
    };
    await copyTables(explaining, MIGRATION, TAKEN, await options());
    assert.ok(seen.some((line) => /SEARCH letters USING .*\(office,id\)>\(\?,\?\)/.test(line)));
    assert.deepEqual(seen.filter((line) => /^SCAN (?:letters|boxes|stamps)/.test(line)), []);
    const counted = await db.read(["SELECT count(*) AS n FROM post_letters"]);
    assert.equal(integer(rowsOf(counted, 0)[0] ?? {}, "n"), LETTERS);
  });
}
