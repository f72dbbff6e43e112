/**
 * The client of a libSQL server: Hrana over HTTP, version 2, as JSON. A call is one request, which opens a stream, runs
 * a transaction and closes the stream. Decision 065 has the reasons for not using the vendor's client.
 *
 * Source: `docs/HRANA_2_SPEC.md` of tursodatabase/libsql.
 */
import type { InStatement, Value } from "@libsql/client";
import type { BatchMode, RawResult } from "./batch.ts";
import type { DatabaseConfig } from "./config.ts";
import { toParts } from "./embedded.ts";
import type { RemoteClient } from "./remote.ts";
import { toResult } from "./to_result.ts";
import { fromRemote } from "./unavailable.ts";

const BEGIN = { write: "BEGIN IMMEDIATE", read: "BEGIN TRANSACTION READONLY" } as const;

/** The parameters that a server's address may have. */
const PARAMETERS: readonly string[] = ["tls", "authToken"];

/** A server's error with its code; the code is `SERVER_ERROR` for an HTTP status without a code. */
class HranaError extends Error {
  override readonly name = "HranaError";

  constructor(readonly code: string, message: string) {
    super(`${code}: ${message}`);
  }
}

type WireValue =
  | { readonly type: "null" }
  | { readonly type: "integer" | "text"; readonly value: string }
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "blob"; readonly base64: string };

interface WireError {
  readonly message: string;
  readonly code?: string | null;
}

interface WireResult {
  readonly cols: readonly { readonly name?: string | null }[];
  readonly rows: readonly (readonly WireValue[])[];
}

/** The answer to a pipeline whose first request is a batch. */
interface WireAnswer {
  readonly results: readonly [
    | { readonly type: "error"; readonly error: WireError }
    | {
      readonly type: "ok";
      readonly response: {
        readonly result: {
          readonly step_results: readonly (WireResult | null)[];
          readonly step_errors: readonly (WireError | null)[];
        };
      };
    },
  ];
}

/**
 * Creates a client. It does not limit concurrent calls; its caller does.
 *
 * @param timeoutMs the timeout of each request, in milliseconds
 * @throws TypeError for an address that is not valid, or has another parameter than `tls` and `authToken`
 */
export function connectToServer(
  { url, authToken, fetch: send = fetch }: DatabaseConfig,
  timeoutMs: number,
): RemoteClient {
  const server = toServer(url, authToken);
  return {
    async batch(statements, mode) {
      try {
        const response = await send(
          new Request(server.address, {
            method: "POST",
            headers: server.headers,
            body: toPipeline(statements, mode),
            signal: AbortSignal.timeout(timeoutMs),
            // The arguments of statements go to the address that is configured, and to no other.
            redirect: "manual",
          }),
        );
        if (!response.ok) throw await readRefusal(response);
        return readAnswer(await response.text(), statements.length).map(toResult);
      } catch (error) {
        throw fromRemote(error);
      }
    },
    close() {},
  };
}

/** Returns the address and the headers of requests to a server. */
function toServer(url: string, authToken: string | undefined) {
  const { pathname, searchParams } = new URL(url);
  for (const name of searchParams.keys()) {
    if (!PARAMETERS.includes(name)) throw new TypeError(`the parameter "${name}" is not supported`);
  }
  const scheme = searchParams.get("tls") === "0" ? "http:" : "https:";
  const address = new URL(url.replace(/^libsql:/, scheme));
  address.pathname = `${pathname.replace(/\/$/, "")}/v2/pipeline`;
  address.search = address.hash = "";
  const token = searchParams.get("authToken") ?? authToken;
  // The error of `fetch` would quote the token.
  if (token !== undefined && !/^[!-~]*$/.test(token.trim())) {
    throw new TypeError("the token has a character that is not of a token, such as a line break");
  }
  return {
    address: address.href,
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
  };
}

/**
 * Returns the body of a request: a transaction. A statement runs only when the one before it succeeded, and a failure rolls
 * all of them back.
 */
