/** The SQLite of a Durable Object, as the code that runs inside of the object sees it. */
import type { InStatement, Value } from "@libsql/client";
import type { BatchMode, RawResult } from "./batch.ts";
import { toParts } from "./embedded.ts";
import type { ObjectAnswer, ObjectCall } from "./object_protocol.ts";

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
 * @throws an error whose `code` is SQLite's primary result code, where the statements failed
 */
export function runInObject(
  storage: SqlStorage,
  statements: readonly InStatement[],
  mode: BatchMode,
): readonly RawResult[] {
  try {
    return storage.transactionSync(() => {
      const results = statements.map((statement) => run(storage, statement));
      if (mode === "read" && results.some(({ rowsWritten }) => rowsWritten > 0)) {
        throw Object.assign(new Error("a read transaction wrote"), { code: "SQLITE_READONLY" });
      }
      return results.map(({ columns, rows }) => ({ columns, rows }));
    });
  } catch (error) {
    throw withCode(error);
  }
}

function run(
  { sql }: SqlStorage,
  statement: InStatement,
): RawResult & { readonly rowsWritten: number } {
  const { sql: text, args } = toParts(statement);
  const cursor = sql.exec(text, ...args.map(toSqlite));
  // The statement runs while its rows are read.
  const rows = Array.from(cursor.raw(), (row) => row.map(fromSqlite));
  return { columns: [...cursor.columnNames], rows, rowsWritten: cursor.rowsWritten };
}

/** The platform takes no `bigint`. */
function toSqlite(value: unknown): unknown {
  return typeof value === "bigint" ? toNumber(Number(value)) : value;
}

/** The platform gives each integer as a number, also one that a number cannot hold exactly. */
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
 * The platform puts SQLite's code into the message, as in `UNIQUE constraint failed: t.id: SQLITE_CONSTRAINT`. Its other
 * errors of a statement have none, such as that of a wrong number of arguments.
 */
function withCode(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof RangeError || "code" in error) return error;
  const [code = "SQL_ERROR"] = /\bSQLITE_[A-Z]+/.exec(error.message) ?? [];
  return Object.assign(new Error(error.message), { code });
}
