/** The SQL of the copy: its own tables, the triggers that note changes, and the sources of keys. */
import type { InStatement, Value } from "@libsql/client";
import type { Row } from "../../connection/database.ts";
import type { CopyMigration, KeyColumns, KeySource, TableCopy } from "./table_copy.ts";

/** How many rows a step copies: a transaction of so many rows lasts about a tenth of a second. */
export const STEP_ROWS = 1_000;

/** How many noted changes a step takes: a message that is sent is changed about eight times, so that these are fewer rows. */
const STEP_CHANGES = 5_000;

/** The name that a table before gets at the cut-over, until it is dropped. */
export function nameBefore(table: string): string {
  return `before_${table}`;
}

/** The error of a write to a table before, from the last moment before the cut-over on. */
const CLOSED = "the database is being migrated: start the new version";

const KEY_NAMES = ["k1", "k2", "k3"] as const;
const OPERATIONS = [
  { name: "insert", rows: ["NEW"] },
  { name: "update", rows: ["OLD", "NEW"] },
  { name: "delete", rows: ["OLD"] },
] as const;

/** The tables of a copy under way. `copy_state` has one row; `copy_cursors` one a table; `copy_changes` the changed keys. */
const CREATE_STATE = [
  `CREATE TABLE copy_state (
    migration TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    is_closed INTEGER NOT NULL
  ) WITHOUT ROWID`,
  `CREATE TABLE copy_cursors (
    copied TEXT NOT NULL PRIMARY KEY,
    k1,
    k2,
    k3,
    rows INTEGER NOT NULL,
    is_done INTEGER NOT NULL
  ) WITHOUT ROWID`,
  // A number is used again when every row was deleted only, when no step holds one any more.
  `CREATE TABLE copy_changes (
    number INTEGER PRIMARY KEY,
    copied TEXT NOT NULL,
    k1,
    k2,
    k3
  )`,
  `CREATE INDEX copy_changes_by_table ON copy_changes (copied, number)`,
];

/** Whether a copy is under way, or its tables before are still to be erased. */
export const HAS_COPY = "SELECT 1 AS found FROM sqlite_master WHERE name = 'copy_state'";

/** Begins a copy: creates the new tables and notes changes from now on. One transaction. */
export function beginCopy(migration: CopyMigration, owner: string): readonly InStatement[] {
  return [
    ...CREATE_STATE,
    {
      sql: "INSERT INTO copy_state (migration, owner, is_closed) VALUES (?, ?, 0)",
      args: [migration.name, owner],
    },
    ...migration.copies.map(({ from }) => ({
      sql: "INSERT INTO copy_cursors (copied, rows, is_done) VALUES (?, 0, 0)",
      args: [from],
    })),
    ...migration.create,
    ...migration.copies.flatMap(watch),
  ];
}

/** Takes a copy under way over. Another process that had it fails at its next step. */
export function takeOver(owner: string): InStatement {
  return { sql: "UPDATE copy_state SET owner = ?", args: [owner] };
}

/** Fails the transaction unless this process still has the copy. */
export function fence(owner: string): InStatement {
  return { sql: "UPDATE copy_state SET owner = iif(owner = ?1, owner, NULL)", args: [owner] };
}

/** Whether an error is that of {@link fence}. */
export function isFenceError(error: unknown): boolean {
  return error instanceof Error && error.message.includes("copy_state.owner");
}

/** The triggers that note the key of every row that is written. An update of a key notes both. */
function watch(copy: TableCopy): readonly string[] {
  const tables = [{ table: copy.from, key: copy.key }, ...copy.parts ?? []];
  return tables.flatMap(({ table, key }) =>
    OPERATIONS.map(({ name, rows }) => {
      const values = rows.map((row) => `('${copy.from}', ${keyValues(row, key)})`);
      return `CREATE TRIGGER ${watchName(copy.from, table, name)} AFTER ${name} ON ${table} BEGIN
        INSERT INTO copy_changes (copied, k1, k2, k3) VALUES ${[...new Set(values)].join(", ")};
      END`;
    })
  );
}

