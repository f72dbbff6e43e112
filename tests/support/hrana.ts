/**
 * A libSQL server for tests: Hrana over HTTP (version 2, JSON) in front of `node:sqlite`.
 *
 * Mounted in-process through the client's `fetch` option it needs no socket, counts round trips and
 * fails on command. It is SQLite, not libSQL's fork of it, and a newer one: a test that passes here
 * still says nothing of a production server's version.
 */

import { HranaError, pipelineBody, toWireError } from "./hrana_protocol.ts";
import { createLimits, type HranaLimits, type Limits } from "./hrana_limits.ts";
import { type AnswerSize, Streams } from "./hrana_streams.ts";

/** The options of a server. Times default to sqld's own. */
export type HranaOptions = {
  /** When given, requests must carry it as their bearer token. */
  readonly authToken?: string;
  /** Silence after which an open transaction is rolled back; 5 s. */
  readonly transactionMs?: number;
  /** Silence after which a stream expires; 10 s. */
  readonly idleMs?: number;
  /** How long a statement waits for another's write lock; 5 s. */
  readonly busyMs?: number;
  /** The server's clock, in epoch milliseconds; this machine's by default. */
  readonly clock?: () => number;
  /** Keeps the text of every statement in `statements`. */
  readonly logStatements?: boolean;
  /** Asked at each pipeline request without a requested fault: when true, it is executed and its reply lost. */
  readonly losesReply?: () => boolean;
  /** The limits of a real server, and of the way to it; none by default. */
  readonly limits?: HranaLimits;
};

/** A listening server. */
export type ServedHrana = {
  /** Such as `http://127.0.0.1:40123`. */
  readonly url: string;
  close(): Promise<void>;
};

/**
 * A running server.
 *
 * Each pipeline request consumes one requested fault, in order; a request without the right bearer token
 * consumes none.
 */
export interface Hrana extends AsyncDisposable {
  /**
   * Answer a request as the server would; pass it as the client's `fetch`. Rejects as a real `fetch`
   * does: `TypeError` when the network broke, the signal's reason when the request was aborted.
   */
  fetch(request: Request): Promise<Response>;
  /** Listen on a free port of 127.0.0.1. */
  serve(): ServedHrana;
  /** Pipeline requests since the start or the last `resetCount`, failed ones included. */
  readonly roundTrips: number;
  /** The most pipeline requests that were under way at once. */
  readonly mostAtOnce: number;
  /** The most bytes that answers under way had together, where they are limited. */
  readonly mostBytes: number;
  /** SQL texts in the order they ran, when `logStatements` is on; a sequence is one text. */
  readonly statements: readonly string[];
  /** Set `roundTrips` to 0 and forget `statements`. */
  resetCount(): void;
  /** The next request is executed and its reply lost: the client sees a network error. */
  loseNextReply(): void;
  /** The next request is not executed: the client gets this HTTP status. */
  failNext(status: number): void;
  /** The next request is executed at once, and its reply delayed until `released` resolves. */
  delayNext(released: Promise<unknown>): void;
  /** Forget the requested faults that no request has met. */
  forgetFaults(): void;
  /** Stop listening, fail pending requests, and release every connection and timer. */
  close(): Promise<void>;
}

type Fault =
  | { readonly kind: "lose" }
  | { readonly kind: "fail"; readonly status: number }
  | { readonly kind: "delay"; readonly released: Promise<unknown> };

const LOST: Fault = { kind: "lose" };

/**
 * Open the database at `path`, made when it is not there. `:memory:` is one connection, so while a
 * transaction is open there every other request waits; a file has a connection for each.
 *
 * @throws when the file cannot be opened.
 */
export function createHrana(path: string, options: HranaOptions = {}): Hrana {
  return new HranaServer(path, options);
}

class HranaServer implements Hrana {
  readonly #authToken: string | undefined;
  readonly #losesReply: () => boolean;
  readonly #streams: Streams;
  readonly #faults: Fault[] = [];
  readonly #running = new Set<Promise<unknown>>();
  readonly #servers = new Set<ServedHrana>();
  readonly #closing = new AbortController();
  readonly #limits: Limits;
  #roundTrips = 0;
  #statements: string[] = [];

