/** Slows the answers to failed guesses of credentials. A right credential is never slowed. */
import type { Context, MiddlewareHandler } from "hono";
import { networkOf } from "../../domain/access/client_address.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import { type GuessCounter, MAX_FAST_GUESSES } from "../../application/access/guess_counter.ts";
import type { AppEnv } from "./context.ts";

/** How long the answer to a further failed guess waits, in milliseconds. */
export const GUESS_DELAY_MS = 200;
/** The most answers that wait at a time; a further failed guess is answered 429 at once. */
export const MAX_DELAYED_ANSWERS = 100;
/** `Retry-After` of the 429, in seconds. */
const GUESS_RETRY_S = 60;

/** Ports of {@link slowGuesses}. */
export interface SlowGuessesPorts {
  readonly clock: Pick<Clock, "now">;
  readonly guesses: GuessCounter;
  /** The client's address; `undefined` when it is unknown, and then nothing is slowed. */
  readonly clientOf: (c: Context) => string | undefined;
  /** Answers 429 in the API's own shape. */
  readonly tooMany: (c: Context, retryAfterS: number) => Response;
  /** Called once for each window of a network in which guesses are slowed. */
  readonly onLimit: (c: Context) => void;
  /** Waits; resolves early when the signal is aborted. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Counts failed guesses by credential and network. After {@link MAX_FAST_GUESSES} in a window the answers to further ones
 * wait, or are 429 when many wait already.
 *
 * The credential is verified first, and only failures wait: callers behind one proxy or network cannot lock each other out.
 */
export function slowGuesses(ports: SlowGuessesPorts): MiddlewareHandler<AppEnv> {
  const { clock, guesses, clientOf, tooMany, onLimit, wait = waitUnlessAborted } = ports;
  let waiting = 0;
  return async (c, next) => {
    await next();
    const { security } = c.get("requestLog");
    if (security?.kind !== "credential-refused" || !security.isGuess) return;
    const client = clientOf(c);
    if (client === undefined) return;
    const failures = guesses.count(`${security.credential} ${networkOf(client)}`, clock.now());
    if (failures <= MAX_FAST_GUESSES) return;
    if (failures === MAX_FAST_GUESSES + 1) onLimit(c);
    if (waiting >= MAX_DELAYED_ANSWERS) {
      c.res = tooMany(c, GUESS_RETRY_S);
      return;
    }
    waiting++;
    try {
      await wait(GUESS_DELAY_MS, c.req.raw.signal);
    } finally {
      waiting--;
    }
  };
}

function waitUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}
