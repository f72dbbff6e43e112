/** The SQLite of a Durable Object, for the code that runs inside the object. */
import type { InStatement, Value } from "@libsql/client";
import type { BatchMode, RawResult } from "./batch.ts";
import { toParts } from "./embedded.ts";
import type { ObjectAnswer, ObjectCall } from "./object_protocol.ts";
import { ANSWER_TOO_LARGE } from "./unavailable.ts";

/**
 * Max size of the values in an answer, in bytes. The platform's limit is 32 MiB, with the bytes that describe the values.
 */
export const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** A value that the platform's SQLite gives or takes. */
type SqlValue = ArrayBuffer | string | number | null;

/** What this file uses of `ctx.storage` of a Durable Object (developers.cloudflare.com/durable-objects/api/sqlite-storage-api). */
export interface SqlStorage {
  transactionSync<T>(run: () => T): T;
  readonly sql: {
    exec(sql: string, ...args: readonly unknown[]): {
      readonly columnNames: readonly string[];
      readonly rowsWritten: number;
      raw(): Iterable<readonly SqlValue[]>;
    };
  };
}

/** Answers a call from a Worker. Errors of its statements are answers too. */
export function answerCall(storage: SqlStorage, { statements, mode }: ObjectCall): ObjectAnswer {
  try {
    return { kind: "done", results: runInObject(storage, statements, mode) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code = "code" in error ? String(error.code) : undefined;
    return { kind: "failed", message: error.message, code };
  }
}

/**
 * Runs all of the statements or none, in one transaction. The object answers after the commit is durable.
 *
 * @throws an error whose `code` is SQLite's primary result code, where the statements failed, and {@link
 * ANSWER_TOO_LARGE} where their results are larger than {@link MAX_ANSWER_BYTES}
 */
export function runInObject(
  storage: SqlStorage,
  statements: readonly InStatement[],
  mode: BatchMode,
): readonly RawResult[] {
  try {
    return storage.transactionSync(() => {
      const answer = { bytes: 0 };
      const results = statements.map((statement) => run(storage, statement, answer));
      if (mode === "read" && results.some(({ rowsWritten }) => rowsWritten > 0)) {
        throw Object.assign(new Error("a read transaction wrote"), { code: "SQLITE_READONLY" });
      }
      return results.map(({ columns, rows }) => ({ columns, rows }));
    });
  } catch (error) {
    throw withCode(error);
  }
}

/** @param answer the size of all results of the call, which this adds to */
function run(
  { sql }: SqlStorage,
  statement: InStatement,
  answer: { bytes: number },
): RawResult & { readonly rowsWritten: number } {
  const { sql: text, args } = toParts(statement);
  const cursor = sql.exec(text, ...args.map(toSqlite));
  // SQLite runs the statement while its rows are read.
  const rows = Array.from(cursor.raw(), (row) => {
    for (const value of row) answer.bytes += sizeOf(value);
    if (answer.bytes > MAX_ANSWER_BYTES) {
      throw Object.assign(new Error("the answer is too large"), { code: ANSWER_TOO_LARGE });
    }
    return row.map(fromSqlite);
  });
  return { columns: [...cursor.columnNames], rows, rowsWritten: cursor.rowsWritten };
}

/** An upper bound of the bytes that a value takes in an answer. */
function sizeOf(value: SqlValue): number {
  if (typeof value === "string") return 2 * value.length;
  return value instanceof ArrayBuffer ? value.byteLength : 8;
}

/** Converts an argument: the platform takes no `bigint`. @throws RangeError for one that a number cannot hold */
function toSqlite(value: unknown): unknown {
  return typeof value === "bigint" ? toNumber(Number(value)) : value;
}

/** Checks a value: the platform rounds integers that a number cannot hold exactly. @throws RangeError for these */
function fromSqlite(value: SqlValue): Value {
  return typeof value === "number" ? toNumber(value) : value;
}

function toNumber(value: number): number {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new RangeError("an integer is too large for a number");
  }
  return value;
}

/**
 * Returns the error with SQLite's code as its `code`. The platform puts the code into the message, as in
 * `UNIQUE constraint failed: t.id: SQLITE_CONSTRAINT`. Its other errors of a statement, such as a wrong number of
 * arguments, have no code: they get `SQL_ERROR`.
 */
function withCode(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof RangeError || "code" in error) return error;
  const [code = "SQL_ERROR"] = /\bSQLITE_[A-Z]+/.exec(error.message) ?? [];
  return Object.assign(new Error(error.message), { code });
}