  constructor(path: string, options: HranaOptions) {
    this.#authToken = options.authToken;
    this.#losesReply = options.losesReply ?? (() => false);
    this.#limits = createLimits(options.limits);
    this.#streams = new Streams(path, {
      onResult: (answer, result) => this.#limits.addResult(answer, result),
      transactionMs: options.transactionMs ?? 5_000,
      idleMs: options.idleMs ?? 10_000,
      busyMs: options.busyMs ?? 5_000,
      clock: options.clock,
      onStatement: (sql) => {
        if (options.logStatements === true) this.#statements.push(sql);
      },
    });
    // Callers pass `fetch` on without its object.
    this.fetch = this.fetch.bind(this);
  }

  get roundTrips(): number {
    return this.#roundTrips;
  }

  get mostAtOnce(): number {
    return this.#limits.mostAtOnce;
  }

  get mostBytes(): number {
    return this.#limits.mostBytes;
  }

  get statements(): readonly string[] {
    return this.#statements;
  }

  resetCount(): void {
    this.#roundTrips = 0;
    this.#statements = [];
  }

  loseNextReply(): void {
    this.#faults.push({ kind: "lose" });
  }

  failNext(status: number): void {
    this.#faults.push({ kind: "fail", status });
  }

  forgetFaults(): void {
    this.#faults.length = 0;
  }

  delayNext(released: Promise<unknown>): void {
    this.#faults.push({ kind: "delay", released });
  }

  fetch(request: Request): Promise<Response> {
    if (request.signal.aborted) return Promise.reject(request.signal.reason);
    // An aborted caller does not wait for the server.
    return unlessAborted(this.#track(request), request.signal);
  }

  serve(): ServedHrana {
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => this.#track(request).catch(brokenReply),
    );
    const served: ServedHrana = {
      url: `http://127.0.0.1:${server.addr.port}`,
      close: async () => {
        this.#servers.delete(served);
        await server.shutdown();
      },
    };
    this.#servers.add(served);
    return served;
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new TypeError("hrana: the server was closed"));
    this.#streams.stop();
    await Promise.all(this.#running);
    await Promise.all([...this.#servers].map((server) => server.close()));
    this.#streams.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #track(request: Request): Promise<Response> {
    if (this.#closing.signal.aborted) return Promise.reject(this.#closing.signal.reason);
    const answer = this.#answer(request);
    const settled = answer.then(() => {}, () => {}).finally(() => this.#running.delete(settled));
    this.#running.add(settled);
    return answer;
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (
      this.#authToken !== undefined &&
      request.headers.get("authorization") !== `Bearer ${this.#authToken}`
    ) {
      return refusal(401, new HranaError("AUTH_JWT_INVALID", "The JWT is invalid"));
    }
    if (request.method === "GET" && (pathname === "/v2" || pathname === "/health")) {
      return new Response();
    }
    if (request.method !== "POST" || pathname !== "/v2/pipeline") {
      return refusal(404, new HranaError("NOT_FOUND", `No such page: ${pathname}`));
    }
    this.#roundTrips += 1;
    const fault = this.#faults.shift() ?? (this.#losesReply() ? LOST : undefined);
    if (fault?.kind === "fail") return new Response("asked to fail", { status: fault.status });
    const response = await this.#limits.run(
      (answer) => this.#pipeline(request, answer),
      this.#closing.signal,
    );
    this.#closing.signal.throwIfAborted();
    if (fault?.kind === "lose") throw new TypeError("hrana: the reply was lost");
    if (fault?.kind === "delay") await unlessAborted(fault.released, this.#closing.signal);
    return response;
  }

  async #pipeline(request: Request, answer: AnswerSize): Promise<Response> {
    const body = pipelineBody.safeParse(await request.json().catch(() => undefined));
    if (!body.success) return refusal(400, new HranaError("PROTO_ERROR", body.error.message));
    try {
      const { baton, requests } = body.data;
      return Response.json({
        ...await this.#streams.run(baton ?? undefined, requests, answer),
        base_url: null,
      });
    } catch (error) {
      return refusal(400, error);
    }
  }
}

function refusal(status: number, error: unknown): Response {
  return Response.json(toWireError(error), { status });
}

/**
 * A truncated reply, which over a socket is the closest to a lost one. Its content length is larger than its
 * body: Deno would print the error of a body that fails.
 */
function brokenReply(): Response {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode("{"));
      controller.close();
    },
  });
  return new Response(body, { headers: { "content-length": "1000" } });
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
