/** Limits of accounts: at most so many in a window of time that begins with the first. No clock: `now` is passed in. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../time/durations.ts";

/** At most `most` in a window of `perMs` milliseconds. The first use after a window's end begins the next one. */
export interface WindowLimit {
  readonly most: number;
  readonly perMs: number;
}

/** E-mails about accounts: to one address over all purposes, and requested from one network. */
export const MAIL_LIMITS = {
  address: [{ most: 5, perMs: HOUR_MS }, { most: 10, perMs: DAY_MS }],
  network: [{ most: 30, perMs: HOUR_MS }],
} as const satisfies Readonly<Record<string, readonly WindowLimit[]>>;

/** Codes by text: of one person, to one number, and of the whole deployment. */
export const TEXT_LIMITS = {
  user: [{ most: 5, perMs: HOUR_MS }],
  number: [{ most: 10, perMs: HOUR_MS }],
  deployment: [{ most: 200, perMs: HOUR_MS }],
} as const satisfies Readonly<Record<string, readonly WindowLimit[]>>;

/** Invitations of one service. */
export const INVITATION_LIMIT: WindowLimit = { most: 100, perMs: DAY_MS };

/** Messages of one service that prove reply-to addresses. */
export const REPLY_TO_LIMIT: WindowLimit = { most: 20, perMs: DAY_MS };

/** Failed sign-ins to one address from one network. */
export const SIGN_IN_LIMIT: WindowLimit = { most: 10, perMs: 15 * MINUTE_MS };

/** Wrong codes of an authenticator app and wrong recovery codes, of one person. */
export const SECOND_FACTOR_LIMIT: WindowLimit = { most: 5, perMs: 15 * MINUTE_MS };

/** One use of a counter. It is allowed while the counter's window has fewer than `most`. */
export interface WindowCharge {
  /** The counter's name. */
  readonly scope: string;
  readonly most: number;
  /** When a window that begins now ends, in epoch milliseconds. */
  readonly expiresAt: number;
}

/**
 * What one use costs of the counter of each limit.
 *
 * @param name what is counted; it must hold no personal data, so addresses are named by their keyed hashes
 */
export function windowCharges(
  name: string,
  limits: readonly WindowLimit[],
  now: number,
): readonly WindowCharge[] {
  return limits.map(({ most, perMs }) => ({
    // The limit is part of the name, so that a changed limit starts a new counter.
    scope: `account:${name}:${most}/${perMs}`,
    most,
    expiresAt: now + perMs,
  }));
}

/** Counters that are used up. */
export interface UsedUp {
  /** When the last of their windows ends, in epoch milliseconds. */
  readonly until: number;
  /** Their names. */
  readonly scopes: readonly string[];
}

/** Whole seconds until a window ends, at least 1. */
export function secondsUntil(endsAt: number, now: number): number {
  return Math.max(1, Math.ceil((endsAt - now) / 1000));
}
