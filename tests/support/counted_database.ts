/**
 * A database that counts the rows that its statements read and write, as SQLite counts them: the SQLite of a Durable
 * Object in workerd. libSQL counts them the same, and paid databases charge by them.
 */
import { Miniflare } from "npm:miniflare@4.20260730.0";
import type { InStatement, InValue, Value } from "@libsql/client";
import { localTime } from "../../adapters/clock.ts";
import { MAX_GROUP_SIZE, MAX_REMOTE_GROUP } from "../../adapters/libsql/connection/group_commit.ts";
import type { Database, ResultSet } from "../../adapters/libsql/connection/database.ts";

const SCRIPT = `import { DurableObject } from "cloudflare:workers";
const decode = (value) =>
  value !== null && typeof value === "object" ? Uint8Array.from(value.bytes).buffer : value;
const encode = (value) =>
  value instanceof ArrayBuffer ? { bytes: [...new Uint8Array(value)] } : value;
export class Store extends DurableObject {
  async fetch(request) {
    const statements = await request.json();
    try {
      return Response.json(this.ctx.storage.transactionSync(() => statements.map(({ sql, args }) => {
        const cursor = this.ctx.storage.sql.exec(sql, ...args.map(decode));
        const rows = [...cursor.raw()].map((row) => row.map(encode));
        const { columnNames, rowsRead, rowsWritten } = cursor;
        return { columns: columnNames, rows, read: rowsRead, written: rowsWritten };
      })));
    } catch (error) {
      return new Response(error.message, { status: 400 });
    }
  }
}
export default {
  fetch: (request, env) => env.STORE.get(env.STORE.idFromName("store")).fetch(request),
};`;

/** What statements have read and written. */
export interface Rows {
  readonly read: number;
  readonly written: number;
}

/** A statement with its rows. */
export interface CountedStatement extends Rows {
  readonly sql: string;
}

/** A database that counts. */
export interface CountedDatabase extends AsyncDisposable {
  readonly db: Database;
  /** The statements since the last call, each with its rows. */
  take(): readonly CountedStatement[];
}

interface Answer extends Rows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

function encode(value: InValue): unknown {
  if (value instanceof ArrayBuffer) return { bytes: [...new Uint8Array(value)] };
  if (value instanceof Uint8Array) return { bytes: [...value] };
  return typeof value === "boolean" ? Number(value) : value;
}

function decode(value: unknown): Value {
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  if (typeof value === "object" && "bytes" in value && Array.isArray(value.bytes)) {
    return Uint8Array.from(value.bytes).buffer;
  }
  throw new TypeError("a Durable Object has no such value");
}

function toSql(statement: InStatement): { readonly sql: string; readonly args: unknown[] } {
  if (typeof statement === "string") return { sql: statement, args: [] };
  if (!Array.isArray(statement.args)) throw new TypeError("the arguments are an array");
  return { sql: statement.sql, args: statement.args.map(encode) };
}

function toResult({ columns, rows }: Answer): ResultSet {
  return {
    rows: rows.map((row) =>
      Object.fromEntries(columns.map((column, index) => [column, decode(row[index])]))
    ),
  };
}

/** Opens an empty database that counts. */
export async function openCountedDatabase(): Promise<CountedDatabase> {
  const miniflare = new Miniflare({
    modules: true,
    script: SCRIPT,
    compatibilityDate: "2026-04-01",
    durableObjects: { STORE: { className: "Store", useSQLite: true } },
  });
  await miniflare.ready;
  let counted: CountedStatement[] = [];

  async function run(statements: readonly InStatement[]): Promise<readonly ResultSet[]> {
    const sent = statements.map(toSql);
    const answer = await miniflare.dispatchFetch("http://store.test", {
      method: "POST",
      body: JSON.stringify(sent),
    });
    if (!answer.ok) throw new Error(await answer.text());
    const results = await answer.json() as readonly Answer[];
    results.forEach(({ read, written }, index) =>
      counted.push({ sql: sent[index]?.sql ?? "", read, written })
    );
    return results.map(toResult);
  }

  const timing = {
    onceWritable: (callback: () => void) => void setImmediate(callback),
    commitsAtOnce: 1,
    maxGroupItems: () => MAX_REMOTE_GROUP,
    maxGroupSize: MAX_GROUP_SIZE,
  };
  return {
    db: {
      embedded: false,
      maxValueBytes: Infinity,
      countWrites: () => undefined,
      time: localTime(Date.now, () => performance.now()),
      write: run,
      read: run,
      readPoint: run,
      readLong: run,
      ...timing,
      background: { write: run, read: run, ...timing, isBusy: () => false },
      withinRequest: (work) => work(),
      lost: undefined,
      shutDown: () => Promise.resolve(),
      close: () => {},
    },
    take() {
      const taken = counted;
      counted = [];
      return taken;
    },
    [Symbol.asyncDispose]: () => miniflare.dispose(),
  };
}
