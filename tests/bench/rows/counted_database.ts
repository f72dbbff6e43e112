/** A database that counts the rows which it reads and writes, as databases that are paid by the row count them. */
import type { InStatement, Value } from "@libsql/client";
import type { Database, ResultSet } from "../../../adapters/libsql/connection/database.ts";
import { startWorker } from "../../support/workerd.ts";

/** Rows read and written; each entry of an index is a row. */
export interface RowCounts {
  readonly read: number;
  readonly written: number;
}

/** A database in a Durable Object of a local workerd. */
export interface CountedDatabase extends AsyncDisposable {
  readonly db: Database;
  /** Returns the counts since the last call. */
  take(): Promise<RowCounts>;
}

type JsonValue = string | number | null | { readonly hex: string };

interface JsonResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly JsonValue[])[];
}

/** Starts an empty database. */
export async function startCountedDatabase(): Promise<CountedDatabase> {
  const worker = await startWorker({
    script: await Deno.readTextFile(new URL("./row_counter.js", import.meta.url)),
    bindings: {},
    sqliteObjects: { ROWS: "RowCounter" },
  });
  async function batch(statements: readonly InStatement[]): Promise<readonly ResultSet[]> {
    const body = JSON.stringify(statements.map(toJsonStatement));
    const answer = await worker.fetch("/", { method: "POST", body });
    if (answer.status !== 200) throw new Error(await answer.text());
    const results: readonly JsonResult[] = await answer.json();
    return results.map(toResult);
  }
  const calls = {
    write: batch,
    read: batch,
    onceWritable: (callback: () => void) => void setImmediate(callback),
    commitsAtOnce: 1,
  };
  return {
    db: {
      embedded: false,
      sharesCommits: true,
      ...calls,
      background: { ...calls, isBusy: () => false },
      close: () => {},
    },
    async take() {
      return await (await worker.fetch("/")).json();
    },
    [Symbol.asyncDispose]: worker.close,
  };
}

function toJsonStatement(statement: InStatement) {
  const { sql, args = [] } = typeof statement === "string" ? { sql: statement } : statement;
  if (!Array.isArray(args)) throw new TypeError("the arguments of a statement are an array");
  return { sql, args: args.map(toJsonValue) };
}

function toJsonValue(value: unknown): JsonValue {
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value instanceof ArrayBuffer) return { hex: new Uint8Array(value).toHex() };
  if (value instanceof Uint8Array) return { hex: value.toHex() };
  throw new TypeError(`SQL has no ${typeof value}`);
}

function toResult({ columns, rows }: JsonResult): ResultSet {
  const toValue = (value: JsonValue | undefined): Value =>
    typeof value === "object" && value !== null
      ? Uint8Array.fromHex(value.hex).buffer
      : value ?? null;
  return {
    rows: rows.map((values) =>
      Object.fromEntries(columns.map((column, at) => [column, toValue(values[at])]))
    ),
  };
}
