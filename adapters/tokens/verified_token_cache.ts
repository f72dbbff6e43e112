import type { AccessToken } from "../../domain/access/access_tokens.ts";
import type { KeySet, KeySource } from "./key_set.ts";

/** The most tokens that are remembered. */
export const MAX_REMEMBERED = 1_000;
/** The most characters of a token that is remembered, so that all of them together take a few megabytes. */
const MAX_REMEMBERED_LENGTH = 8 * 1024;

/** A token that was verified before. */
export interface VerifiedToken {
  readonly accessToken: AccessToken;
  readonly source: KeySource;
  /** The keys it was verified with; with others at hand it is to be verified anew. */
  readonly set: KeySet;
  /** When it was verified, epoch milliseconds. */
  readonly since: number;
}

/** Verified tokens by their text: a portal sends the same one again and again, and verifying is most of the work. */
export interface Remembered {
  /** The token, if it was verified with the keys that are at hand now and its time is not over. */
  get(token: string, now: number): AccessToken | undefined;
  /** Remembers a token; the one that came first makes room. */
  add(token: string, verified: VerifiedToken): void;
}

/** Remembers at most {@link MAX_REMEMBERED} tokens. */
export function createRemembered(): Remembered {
  const byText = new Map<string, VerifiedToken>();
  return {
    get(token, now) {
      const known = byText.get(token);
      if (known === undefined) return undefined;
      const { accessToken, source, set, since } = known;
      const isGood = since <= now && now < accessToken.expiresAt && source.atHand(now) === set;
      if (!isGood) byText.delete(token);
      return isGood ? accessToken : undefined;
    },
    add(token, verified) {
      if (token.length > MAX_REMEMBERED_LENGTH) return;
      for (const oldest of byText.keys()) {
        if (byText.size < MAX_REMEMBERED) break;
        byText.delete(oldest);
      }
      byText.set(token, verified);
    },
  };
}
