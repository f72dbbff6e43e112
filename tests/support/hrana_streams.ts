/**
 * Streams of the Hrana server: a session of a client over several requests, kept by its baton, and
 * the requests of a pipeline run on it in order.
 *
 * A connection is borrowed for one pipeline, and kept only while a transaction is open.
 */

import { type Connection, Connections, type StmtResult } from "./hrana_connections.ts";
import { HranaError, sqliteCodeOf, toWireError } from "./hrana_protocol.ts";
import type { Condition, SqlRef, WireBatch, WireError, WireRequest } from "./hrana_protocol.ts";

/** Times of sqld that a test may want shorter, and a look at what is run. */
export type StreamOptions = {
  /** Called with each result before it is part of an answer. What it throws is the statement's error. */
  readonly onResult: (answer: AnswerSize, result: StmtResult) => void;
  /** An open transaction is rolled back when its client has been silent so long. */
  readonly transactionMs: number;
  /** A stream without a transaction is closed after its client has been idle for this time. */
  readonly idleMs: number;
  /** How long a statement waits for another connection's lock before it is SQLITE_BUSY. */
  readonly busyMs: number;
  /** The clock that SQL functions read, in epoch milliseconds; this machine's by default. */
  readonly clock: (() => number) | undefined;
  /** Called with each statement's text before it runs. */
  readonly onStatement: (sql: string) => void;
};

/** The size of one answer so far. */
export type AnswerSize = { bytes: number };

type StreamResult =
  | { readonly type: "ok"; readonly response: Readonly<Record<string, unknown>> }
  | { readonly type: "error"; readonly error: WireError };

type Stream = {
  readonly storedSql: Map<number, string>;
  held: Connection | undefined;
  timedOut: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
};

const SQLITE_BUSY = 5;
const BUSY_POLL_MS = 2;

/** Every open stream of one server. */
export class Streams {
  readonly #connections: Connections;
  readonly #options: StreamOptions;
  readonly #open = new Map<string, Stream>();
  #stopped = false;

  /** @throws when the file cannot be opened. */
  constructor(path: string, options: StreamOptions) {
    this.#connections = new Connections(path, options.clock);
    this.#options = options;
  }