function toPipeline(statements: readonly InStatement[], mode: BatchMode): string {
  const commit = statements.length + 1;
  const steps = [
    { stmt: { sql: BEGIN[mode], want_rows: false } },
    ...statements.map((statement, step) => {
      const { sql, args } = toParts(statement);
      const condition = { type: "ok", step };
      return { condition, stmt: { sql, args: args.map(toWire), want_rows: true } };
    }),
    { condition: { type: "ok", step: commit - 1 }, stmt: { sql: "COMMIT", want_rows: false } },
    {
      condition: { type: "not", cond: { type: "ok", step: commit } },
      stmt: { sql: "ROLLBACK", want_rows: false },
    },
  ];
  return JSON.stringify({ requests: [{ type: "batch", batch: { steps } }, { type: "close" }] });
}

function toWire(value: unknown): WireValue {
  if (value === null) return { type: "null" };
  switch (typeof value) {
    case "string":
      return { type: "text", value };
    case "number":
      return { type: "float", value };
    case "bigint":
      return { type: "integer", value: String(value) };
  }
  if (value instanceof Uint8Array) return { type: "blob", base64: value.toBase64() };
  throw new TypeError(`a value of type ${typeof value} cannot be stored`);
}

function fromWire(value: WireValue): Value {
  switch (value.type) {
    case "null":
      return null;
    case "integer": {
      const number = Number.parseInt(value.value, 10);
      if (Number.isNaN(number)) throw malformed();
      if (!Number.isSafeInteger(number)) {
        throw new RangeError("an integer is too large for a number");
      }
      return number;
    }
    case "float":
    case "text":
      return value.value;
    case "blob":
      return Uint8Array.fromBase64(value.base64).buffer;
  }
  throw malformed();
}

/** The error of an answer of another form. It quotes nothing: the answer may hold what a statement was given. */
function malformed(): TypeError {
  return new TypeError("the answer is not one of a libSQL server");
}

/**
 * @throws HranaError for a statement that failed, or the transaction around it
 * @throws RangeError for an integer that JavaScript cannot hold
 * @throws TypeError for an answer of another form
 */
function readAnswer(text: string, statements: number): readonly RawResult[] {
  try {
    return readResults(JSON.parse(text), statements);
  } catch (error) {
    throw error instanceof TypeError || error instanceof SyntaxError ? malformed() : error;
  }
}

/** Returns the results of the statements. @throws HranaError when a statement or its transaction failed */
function readResults({ results: [batch] }: WireAnswer, statements: number): readonly RawResult[] {
  if (batch.type === "error") throw toError(batch.error);
  const { step_results: results, step_errors: errors } = batch.response.result;
  // The last step, ROLLBACK, fails when the server has rolled back by itself.
  const failed = errors.slice(0, statements + 2).find((error) => error !== null);
  if (failed !== undefined) throw toError(failed);
  const committed = results.slice(0, statements + 2);
  if (committed.length < statements + 2) throw malformed();
  return committed.map((result) => {
    if (result === null) throw new HranaError("TRANSACTION_CLOSED", "a statement did not run");
    const columns = result.cols.map(({ name }) => name ?? "");
    const rows = result.rows.map((row) => {
      if (row.length !== columns.length) throw malformed();
      return row.map(fromWire);
    });
    return { columns, rows };
  }).slice(1, -1);
}

function toError({ message, code }: WireError): HranaError {
  return new HranaError(code ?? "UNKNOWN", message);
}

/** Reads an answer whose HTTP status is not a success. A page of a proxy is not quoted. */
async function readRefusal(response: Response): Promise<HranaError> {
  const status = `Server returned HTTP status ${response.status}`;
  const { message, code, error } = parseRefusal(await response.text());
  if (typeof message === "string") return toError({ message, code: code ?? null });
  return new HranaError(
    "SERVER_ERROR",
    typeof error === "string" ? `${status}: ${error}` : status,
  );
}

/** The object that a refusal is, without members when it is something else. */
function parseRefusal(text: string): Partial<WireError & { readonly error: string }> {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
