import { decodeJwt } from "jose";
import * as z from "zod/mini";
import { ok, refuse, type Result } from "../../../domain/result.ts";
import {
  parseRetryAfter,
  type ProviderReply,
  type RetryOutcome,
  withinTime,
} from "../shared/http_exchange.ts";

/** A token that ends within this is not used any more: the call that it is for takes time. */
export const TOKEN_MARGIN_MS = 30_000;

/** The most characters of a token: it goes out in a header, whose size servers limit. */
export const MAX_TOKEN_LENGTH = 16_384;

/** The bearer token of Diia's partner, kept while it is good. */
export interface DiiaTokens {
  /** A token to call with, or why there is none; the call that it was for has surely not been made. */
  take(signal: AbortSignal): Promise<Result<string, RetryOutcome>>;
  /** Says that Diia did not take this token: the next call has another. */
  drop(token: string): void;
}

/** What it takes to get a token. */
export interface TokenSource {
  /** Asks Diia for one. */
  readonly ask: (signal: AbortSignal) => Promise<ProviderReply>;
  readonly timeoutMs: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Only what can stand in a header. */
const Answer = z.object({
  token: z.string().check(z.maxLength(MAX_TOKEN_LENGTH), z.regex(/^[!-~]+$/)),
});

/**
 * Makes a keeper of tokens. One is asked for at a time, for everybody who waits for one; it is kept until
 * {@link TOKEN_MARGIN_MS} before the end that it names. One that names no end that we can read is not kept.
 */
export function createDiiaTokens({ ask, timeoutMs, now }: TokenSource): DiiaTokens {
  let kept: { readonly token: string; readonly endsAt: number } | undefined;
  let asking: Promise<Result<string, RetryOutcome>> | undefined;

  async function askOnce(): Promise<Result<string, RetryOutcome>> {
    // Not under the signal of whoever came first: the others wait for it too.
    const reply = await withinTime(timeoutMs, new AbortController().signal, ask);
    if (!reply.ok) return refuse(withoutToken(reply.refusal.code));
    const { status, retryAfter, body } = reply.value;
    if (status < 200 || status >= 300) {
      return refuse({ ...withoutToken(`http-${status}`), ...parseRetryAfter(retryAfter) });
    }
    const answer = Answer.safeParse(body);
    if (!answer.success) return refuse(withoutToken("bad-answer"));
    const { token } = answer.data;
    const endsAt = endOf(token);
    kept = endsAt === undefined ? undefined : { token, endsAt };
    return ok(token);
  }

  function begin(): Promise<Result<string, RetryOutcome>> {
    const mine = askOnce().finally(() => forget(mine));
    return asking = mine;
  }

  function forget(mine: Promise<unknown>): void {
    if (asking === mine) asking = undefined;
  }

  return {
    async take(signal) {
      if (kept !== undefined && kept.endsAt - now() > TOKEN_MARGIN_MS) return ok(kept.token);
      const mine = asking ?? begin();
      const token = await withinTime(timeoutMs, signal, (signal) => unlessAborted(mine, signal));
      if (token.ok) return token.value;
      // A Worker may have ended the request that the asking belonged to: it would never end by itself.
      if (token.refusal.code === "timeout") forget(mine);
      return refuse(withoutToken(token.refusal.code));
    },
    drop(token) {
      if (kept?.token === token) kept = undefined;
    },
  };
}

function withoutToken(code: string): RetryOutcome {
  return { kind: "retry", outcome: "not-sent", code: `token-${code}` };
}

/** When a token ends, epoch milliseconds; `undefined` when it is no JWT or does not say. */
function endOf(token: string): number | undefined {
  try {
    const { exp } = decodeJwt(token);
    return exp === undefined ? undefined : exp * 1000;
  } catch {
    return undefined;
  }
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
