/**
 * An HTTP server on a loopback port that answers like a provider, unless its script makes the next call fail. It uses
 * `node:http`, because a test must be able to close a socket without an answer.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** A received call. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly body: string;
}

/** An answer to a call; `body` goes out as JSON unless it is a string. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The scripted course of one call. */
export type Behaviour =
  | { readonly kind: "slow"; readonly ms: number }
  | { readonly kind: "status"; readonly answer: Answer }
  | { readonly kind: "taken-status"; readonly answer: Answer }
  | { readonly kind: "reset" }
  | { readonly kind: "hang"; readonly ms: number }
  | { readonly kind: "drop-answer" }
  | { readonly kind: "cut-answer" }
  | { readonly kind: "report-first" }
  | { readonly kind: "answer-twice" };

/** Accepts the message, and answers after a delay in milliseconds. */
export const slow = (ms: number): Behaviour => ({ kind: "slow", ms });

/** Answers with this status, without accepting the message. */
export function status(
  code: number,
  body: unknown = "",
  headers: Readonly<Record<string, string>> = {},
): Behaviour {
  return { kind: "status", answer: { status: code, body, headers } };
}

/** Accepts the message, and answers with this status all the same. */
export function takenStatus(code: number, body: unknown = ""): Behaviour {
  return { kind: "taken-status", answer: { status: code, body } };
}

/** Answers 200 with a body that is not the provider's, without accepting the message. */
export const nonsense = (body: unknown = "<html>Welcome to the hotel</html>"): Behaviour =>
  status(200, body);

/** Closes the connection without an answer and without accepting the message. */
export const reset = (): Behaviour => ({ kind: "reset" });

/** Neither accepts the message nor answers, and closes the connection after so many milliseconds. */
export const hang = (ms = 60_000): Behaviour => ({ kind: "hang", ms });

/** Accepts the message and closes the connection without an answer. */
export const dropAnswer = (): Behaviour => ({ kind: "drop-answer" });

/** Accepts the message and closes the connection in the middle of the answer. */
export const cutAnswer = (): Behaviour => ({ kind: "cut-answer" });

/** Accepts the message and reports on it before it answers. */
export const reportFirst = (): Behaviour => ({ kind: "report-first" });

/** Accepts the message, and answers it twice on the connection, which is kept. */
export const answerTwice = (): Behaviour => ({ kind: "answer-twice" });

/** A running server. */
export interface ScriptedServer {
  /** Its origin, without a trailing slash. */
  readonly url: string;
  /** Every call so far, in order, whatever its outcome; without those of {@link lookUps}. */
  readonly calls: readonly Call[];
  /** Every call so far that only reads, such as a search. `next` does not script them, `always` does. */
  readonly lookUps: readonly Call[];
  /** Scripts the next call; repeated calls script the calls after it. */
  next(behaviour: Behaviour): void;
  /** Scripts every call that `next` does not; `undefined` restores normal answers. */
  always(behaviour: Behaviour | undefined): void;
  /** Calls the function before each answer, so that the answer has what is to be true by then. */
  beforeAnswer(run: () => void): void;
  /** Closes every connection, with or without an answer, and the server. */
  close(): Promise<void>;
}

/** The behaviour of a stand-in. */
export interface Handlers {
  readonly answer: (call: Call) => Answer;
  /** Answers a call that only reads: every `GET`. Without it, `answer` does. */
  readonly lookUp?: (call: Call) => Answer;
  /** Reports on the message accepted last; called for {@link reportFirst}. */
  readonly report: () => Promise<unknown>;
  /** The port of 127.0.0.1 to listen on; a free one when absent. */
  readonly port?: number | undefined;
}

/** Starts a server on 127.0.0.1. Rejects when its port is in use. */
export async function startScriptedServer(
  { answer, lookUp, report, port = 0 }: Handlers,
): Promise<ScriptedServer> {
  const calls: Call[] = [];
  const lookUps: Call[] = [];
  const script: Behaviour[] = [];
  let otherwise: Behaviour | undefined;
  let prepare = () => {};
  const closing = new AbortController();
  const running = new Set<Promise<void>>();

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await readCall(request);
    prepare();
    const isLookUp = lookUp !== undefined && call.method === "GET";
    (isLookUp ? lookUps : calls).push(call);
    const behaviour = isLookUp ? otherwise : script.shift() ?? otherwise;
    if (behaviour?.kind === "reset") return void request.socket.destroy();
    if (behaviour?.kind === "status") return write(response, behaviour.answer);
    if (behaviour?.kind === "hang") return await wait(behaviour.ms, closing.signal);
    const answered = isLookUp ? lookUp(call) : answer(call);
    switch (behaviour?.kind) {
      case "taken-status":
        return write(response, behaviour.answer);
      case "drop-answer":
        return void request.socket.destroy();
      case "cut-answer":
        response.writeHead(answered.status, { "Content-Length": "1000" });
        response.write("{");
        await wait(20, closing.signal);
        return void request.socket.destroy();
      case "slow":
        await wait(behaviour.ms, closing.signal);
        break;
      case "report-first":
        await report();
        break;
    }
    if (closing.signal.aborted || request.socket.destroyed) return;
    write(response, answered);
    if (behaviour?.kind === "answer-twice") request.socket.write(toHttp(answered));
  }

  const server = createServer((request, response) => {
    const done = serve(request, response).catch(() => void request.socket.destroy());
    running.add(done);
    done.finally(() => running.delete(done));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");

  return {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    lookUps,
    next: (behaviour) => void script.push(behaviour),
    always(behaviour) {
      otherwise = behaviour;
    },
    beforeAnswer(run) {
      prepare = run;
    },
    async close() {
      closing.abort();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all(running);
    },
  };
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const bytes = new Uint8Array(await new Blob(chunks.map((c) => new Uint8Array(c))).arrayBuffer());
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://stand-in");
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    for (const each of [value ?? []].flat()) headers.append(name, each);
  }
  const body = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  return { method: request.method ?? "", path: pathname, query: searchParams, headers, body };
}

function write(response: ServerResponse, { status, body, headers }: Answer): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, { "Content-Type": "application/json; charset=utf-8", ...headers });
  response.end(text);
}

/** An answer as it is on the wire. */
function toHttp({ status, body }: Answer): string {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const length = new TextEncoder().encode(text).length;
  return `HTTP/1.1 ${status} OK\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${text}`;
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}

/** How often and how a report is sent. */
export interface Delivery {
  /** Defaults to once. */
  readonly times?: number;
  /** Sends it without the right secret. */
  readonly forged?: boolean;
}

/** Posts a report the requested number of times in sequence, and returns the statuses of the answers. */
export async function post(
  url: string,
  init: { readonly headers: Record<string, string>; readonly body: string },
  times = 1,
): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (let i = 0; i < times; i++) {
    const response = await fetch(url, { method: "POST", ...init });
    await response.body?.cancel();
    statuses.push(response.status);
  }
  return statuses;
}
