/**
 * The SQL of a copy (a migration that copies large tables while the version before serves): its own tables, the
 * triggers that note changes, and the sources of keys. "A table before" is a table as the version before has it.
 * `cut_over_statements.ts` has the end of a copy.
 */
import type { InStatement, Value } from "@libsql/client";
import type { Row } from "../../connection/database.ts";
import { integer } from "../../connection/row.ts";
import type { CopyMigration, KeyColumns, KeySource, TableCopy } from "./table_copy.ts";

/** How many rows a step copies: a transaction of so many rows lasts about a tenth of a second. */
export const STEP_ROWS = 1_000;

/** How many noted changes a step takes: a message that is sent is changed about eight times, so that these are fewer rows. */
const STEP_CHANGES = 5_000;

const KEY_NAMES = ["k1", "k2", "k3"] as const;
/** The columns of a cursor that say up to where changes are noted. */
const NOTED_NAMES = ["n1", "n2", "n3"] as const;
/** The operations that triggers note or refuse, each with the names of the rows that its triggers see. */
export const OPERATIONS = [
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
    n1,
    n2,
    n3,
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

/** Selects a row when a copy is under way, or its tables before are still to be erased. */
export const HAS_COPY = "SELECT 1 AS found FROM sqlite_master WHERE name = 'copy_state'";

/**
 * The statements that begin a copy: they create the new tables, and note changes of the tables before from now on. To
 * be run in one transaction.
 *
 * @param owner names this process; see {@link fence}
 */
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

/**
 * The statement by which this process (`owner`) continues a copy that another process had begun. That process fails
 * at its next step, by {@link fence}.
 */
export function takeOver(owner: string): InStatement {
  return { sql: "UPDATE copy_state SET owner = ?", args: [owner] };
}

/** A statement that fails its transaction unless this process (`owner`) still has the copy. Every step has it. */
export function fence(owner: string): InStatement {
  return { sql: "UPDATE copy_state SET owner = iif(owner = ?1, owner, NULL)", args: [owner] };
}

/** Whether an error is that of {@link fence}: another process has taken the copy over. */
export function isFenceError(error: unknown): boolean {
  return error instanceof Error && error.message.includes("copy_state.owner");
}

/**
 * The triggers that note the keys of rows that are written, of those up to `n1` to `n3` of the cursor: rows behind are
 * still to be copied. An update that changes a key notes both.
 */
function watch(copy: TableCopy): readonly string[] {
  const tables = [{ table: copy.from, key: copy.key }, ...copy.parts ?? []];
  return tables.flatMap(({ table, key }) =>
    OPERATIONS.map(({ name, rows }) => {
      const isCopied = rows.map((row) =>
        `(${keyList(key, `${row}.`)}) <= (${NOTED_NAMES.slice(0, key.length).join(", ")})`
      );
      const notes = rows.map((row) =>
        `INSERT INTO copy_changes (copied, k1, k2, k3)
          SELECT '${copy.from}', ${keyValues(row, key)}${
          row === "OLD" && rows.length > 1
            ? ` WHERE (${keyList(key, "OLD.")}) <> (${keyList(key, "NEW.")})`
            : ""
        };`
      );
      return `CREATE TRIGGER ${watchName(copy.from, table, name)} AFTER ${name} ON ${table}
      WHEN (SELECT is_done OR ${isCopied.join(" OR ")} FROM copy_cursors
        WHERE copied = '${copy.from}')
      BEGIN
        ${notes.join("\n        ")}
      END`;
    })
  );
}

/** The name of the trigger that notes an operation on a table; `from` is the table that is copied with it. */
export function watchName(from: string, table: string, operation: string): string {
  return `copy_${from}_${table}_${operation}`;
}

function keyValues(row: string, key: KeyColumns): string {
  return KEY_NAMES.map((_, at) => key[at] === undefined ? "NULL" : `${row}.${key[at]}`).join(", ");
}

function keyList(key: KeyColumns, prefix = ""): string {
  return key.map((column) => `${prefix}${column}`).join(", ");
}

/** The names `k1`, `k2` and `k3` of the columns of a key in the copy's tables: as many as the key has columns. */
export function keyNames(key: KeyColumns): readonly string[] {
  return KEY_NAMES.slice(0, key.length);
}

/**
 * The key of the row up to which a table was copied, in the order of its columns; `undefined` before the first row.
 */
export type Cursor = readonly Value[] | undefined;

/**
 * Where the copy of a table stands. `rows` counts those that were copied; `isDone` is `true` when no row is left.
 */
export interface CopyPosition {
  /** The last row that was copied. */
  readonly copied: Cursor;
  /** The last row whose changes are noted: the same, or that of the step that is being copied. */
  readonly noted: Cursor;
  readonly rows: number;
  readonly isDone: boolean;
}

/** Selects where the copy of a table stands, for {@link readPosition}. */
export function selectPosition({ from }: TableCopy): InStatement {
  return { sql: "SELECT * FROM copy_cursors WHERE copied = ?", args: [from] };
}

/** Reads the row of {@link selectPosition}. */
export function readPosition({ key }: TableCopy, row: Row): CopyPosition {
  const cursor = (names: readonly string[]): Cursor =>
    row[names[0] ?? ""] === null
      ? undefined
      : names.slice(0, key.length).map((name) => row[name] ?? null);
  return {
    copied: cursor(KEY_NAMES),
    noted: cursor(NOTED_NAMES),
    rows: integer(row, "rows"),
    isDone: integer(row, "is_done") === 1,
  };
}

/**
 * SQL that selects the keys of the next step of a table, {@link STEP_ROWS} at most: those behind a row, in their
 * order.
 */
export function nextKeys(copy: TableCopy, behind: Cursor): KeySource {
  return `(${selectKeys(copy, behind, undefined)} LIMIT ${STEP_ROWS})`;
}

/** SQL that selects the keys behind a row up to another one, in their order. `undefined` sets no bound. */
export function keysBetween(copy: TableCopy, behind: Cursor, upTo: Cursor): KeySource {
  return `(${selectKeys(copy, behind, upTo)})`;
}

function selectKeys({ from, key }: TableCopy, behind: Cursor, upTo: Cursor): string {
  const columns = key.map((column, at) => `${column} AS ${KEY_NAMES[at]}`).join(", ");
  // As literals, which have no affinity of their own: SQLite then seeks in the primary key.
  const bounds = [
    ...behind === undefined ? [] : [`(${keyList(key)}) > (${behind.map(toLiteral).join(", ")})`],
    ...upTo === undefined ? [] : [`(${keyList(key)}) <= (${upTo.map(toLiteral).join(", ")})`],
  ];
  const where = bounds.length === 0 ? "" : `WHERE ${bounds.join(" AND ")}`;
  return `SELECT ${columns} FROM ${from} ${where} ORDER BY ${keyList(key)}`;
}

function toLiteral(value: Value): string {
  if (value instanceof ArrayBuffer) return `x'${new Uint8Array(value).toHex()}'`;
  return typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value);
}

