/**
 * Slows the answers to requests with wrong credentials, against guessing. A request with a right one is never slowed.
 */
import type { Context, MiddlewareHandler } from "hono";
import { networkOf } from "../../domain/access/client_address.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import { type GuessCounter, MAX_FAST_GUESSES } from "../../application/access/guess_counter.ts";
import type { AppEnv } from "./context.ts";

/** How long an answer is delayed after {@link MAX_FAST_GUESSES} failed guesses, in milliseconds. */
export const GUESS_DELAY_MS = 200;
/** The most answers that one process delays at a time. A failed guess beyond that is answered 429 without a delay. */
export const MAX_DELAYED_ANSWERS = 100;
/** `Retry-After` of the 429, in seconds. */
const GUESS_RETRY_S = 60;

/** Dependencies of {@link slowGuesses}. */
export interface SlowGuessesPorts {
  readonly clock: Pick<Clock, "now">;
  readonly guesses: GuessCounter;
  /**
   * Returns the client's IP address; `undefined` when it is unknown, and then the request is neither counted nor
   * slowed.
   */
  readonly clientOf: (c: Context) => string | undefined;
  /** Creates the answer 429, in the error format of the request's API. */
  readonly tooMany: (c: Context, retryAfterS: number) => Response;
  /**
   * Called when answers begin to be slowed: once for each kind of credential and network in a time window (15 minutes).
   */
  readonly onLimit: (c: Context) => void;
  /**
   * Waits for `ms` milliseconds; resolves early when the signal is aborted. The default uses `setTimeout`; tests
   * replace it.
   */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Creates a middleware that counts refused credentials by their kind and the client's network (the /24 of an IPv4
 * address, the /56 of an IPv6 address). After {@link MAX_FAST_GUESSES} in a time window of 15 minutes, it delays each
 * further such answer by {@link GUESS_DELAY_MS}. When {@link MAX_DELAYED_ANSWERS} are delayed already, it replaces the
 * answer by 429.
 *
 * The credential is verified first, and only refusals are counted and delayed. So callers behind one proxy or network
 * cannot lock each other out. Counts and delays are those of one process.
 */
export function slowGuesses(ports: SlowGuessesPorts): MiddlewareHandler<AppEnv> {
  const { clock, guesses, clientOf, tooMany, onLimit, wait = waitUnlessAborted } = ports;
  /** When each answer that is delayed may go: on Workers one that is cut off does not say that it has ended. */
  const delayed = new Set<{ readonly until: number }>();

  function countDelayed(now: number): number {
    for (const answer of delayed) {
      // Also when the clock was set back.
      const leftMs = answer.until - now;
      if (leftMs <= 0 || leftMs > GUESS_DELAY_MS) delayed.delete(answer);
    }
    return delayed.size;
  }

  return async (c, next) => {
    await next();
    const { security } = c.get("requestLog");
    if (security?.kind !== "credential-refused" || !security.isGuess) return;
    const client = clientOf(c);
    if (client === undefined) return;
    const now = clock.now();
    const failures = guesses.count(`${security.credential} ${networkOf(client)}`, now);
    if (failures <= MAX_FAST_GUESSES) return;
    if (failures === MAX_FAST_GUESSES + 1) onLimit(c);
    if (countDelayed(now) >= MAX_DELAYED_ANSWERS) {
      c.res = tooMany(c, GUESS_RETRY_S);
      return;
    }
    const answer = { until: now + GUESS_DELAY_MS };
    delayed.add(answer);
    try {
      await wait(GUESS_DELAY_MS, c.req.raw.signal);
    } finally {
      delayed.delete(answer);
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
