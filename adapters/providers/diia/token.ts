import { decodeJwt } from "jose";
import * as z from "zod/mini";
import { ok, refuse, type Result } from "../../../domain/result.ts";
import { perInvocation } from "../../invocation/invocation.ts";
import {
  parseRetryAfter,
  type ProviderReply,
  type RetryOutcome,
  waitWithin,
  withinTime,
} from "../shared/http_exchange.ts";

/** A cached token that expires within this time is not used any more, in milliseconds: a call with it takes time. */
export const TOKEN_MARGIN_MS = 30_000;

/** Max characters of a token from Diia. It is sent in a header, whose size servers limit; a longer one is refused. */
export const MAX_TOKEN_LENGTH = 16_384;

/** Supplies the access token with which Hark calls Diia as a partner, from a cache while it is valid. */
export interface DiiaTokens {
  /**
   * Returns a valid token. When none can be obtained, or `signal` is aborted first, it returns the outcome of the call
   * that needed the token: not sent, to be retried. Never rejects.
   */
  get(signal: AbortSignal): Promise<Result<string, RetryOutcome>>;
  /**
   * Removes `token` from the cache, if it is the cached one, so that the next {@link get} requests another. Call it
   * when Diia has refused the token.
   */
  drop(token: string): void;
}

/** The dependencies of {@link createDiiaTokens}. */
export interface TokenSource {
  /** Requests a token from Diia. */
  readonly request: (signal: AbortSignal) => Promise<ProviderReply>;
  /** The timeout of such a request, and of a caller's wait for it, in milliseconds. */
  readonly timeoutMs: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** A token with characters that are valid in a header. */
const Answer = z.object({
  token: z.string().check(z.maxLength(MAX_TOKEN_LENGTH), z.regex(/^[!-~]+$/)),
});

/**
 * Creates the cache of Diia's token for one process. Concurrent callers share one request (on a
 * serverless platform those of one invocation). A token is cached until
 * {@link TOKEN_MARGIN_MS} before its expiry (its claim `exp`); a token without a readable expiry is not cached.
 */
export function createDiiaTokens({ request, timeoutMs, now }: TokenSource): DiiaTokens {
  let cached: { readonly token: string; readonly expiresAt: number } | undefined;
  const pending = perInvocation((): {
    request: Promise<Result<string, RetryOutcome>> | undefined;
  } => ({
    request: undefined,
  }));

  async function requestToken(): Promise<Result<string, RetryOutcome>> {
    // Not under the first caller's signal: the others wait for the same request.
    const reply = await withinTime(timeoutMs, new AbortController().signal, request);
    if (!reply.ok) return refuse(withoutToken(reply.refusal.code));
    const { status, retryAfter, body } = reply.value;
    if (status < 200 || status >= 300) {
      return refuse({ ...withoutToken(`http-${status}`), ...parseRetryAfter(retryAfter) });
    }
    const answer = Answer.safeParse(body);
    if (!answer.success) return refuse(withoutToken("bad-answer"));
    const { token } = answer.data;
    const expiresAt = readExpiry(token);
    cached = expiresAt === undefined ? undefined : { token, expiresAt };
    return ok(token);
  }

  function startRequest(): Promise<Result<string, RetryOutcome>> {
    const own = pending();
    const started = requestToken().finally(() => forget(started));
    return own.request = started;
  }

  function forget(request: Promise<unknown>): void {
    const own = pending();
    if (own.request === request) own.request = undefined;
  }

  return {
    async get(signal) {
      if (cached !== undefined && cached.expiresAt - now() > TOKEN_MARGIN_MS) {
        return ok(cached.token);
      }
      const shared = pending().request ?? startRequest();
      const token = await waitWithin(timeoutMs, signal, (signal) => unlessAborted(shared, signal));
      if (token.ok) return token.value;
      if (token.refusal.code === "timeout") forget(shared);
      return refuse(withoutToken(token.refusal.code));
    },
    drop(token) {
      if (cached?.token === token) cached = undefined;
    },
  };
}

function withoutToken(code: string): RetryOutcome {
  return { kind: "retry", outcome: "not-sent", code: `token-${code}` };
}

/** When a token expires, epoch milliseconds; `undefined` when it is not a JWT or has no expiry. */
function readExpiry(token: string): number | undefined {
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
