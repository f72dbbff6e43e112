/** A libSQL server that counts the rows which it reads and writes, as databases that are paid by the row count them. */
import { type Database, openDatabase } from "../../../adapters/libsql/connection/database.ts";
import {
  pipelineBody,
  type SqlRef,
  type WireBatch,
  type WireRequest,
  type WireValue,
} from "../../support/hrana_protocol.ts";
import { type RunningWorker, startWorker } from "../../support/workerd.ts";

/** Rows read and written; each entry of an index is a row. */
export interface RowCounts {
  readonly read: number;
  readonly written: number;
}

/** A database in a Durable Object of a local workerd, behind the protocol of a libSQL server. */
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
  const db = await openDatabase({
    url: "http://rows.test",
    fetch: (request) => answer(request, worker),
  });
  return {
    db,
    async take() {
      return await (await worker.fetch("/")).json();
    },
    async [Symbol.asyncDispose]() {
      db.close();
      await worker.close();
    },
  };
}

async function answer(request: Request, worker: RunningWorker): Promise<Response> {
  if (request.method === "GET") return new Response();
  const { requests } = pipelineBody.parse(await request.json());
  const texts = new Map<number, string>();
  const results = [];
  for (const each of requests) {
    if (each.type === "store_sql") texts.set(each.sql_id, each.sql);
    const response = await respond(each, (ref) => textOf(ref, texts), worker);
    results.push({ type: "ok", response: { type: each.type, ...response } });
  }
  return Response.json({ baton: null, base_url: null, results });
}

function textOf({ sql, sql_id }: SqlRef, texts: ReadonlyMap<number, string>): string {
  return sql ?? texts.get(sql_id ?? -1) ?? "";
}

async function respond(
  request: WireRequest,
  toText: (ref: SqlRef) => string,
  worker: RunningWorker,
): Promise<object> {
  switch (request.type) {
    case "store_sql":
    case "close_sql":
    case "close":
      return {};
    case "get_autocommit":
      return { is_autocommit: true };
    case "batch":
      return { result: await runBatch(request.batch, toText, worker) };
    case "execute":
    case "sequence":
      throw new Error(`the application sends batches only, not ${request.type}`);
  }
}

/** What the client puts around the statements of a batch: the Durable Object has transactions of its own. */
const TRANSACTION = /^(?:BEGIN|COMMIT|ROLLBACK)\b/;

async function runBatch(
  { steps }: WireBatch,
  toText: (ref: SqlRef) => string,
  worker: RunningWorker,
): Promise<object> {
  const statements = steps.map(({ stmt }) => ({
    sql: toText(stmt),
    args: (stmt.args ?? []).map(toJson),
  }));
  const body = JSON.stringify(statements.filter(({ sql }) => !TRANSACTION.test(sql)));
  const reply = await worker.fetch("/", { method: "POST", body });
  if (reply.status !== 200) throw new Error(await reply.text());
  const results: JsonResult[] = await reply.json();
  return {
    step_results: statements.map(({ sql }) => {
      if (/^ROLLBACK\b/.test(sql)) return null;
      return toStepResult(TRANSACTION.test(sql) ? { columns: [], rows: [] } : results.shift());
    }),
    step_errors: statements.map(() => null),
  };
}

function toStepResult({ columns, rows }: JsonResult = { columns: [], rows: [] }): object {
  return {
    cols: columns.map((name) => ({ name })),
    rows: rows.map((row) => row.map(toWire)),
    affected_row_count: 0,
    last_insert_rowid: null,
  };
}

function toJson(value: WireValue): JsonValue {
  switch (value.type) {
    case "null":
      return null;
    case "integer":
      return Number(value.value);
    case "float":
    case "text":
      return value.value;
    case "blob":
      return { hex: Uint8Array.fromBase64(value.base64).toHex() };
  }
}

function toWire(value: JsonValue): WireValue {
  if (value === null) return { type: "null" };
  if (typeof value === "string") return { type: "text", value };
  if (typeof value === "object") {
    return { type: "blob", base64: Uint8Array.fromHex(value.hex).toBase64({ omitPadding: true }) };
  }
  return Number.isInteger(value)
    ? { type: "integer", value: String(value) }
    : { type: "float", value };
}
