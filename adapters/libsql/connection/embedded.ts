/** One connection to a file, or to memory of this process. */
import type { InStatement, Value } from "@libsql/client";
import type { BatchMode } from "./database.ts";

/** What a statement gave: names of columns, and the values of each row in their order. */
export interface RawResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

/** A connection that does one thing at a time; nothing else of its thread runs meanwhile. */
export interface EmbeddedConnection {
  /**
   * All of the statements or none, in one transaction.
   *
   * @throws an error with SQLite's name of the fault as its `code`, such as `SQLITE_BUSY`
   */
  batch(statements: readonly InStatement[], mode: BatchMode): readonly RawResult[];
  close(): void;
}

/** How many statements are kept prepared: more than Hark has. */
export const MAX_PREPARED = 400;

const BEGIN: Readonly<Record<BatchMode, string>> = { write: "BEGIN IMMEDIATE", read: "BEGIN" };

/**
 * Opens a connection on which a commit is durable before it is answered.
 *
 * @param url `file:…` or `:memory:`
 * @param busyTimeoutMs how long a statement waits for another process that holds the file
 * @throws as {@link EmbeddedConnection.batch}
 */
export async function openEmbedded(
  url: string,
  busyTimeoutMs: number,
): Promise<EmbeddedConnection> {
  // Not before it is needed: a Worker of Cloudflare's has no native code.
  const { default: Libsql } = await import("libsql");
  const db = new Libsql(toPath(url), { timeout: busyTimeoutMs });
  // To prepare a statement costs as much as to run a short one. Those used last stand last.
  let isClosed = false;
  const prepared = new Map<string, ReturnType<typeof prepare>>();

  function prepare(sql: string) {
    const statement = db.prepare<unknown[]>(sql);
    if (!statement.reader) return { statement, columns: [], reads: false };
    statement.safeIntegers(true).raw(true);
    return { statement, columns: namesOf(statement), reads: true };
  }

  function take(sql: string): ReturnType<typeof prepare> {
    const found = prepared.get(sql) ?? prepare(sql);
    prepared.delete(sql);
    prepared.set(sql, found);
    if (prepared.size > MAX_PREPARED) {
      for (const oldest of prepared.keys()) {
        prepared.delete(oldest);
        break;
      }
    }
    return found;
  }

  function run(sql: string, args: readonly unknown[] = []): RawResult {
    const { statement, columns, reads } = take(sql);
    if (!reads) {
      statement.run(args);
      return { columns, rows: [] };
    }
    const rows = statement.all(args).map((row) => Array.isArray(row) ? row.map(fromSql) : []);
    // A migration may have added a column since.
    const isRevisionConflict = rows[0] !== undefined && rows[0].length !== columns.length;
    return { columns: isRevisionConflict ? namesOf(statement) : columns, rows };
  }

  try {
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  } catch (error) {
    db.close();
    throw toFault(error);
  }
  return {
    batch(statements, mode) {
      // A call of a closed one would end the process.
      if (isClosed) throw new Error("the database is closed");
      try {
        // Not kept prepared: one that met a busy file would be under way until it is run again, and no read could end.
        db.exec(BEGIN[mode]);
        const results = statements.map((one) => {
          const { sql, args } = parts(one);
          return run(sql, args);
        });
        db.exec("COMMIT");
        return results;
      } catch (error) {
        if (db.inTransaction) db.exec("ROLLBACK");
        throw toFault(error);
      }
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      prepared.clear();
      db.close();
    },
  };
}

function namesOf(
  statement: { columns(): readonly { readonly name: string }[] },
): readonly string[] {
  return statement.columns().map(({ name }) => name);
}

function toPath(url: string): string {
  return url.startsWith("file:") ? decodeURIComponent(url.replace(/^file:(?:\/\/)?/, "")) : url;
}

function parts(
  statement: InStatement,
): { readonly sql: string; readonly args: readonly unknown[] } {
  if (typeof statement === "string") return { sql: statement, args: [] };
  const { sql, args = [] } = statement;
  if (!Array.isArray(args)) throw new TypeError("the arguments of a statement are an array");
  return { sql, args: args.map(toSql) };
}

function toSql(value: unknown): unknown {
  if (value === undefined) throw new TypeError("undefined is no value of SQL's");
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new RangeError("a number of SQL's is finite");
  }
  if (typeof value === "boolean") return value ? 1 : 0;
  return value instanceof ArrayBuffer ? new Uint8Array(value) : value;
}

/** Integers come as numbers, blobs as `ArrayBuffer`. */
function fromSql(value: unknown): Value {
  if (typeof value === "bigint") {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw new RangeError("an integer is too large for a number");
    return number;
  }
  if (value instanceof Uint8Array) return value.slice().buffer;
  if (value === null || typeof value === "number" || typeof value === "string") return value;
  throw new TypeError(`SQL has no ${typeof value}`);
}

/** With the name of the fault, not of its particular kind: `SQLITE_CONSTRAINT`, as a server says it. */
function toFault(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const [code] = /^SQLITE_[A-Z]+/.exec(String(error.code)) ?? [];
  return code === undefined ? error : Object.assign(new Error(error.message), { code });
}