function watchName(from: string, table: string, operation: string): string {
  return `copy_${from}_${table}_${operation}`;
}

function keyValues(row: string, key: KeyColumns): string {
  return KEY_NAMES.map((_, at) => key[at] === undefined ? "NULL" : `${row}.${key[at]}`).join(", ");
}

/** `k1, k2, k3`, as far as the key has columns. */
export function keyNames(key: KeyColumns): readonly string[] {
  return KEY_NAMES.slice(0, key.length);
}

/** The key of the last row that was copied; `undefined` before the first step. */
export type Cursor = readonly Value[] | undefined;

/** The keys of the next step of a table: those behind its cursor, in their order. */
export function nextKeys({ from, key }: TableCopy, cursor: Cursor): KeySource {
  const names = keyNames(key);
  const columns = key.map((column, at) => `${column} AS ${names[at]}`).join(", ");
  // As literals, which have no affinity of their own: SQLite then seeks in the primary key.
  const behind = cursor === undefined
    ? ""
    : `WHERE (${key.join(", ")}) > (${cursor.map(toLiteral).join(", ")})`;
  return `(SELECT ${columns} FROM ${from} ${behind}
    ORDER BY ${key.join(", ")} LIMIT ${STEP_ROWS})`;
}

/** The cursor in a row of {@link selectCursor}. */
export function readCursor({ key }: TableCopy, row: Row): Cursor {
  return row["k1"] === null ? undefined : keyNames(key).map((name) => row[name] ?? null);
}

function toLiteral(value: Value): string {
  if (value instanceof ArrayBuffer) return `x'${new Uint8Array(value).toHex()}'`;
  return typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value);
}

/** Moves the cursor behind the keys of {@link nextKeys}, in the transaction that copied them. */
export function advance({ from, key }: TableCopy, keys: KeySource): string {
  const names = keyNames(key);
  const newest = `(SELECT ${names.join(", ")} FROM ${keys}
    ORDER BY ${names.map((name) => `${name} DESC`).join(", ")} LIMIT 1)`;
  return `UPDATE copy_cursors SET (${names.join(", ")}, rows, is_done) = (
      SELECT ${names.map((name) => `coalesce(l.${name}, copy_cursors.${name})`).join(", ")},
        copy_cursors.rows + s.step, s.step < ${STEP_ROWS}
      FROM (SELECT count(*) AS step FROM ${keys}) AS s LEFT JOIN ${newest} AS l)
    WHERE copied = '${from}'`;
}

/** As {@link advance}, with the last key that was read and the number of rows. */
export function advanceTo(
  { from }: TableCopy,
  last: Cursor,
  rows: number,
): InStatement {
  const [k1 = null, k2 = null, k3 = null] = last ?? [];
  return {
    sql: `UPDATE copy_cursors SET k1 = coalesce(?, k1), k2 = coalesce(?, k2),
        k3 = coalesce(?, k3), rows = rows + ?, is_done = ?
      WHERE copied = ?`,
    args: [k1, k2, k3, rows, rows < STEP_ROWS ? 1 : 0, from],
  };
}

/** The cursor of a table, as {@link nextKeys} takes it, and how many rows were copied. */
export function selectCursor({ from }: TableCopy): InStatement {
  return {
    sql: "SELECT k1, k2, k3, rows, is_done FROM copy_cursors WHERE copied = ?",
    args: [from],
  };
}

/** The changed keys of a table up to a number. */
export function changedKeys({ from, key }: TableCopy, upTo: number): KeySource {
  return `(SELECT DISTINCT ${keyNames(key).join(", ")} FROM copy_changes
    WHERE copied = '${from}' AND number <= ${upTo})`;
}

