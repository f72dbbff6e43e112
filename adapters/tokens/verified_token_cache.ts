import type { AccessToken } from "../../domain/access/access_tokens.ts";
import type { KeySet, KeySource } from "./key_set.ts";

/** The most tokens in the cache. */
export const MAX_CACHED_TOKENS = 1_000;
/** The longest token that is cached, so that all tokens take a few megabytes. */
const MAX_CACHED_TOKEN_LENGTH = 8 * 1024;

/** A verified token. */
export interface VerifiedToken {
  readonly accessToken: AccessToken;
  readonly source: KeySource;
  /** The keys it was verified with. When the source has other keys, it must be verified again. */
  readonly set: KeySet;
  /** When it was verified, in epoch milliseconds. */
  readonly since: number;
}

/** A FIFO cache of verified tokens. A portal sends the same token many times, and verifying takes most of the time. */
export interface VerifiedTokenCache {
  /** The token, if it was verified with the keys that are current now, and has not expired. */
  get(token: string, now: number): AccessToken | undefined;
  /** Caches a token. When the cache is full, the oldest one is evicted. */
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
