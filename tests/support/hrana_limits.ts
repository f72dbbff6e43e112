/** The limits of a real libSQL server, and of the way from a Worker to it. */
import { HranaError } from "./hrana_protocol.ts";
import type { StmtResult } from "./hrana_connections.ts";
import type { AnswerSize } from "./hrana_streams.ts";

/** Each is without a limit when absent. */
export type HranaLimits = {
  /** The most bytes that all answers under way have together: one statement more is `RESPONSE_TOO_LARGE`. */
  readonly answerBytes?: number;
  /** The most requests under way at once: one more is answered with 429. */
  readonly requests?: number;
  /** The most connections that the platform opens: a further request waits until one is free. */
  readonly connections?: number;
  /** How long each request is under way, beside what the server does, in milliseconds. */
  readonly latencyMs?: number;
};

/** The limits of `sqld` as it is shipped, and of one invocation on Workers. Times are options of the server itself. */
export const REAL_LIMITS = {
  answerBytes: 10 * 1024 * 1024,
  requests: 128,
  connections: 6,
} as const satisfies HranaLimits;

/** The state of the limits of one server. */
export type Limits = {
  readonly mostAtOnce: number;
  readonly mostBytes: number;
  /** Adds a result to an answer. @throws HranaError when all answers under way would be too large */
  addResult(answer: AnswerSize, result: StmtResult): void;
  /** Runs a request as the limits allow, or refuses it. */
  run(work: (answer: AnswerSize) => Promise<Response>, closing: AbortSignal): Promise<Response>;
};

/** Keeps the limits of one server. */
export function createLimits(
  { answerBytes = Infinity, requests = Infinity, connections = Infinity, latencyMs = 0 }:
    HranaLimits = {},
): Limits {
  let bytes = 0;
  let atOnce = 0;
  let mostAtOnce = 0;
  let mostBytes = 0;
  const waiting: (() => void)[] = [];

  async function connect(): Promise<void> {
    if (atOnce < connections) atOnce++;
    // It takes over the connection of the one that ends.
    else await new Promise<void>((resolve) => waiting.push(resolve));
    mostAtOnce = Math.max(mostAtOnce, atOnce);
  }

  function disconnect(): void {
    const next = waiting.shift();
    if (next === undefined) atOnce--;
    else next();
  }

  return {
    get mostAtOnce() {
      return mostAtOnce;
    },
    get mostBytes() {
      return mostBytes;
    },
    addResult(answer, result) {
      if (answerBytes === Infinity) return;
      const size = JSON.stringify(result).length;
      if (bytes + size > answerBytes) {
        throw new HranaError("RESPONSE_TOO_LARGE", "Response is too large");
      }
      answer.bytes += size;
      bytes += size;
      mostBytes = Math.max(mostBytes, bytes);
    },
    async run(work, closing) {
      if (atOnce + waiting.length >= requests) {
        return new Response("Too many requests", { status: 429 });
      }
      await connect();
      const answer = { bytes: 0 };
      try {
        const response = await work(answer);
        if (latencyMs > 0) await pause(latencyMs, closing);
        return response;
      } finally {
        bytes -= answer.bytes;
        disconnect();
      }
    },
  };
}

function pause(ms: number, closing: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    closing.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      closing.removeEventListener("abort", done);
      resolve();
    }
  });
}
