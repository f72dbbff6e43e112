import type { AccessToken } from "../../domain/access/access_tokens.ts";
import type { KeySet, KeySource } from "./key_set.ts";

/** The most tokens that a cache holds. */
export const MAX_CACHED_TOKENS = 1_000;
/** The longest token that is cached, so that all tokens take a few megabytes. */
const MAX_CACHED_TOKEN_LENGTH = 8 * 1024;

/** A verified access token with the keys that verified it. */
export interface VerifiedToken {
  readonly accessToken: AccessToken;
  /** The source of those keys. */
  readonly source: KeySource;
  /** The keys as they were then. When the source has other keys now, the token must be verified again. */
  readonly set: KeySet;
  /** When it was verified, in epoch milliseconds. */
  readonly since: number;
}

/**
 * A FIFO cache of verified tokens, by their text. A portal sends the same token many times, and verifying a signature
 * takes most of the time of such a request.
 */
export interface VerifiedTokenCache {
  /**
   * Returns the cached token if it has not expired and its source's keys are still those that verified it; `undefined`
   * otherwise. `now` is in epoch milliseconds.
   */
  get(token: string, now: number): AccessToken | undefined;
  /**
   * Caches a token. When the cache is full, the oldest one is evicted. A token of more than 8,192 characters is
   * ignored.
   */
  add(token: string, verified: VerifiedToken): void;
}

/** Creates an empty cache of at most {@link MAX_CACHED_TOKENS} tokens. */
export function createVerifiedTokenCache(): VerifiedTokenCache {
  const byText = new Map<string, VerifiedToken>();
  return {
    get(token, now) {
      const cached = byText.get(token);
      if (cached === undefined) return undefined;
      const { accessToken, source, set, since } = cached;
      const isValid = since <= now && now < accessToken.expiresAt && source.cached(now) === set;
      if (!isValid) byText.delete(token);
      return isValid ? accessToken : undefined;
    },
    add(token, verified) {
      if (token.length > MAX_CACHED_TOKEN_LENGTH) return;
      for (const oldest of byText.keys()) {
        if (byText.size < MAX_CACHED_TOKENS) break;
        byText.delete(oldest);
      }
      byText.set(token, verified);
    },
  };
}
