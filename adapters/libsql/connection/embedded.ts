/** One connection to a file, or to memory of this process. */
import type { InStatement, Value } from "@libsql/client";
import type { BatchMode, RawResult } from "./batch.ts";

/** A synchronous connection: it blocks its thread during each call. */
export interface EmbeddedConnection {
  /**
   * Runs all of the statements or none, in one transaction.
   *
   * @throws an error whose `code` is SQLite's, such as `SQLITE_BUSY`
   */
  batch(statements: readonly InStatement[], mode: BatchMode): readonly RawResult[];
  /**
   * Writes the write-ahead log into the file, and closes.
   *
   * @throws as {@link batch}; the connection is closed then too
   */
  shutDown(): void;
  close(): void;
}

/**
 * Max prepared statements that a connection keeps; beyond it the one that was used longest ago is dropped. Hark has
 * fewer statements.
 */
export const MAX_PREPARED = 400;

const BEGIN: Readonly<Record<BatchMode, string>> = { write: "BEGIN IMMEDIATE", read: "BEGIN" };

/** The settings of a connection that may write, and of one that only reads. */
const PRAGMAS: Readonly<Record<BatchMode, string>> = {
  write: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
  read: "PRAGMA query_only = ON",
};

/**
 * Opens a connection on which a commit is durable before the call returns. A file that does not exist is created by a
 * connection that may write.
 *
 * @param url `file:…` or `:memory:`
 * @param busyTimeoutMs how long a statement waits for another process that has locked the file, in milliseconds
 * @param access `read` for a connection that refuses to write. It must be closed after SQLITE_BUSY: the statement
 * stays active, and every later one would read the same old state
 * @throws as {@link EmbeddedConnection.batch}
 */
export async function openEmbedded(
  url: string,
  busyTimeoutMs: number,
  access: BatchMode = "write",
): Promise<EmbeddedConnection> {
  // Imported when it is needed: Cloudflare Workers cannot load native code.
  const [{ default: Libsql }, { existsSync }] = await Promise.all([
    import("libsql"),
    import("node:fs"),
  ]);
  const path = databasePath(url);
  if (access === "read" && !existsSync(path)) throw missingFile();
  const db = new Libsql(path, { timeout: busyTimeoutMs });
  // An LRU cache: preparing a statement costs as much as running a short one. The last entry is the latest used.
  let isClosed = false;
  const prepared = new Map<string, ReturnType<typeof prepare>>();

  function prepare(sql: string) {
    const statement = db.prepare<unknown[]>(sql);
    if (!statement.reader) return { statement, columns: [], reads: false };
    statement.safeIntegers(true).raw(true);
    return { statement, columns: namesOf(statement), reads: true };
  }

  function cached(sql: string): ReturnType<typeof prepare> {
    const statement = prepared.get(sql) ?? prepare(sql);
    prepared.delete(sql);
    prepared.set(sql, statement);
    if (prepared.size > MAX_PREPARED) {
      for (const oldest of prepared.keys()) {
        prepared.delete(oldest);
        break;
      }
    }
    return statement;
  }

  function run(sql: string, args: readonly unknown[] = []): RawResult {
    const { statement, columns, reads } = cached(sql);
    if (!reads) {
      statement.run(args);
      return { columns, rows: [] };
    }
    const rows = statement.all(args).map((row) => Array.isArray(row) ? row.map(fromSql) : []);
    // A migration may have added a column since the statement was prepared.
    const hasNewColumns = rows[0] !== undefined && rows[0].length !== columns.length;
    return { columns: hasNewColumns ? namesOf(statement) : columns, rows };
  }

  function runAll(statements: readonly InStatement[]): readonly RawResult[] {
    return statements.map((statement) => {
      const { sql, args } = toParts(statement);
      return run(sql, args);
    });
  }

  try {
    db.exec(PRAGMAS[access]);
  } catch (error) {
    db.close();
    throw toSqliteError(error);
  }
  function close(): void {
    if (isClosed) return;
    isClosed = true;
    prepared.clear();
    db.close();
  }

  return {
    batch(statements, mode) {
      // A call on a closed native connection would crash the process.
      if (isClosed) throw new Error("the database is closed");
      try {
        // A single statement is a transaction by itself.
        if (access === "read" && statements.length === 1) return runAll(statements);
        // Not a cached statement: after SQLITE_BUSY it would stay active and keep every later read transaction open.
        db.exec(BEGIN[mode]);
        const results = runAll(statements);
        db.exec("COMMIT");
        return results;
      } catch (error) {
        if (db.inTransaction) db.exec("ROLLBACK");
        throw toSqliteError(error);
      }
    },
    shutDown() {
      if (isClosed) return;
      try {
        const [result] = run("PRAGMA wal_checkpoint(TRUNCATE)").rows;
        if (result?.[0] === 1) throw busyError();
      } catch (error) {
        throw toSqliteError(error);
      } finally {
        close();
      }
    },
    close,
  };
}

/** SQLite would create a file that was moved away, and delete the log that it has left. */
function missingFile(): Error {
  return Object.assign(new Error("the database's file is not there"), { code: "SQLITE_CANTOPEN" });
}

function namesOf(
  statement: { columns(): readonly { readonly name: string }[] },
): readonly string[] {
  return statement.columns().map(({ name }) => name);
}

/** The path of the file that a `file:…` address names; other addresses are returned as they are. */
function databasePath(url: string): string {
  return url.startsWith("file:") ? decodeURIComponent(url.replace(/^file:(?:\/\/)?/, "")) : url;
}

/** The text and the arguments of a statement. @throws TypeError or RangeError for an argument that SQL cannot hold */
export function toParts(
  statement: InStatement,
): { readonly sql: string; readonly args: readonly unknown[] } {
  if (typeof statement === "string") return { sql: statement, args: [] };
  const { sql, args = [] } = statement;
  if (!Array.isArray(args)) throw new TypeError("the arguments of a statement are an array");
  return { sql, args: args.map(toSql) };
}

function toSql(value: unknown): unknown {
  if (value === undefined) throw new TypeError("undefined is not a value of SQL");
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new RangeError("a number in SQL is finite");
  }
  if (typeof value === "boolean") return value ? 1 : 0;
  return value instanceof ArrayBuffer ? new Uint8Array(value) : value;
}

/** Reads integers as numbers and blobs as `ArrayBuffer`. */
function fromSql(value: unknown): Value {
  if (typeof value === "bigint") {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw new RangeError("an integer is too large for a number");
    return number;
  }
  if (value instanceof Uint8Array) {
    const { buffer, byteLength } = value;
    // A copy only where the bytes are a part of a larger buffer.
    const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
    return isWhole ? buffer : value.slice().buffer;
  }
  if (value === null || typeof value === "number" || typeof value === "string") return value;
  throw new TypeError(`SQL has no ${typeof value}`);
}

/** Shortens an extended error code to its primary one, as a server does: `SQLITE_CONSTRAINT`. */
function toSqliteError(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const [code] = /^SQLITE_[A-Z]+/.exec(String(error.code)) ?? [];
  return code === undefined ? error : Object.assign(new Error(error.message), { code });
}

/** The pragma reports a reader or a writer that is in its way as a result, not as an error. */
function busyError(): Error {
  return Object.assign(new Error("the log of the database is being read"), { code: "SQLITE_BUSY" });
}