  /**
   * Run one pipeline. A failed request does not stop those after it.
   *
   * @throws HranaError `STREAM_EXPIRED` for a baton that is unknown, used, or too old.
   */
  async run(
    baton: string | undefined,
    requests: readonly WireRequest[],
    answer: AnswerSize,
  ): Promise<{ readonly baton: string | null; readonly results: readonly StreamResult[] }> {
    const stream = this.#take(baton);
    const connection = stream.held ?? await this.#connections.borrow();
    stream.held = connection;
    const results: StreamResult[] = [];
    let closed = false;
    try {
      for (const request of requests) {
        try {
          if (closed) throw new HranaError("STREAM_CLOSED", "The stream was closed");
          closed = request.type === "close";
          const result = await this.#handle(stream, connection, request, answer);
          results.push({ type: "ok", response: { type: request.type, ...result } });
        } catch (error) {
          results.push({ type: "error", error: toWireError(error) });
        }
      }
    } finally {
      if (closed || this.#stopped || !connection.inTransaction) this.#release(stream);
    }
    return { baton: closed ? null : this.#keep(stream), results };
  }

  /** Rejects the requests that wait for a lock or a connection. */
  stop(): void {
    this.#stopped = true;
    this.#connections.refuseQueue(new HranaError("SERVER_CLOSED", "The server was closed"));
  }

  /** Forgets every stream and closes every connection. Call it after the last pipeline has ended. */
  close(): void {
    for (const stream of this.#open.values()) clearTimeout(stream.timer);
    this.#open.clear();
    this.#connections.close();
  }

  #take(baton: string | undefined): Stream {
    if (baton === undefined) {
      return { storedSql: new Map(), held: undefined, timedOut: false, timer: undefined };
    }
    const stream = this.#open.get(baton);
    if (stream === undefined) {
      throw new HranaError("STREAM_EXPIRED", "The stream has expired due to inactivity");
    }
    this.#open.delete(baton);
    clearTimeout(stream.timer);
    return stream;
  }

  #keep(stream: Stream): string {
    const baton = crypto.randomUUID();
    const forget = () => this.#open.delete(baton);
    this.#open.set(baton, stream);
    stream.timer = stream.held === undefined
      ? setTimeout(forget, this.#options.idleMs)
      : setTimeout(() => {
        stream.timedOut = true;
        this.#release(stream);
        stream.timer = setTimeout(forget, this.#options.idleMs);
      }, this.#options.transactionMs);
    return baton;
  }

  #release(stream: Stream): void {
    if (stream.held !== undefined) this.#connections.giveBack(stream.held);
    stream.held = undefined;
  }

  async #handle(
    stream: Stream,
    connection: Connection,
    request: WireRequest,
    answer: AnswerSize,
  ): Promise<Readonly<Record<string, unknown>>> {
    switch (request.type) {
      case "execute":
        this.#refuseAfterTimeout(stream);
        return { result: await this.#execute(stream, connection, request.stmt, answer) };
      case "batch":
        this.#refuseAfterTimeout(stream);
        return { result: await this.#batch(stream, connection, request.batch, answer) };
      case "sequence":
        this.#refuseAfterTimeout(stream);
        await this.#sequence(connection, sqlOf(stream, request));
        return {};
      case "store_sql":
        stream.storedSql.set(request.sql_id, request.sql);
        return {};
      case "close_sql":
        stream.storedSql.delete(request.sql_id);
        return {};
      case "get_autocommit":
        return { is_autocommit: !connection.inTransaction };
      case "close":
        return {};
    }
  }

  #refuseAfterTimeout(stream: Stream): void {
    if (!stream.timedOut) return;
    stream.timedOut = false;
    throw new HranaError("TRANSACTION_TIMEOUT", "Transaction timed out");
  }

  async #execute(
    stream: Stream,
    connection: Connection,
    stmt: WireBatch["steps"][number]["stmt"],
    answer: AnswerSize,
  ): Promise<StmtResult> {
    const sql = sqlOf(stream, stmt);
    this.#options.onStatement(sql);
    const result = await this.#untilNotBusy(() => connection.run(sql, stmt));
    this.#options.onResult(answer, result);
    return result;
  }

  async #batch(
    stream: Stream,
    connection: Connection,
    batch: WireBatch,
    answer: AnswerSize,
  ): Promise<unknown> {
    const results: (StmtResult | null)[] = [];
    const errors: (WireError | null)[] = [];
    const holds = (condition: Condition): boolean => {
      switch (condition.type) {
        case "ok":
          return (results[condition.step] ?? null) !== null;
        case "error":
          return (errors[condition.step] ?? null) !== null;
        case "not":
          return !holds(condition.cond);
        case "and":
          return condition.conds.every(holds);
        case "or":
          return condition.conds.some(holds);
        case "is_autocommit":
          return !connection.inTransaction;
      }
    };
    for (const { condition, stmt } of batch.steps) {
      let result: StmtResult | null = null;
      let error: WireError | null = null;
      if (condition === undefined || condition === null || holds(condition)) {
        try {
          result = await this.#execute(stream, connection, stmt, answer);
        } catch (thrown) {
          error = toWireError(thrown);
        }
      }
      results.push(result);
      errors.push(error);
    }
    return { step_results: results, step_errors: errors };
  }

  async #sequence(connection: Connection, sql: string): Promise<void> {
    this.#options.onStatement(sql);
    for (let rest = sql; rest !== "";) {
      rest = await this.#untilNotBusy(() => connection.runFirst(rest));
    }
  }

  async #untilNotBusy<T>(run: () => T): Promise<T> {
    const giveUpAt = performance.now() + this.#options.busyMs;
    for (;;) {
      try {
        return run();
      } catch (error) {
        // Its extended codes (a stale snapshot) do not succeed after a wait.
        if (sqliteCodeOf(error) !== SQLITE_BUSY) throw error;
        if (this.#stopped || performance.now() >= giveUpAt) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, BUSY_POLL_MS));
    }
  }
}

function sqlOf(stream: Stream, { sql, sql_id }: SqlRef): string {
  const text = sql ?? (typeof sql_id === "number" ? stream.storedSql.get(sql_id) : undefined);
  if (text === undefined) throw new HranaError("SQL_NOT_FOUND", `SQL text ${sql_id} not found`);
  return text;
}