/** Forgets the changed keys of a table up to a number, in the transaction that copied them. */
export function forgetChanges({ from }: TableCopy, upTo: number): InStatement {
  return { sql: "DELETE FROM copy_changes WHERE copied = ? AND number <= ?", args: [from, upTo] };
}

/** The number of the last change that was noted; `NULL` without any. */
export const LAST_CHANGE = "SELECT max(number) AS last FROM copy_changes";

/** How many changes of each table are noted, and the number of the last one that a step takes. */
export const SELECT_CHANGES = `SELECT copied, count(*) AS changes,
    (SELECT max(number) FROM (SELECT number FROM copy_changes AS c
      WHERE c.copied = copy_changes.copied ORDER BY number LIMIT ${STEP_CHANGES})) AS up_to
  FROM copy_changes GROUP BY copied`;

/** Refuses every write to the tables before, so that the last changes can be copied. One transaction. */
export function close(migration: CopyMigration): readonly string[] {
  return [
    ...migration.replaced.flatMap((table) =>
      OPERATIONS.map(({ name }) =>
        `CREATE TRIGGER ${closeName(table, name)} BEFORE ${name} ON ${table} BEGIN
          SELECT RAISE(ABORT, '${CLOSED}');
        END`
      )
    ),
    "UPDATE copy_state SET is_closed = 1",
  ];
}

/** Lets the version before write again, when the cut-over failed. */
export function reopen(migration: CopyMigration): readonly string[] {
  return [
    ...migration.replaced.flatMap((table) =>
      OPERATIONS.map(({ name }) => `DROP TRIGGER IF EXISTS ${closeName(table, name)}`)
    ),
    "UPDATE copy_state SET is_closed = 0",
  ];
}

function closeName(table: string, operation: string): string {
  return `copy_closed_${table}_${operation}`;
}

/** Fails the transaction when a change is noted that was not copied. */
const REQUIRE_ALL_COPIED = `UPDATE copy_state SET is_closed = iif(
  EXISTS (SELECT 1 FROM copy_changes) OR EXISTS (SELECT 1 FROM copy_cursors WHERE is_done = 0),
  NULL, 1)`;

/** Puts the new tables in the place of those before. One transaction. */
export function cutOver(migration: CopyMigration): readonly string[] {
  return [
    REQUIRE_ALL_COPIED,
    ...dropTriggers(migration),
    ...migration.convert,
    ...migration.replaced.map((table) => `ALTER TABLE ${table} RENAME TO ${nameBefore(table)}`),
    ...migration.finish,
  ];
}

/** All that {@link beginCopy} and {@link close} put on the tables before, and their own triggers. */
function dropTriggers({ copies, replaced, droppedTriggers }: CopyMigration): readonly string[] {
  const watching = copies.flatMap(({ from, key, parts = [] }) =>
    [{ table: from, key }, ...parts].flatMap(({ table }) =>
      OPERATIONS.map(({ name }) => watchName(from, table, name))
    )
  );
  const closing = replaced.flatMap((table) => OPERATIONS.map(({ name }) => closeName(table, name)));
  return [...watching, ...closing, ...droppedTriggers].map((name) =>
    `DROP TRIGGER IF EXISTS ${name}`
  );
}

/** Creates the new tables and drops those before, in a database whose tables are empty. */
export function replaceEmpty(migration: CopyMigration): readonly string[] {
  return [
    ...migration.create,
    ...migration.convert,
    ...migration.droppedTriggers.map((name) => `DROP TRIGGER IF EXISTS ${name}`),
    ...migration.replaced.map((table) => `DROP TABLE ${table}`),
    ...migration.finish,
  ];
}

/** Ends a copy whose tables before are dropped. */
export const END_COPY = [
  "DROP TABLE IF EXISTS copy_changes",
  "DROP TABLE IF EXISTS copy_cursors",
  "DROP TABLE IF EXISTS copy_state",
];