/** The last of some keys, as `l`, joined to one row: without keys its columns are `NULL`. */
function lastOf({ key }: TableCopy, keys: KeySource): string {
  const names = keyNames(key);
  return `LEFT JOIN (SELECT ${names.join(", ")} FROM ${keys}
    ORDER BY ${names.map((name) => `${name} DESC`).join(", ")} LIMIT 1) AS l`;
}

/** Moves a table's cursor behind the keys of {@link nextKeys}, in the transaction that reads and writes their rows. */
export function advance(copy: TableCopy, keys: KeySource): string {
  const names = keyNames(copy.key);
  const noted = NOTED_NAMES.slice(0, names.length);
  const last = names.map((name) => `coalesce(l.${name}, copy_cursors.${name})`).join(", ");
  return `UPDATE copy_cursors SET (${[...names, ...noted].join(", ")}, rows, is_done) = (
      SELECT ${last}, ${last}, copy_cursors.rows + s.step, s.step < ${STEP_ROWS}
      FROM (SELECT count(*) AS step FROM ${keys}) AS s ${lastOf(copy, keys)})
    WHERE copied = '${copy.from}'`;
}

/**
 * Begins to note the changes of the keys of {@link nextKeys}, whose rows are read after this transaction. Without such keys
 * the table is done.
 */
export function reserve(copy: TableCopy, keys: KeySource): string {
  const noted = NOTED_NAMES.slice(0, copy.key.length);
  const last = noted.map((name, at) => `coalesce(l.${KEY_NAMES[at]}, copy_cursors.${name})`);
  return `UPDATE copy_cursors SET (${noted.join(", ")}, is_done) = (
      SELECT ${last.join(", ")}, l.k1 IS NULL FROM (SELECT 1) ${lastOf(copy, keys)})
    WHERE copied = '${copy.from}'`;
}

/** Moves a table's cursor to a row, in the transaction that writes the rows up to it. */
export function advanceTo({ from, key }: TableCopy, last: Cursor, rows: number): string {
  const names = keyNames(key).map((name, at) => `${name} = ${toLiteral(last?.[at] ?? null)}`);
  return `UPDATE copy_cursors SET ${
    names.join(", ")
  }, rows = rows + ${rows} WHERE copied = '${from}'`;
}

/** SQL that selects the keys of a table whose rows have changed, by the changes up to a number. */
export function changedKeys({ from, key }: TableCopy, upTo: number): KeySource {
  return `(SELECT DISTINCT ${keyNames(key).join(", ")} FROM copy_changes
    WHERE copied = '${from}' AND number <= ${upTo})`;
}

/** Deletes the noted changes of a table up to a number, in the transaction that copied their rows. */
export function forgetChanges({ from }: TableCopy, upTo: number): InStatement {
  return { sql: "DELETE FROM copy_changes WHERE copied = ? AND number <= ?", args: [from, upTo] };
}

/** The number of the last change that was noted; `NULL` without any. */
export const LAST_CHANGE = "SELECT max(number) AS last FROM copy_changes";

/**
 * Selects for each table that has noted changes how many there are, and the number of the last one that a step takes.
 */
export const SELECT_CHANGES = `SELECT copied, count(*) AS changes,
    (SELECT max(number) FROM (SELECT number FROM copy_changes AS c
      WHERE c.copied = copy_changes.copied ORDER BY number LIMIT ${STEP_CHANGES})) AS up_to
  FROM copy_changes GROUP BY copied`;
