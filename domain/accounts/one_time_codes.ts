/** Links, one-time codes and tokens of accounts, as a table of purposes. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../time/durations.ts";

/** Links in messages: 32 random bytes, used once. */
export type LinkPurpose = "registration" | "password-reset" | "email-change" | "operator";

/** Everything that a row of `user_codes` can be for. */
export type CodePurpose =
  | LinkPurpose
  /** Six digits by text, bound to a session: the second factor, or the proof of a number. */
  | "text"
  /** The secret of an authenticator app that is being set up, bound to a session. */
  | "totp-setup"
  | "recovery"
  /** The cookie of a browser that needs no second factor. */
  | "remembered-browser"
  /** The link that proves a service's reply-to address; a message to the address has it. */
  | "reply-to"
  /** A form that is kept while its author signs in again; its browser has the token. */
  | "kept-form";

/** How long each is valid, in milliseconds. Recovery codes are valid until they are used or replaced. */
export const CODE_VALID_MS = {
  "registration": HOUR_MS,
  "password-reset": HOUR_MS,
  "email-change": HOUR_MS,
  "operator": HOUR_MS,
  "text": 10 * MINUTE_MS,
  "totp-setup": 30 * MINUTE_MS,
  "recovery": 100 * 365 * DAY_MS,
  "remembered-browser": 30 * DAY_MS,
  "reply-to": DAY_MS,
  "kept-form": 15 * MINUTE_MS,
} as const satisfies Readonly<Record<CodePurpose, number>>;

/** Tries of a code by text, right or wrong. */
export const MAX_TEXT_TRIES = 5;
/** How long after a code by text the next one can be requested, in milliseconds. */
export const TEXT_AGAIN_MS = MINUTE_MS;
/** How many recovery codes a person gets. */
export const RECOVERY_CODES = 10;
/** How long an invitation is valid, in milliseconds. */
export const INVITATION_VALID_MS = 7 * DAY_MS;

/** How long a session lasts in all, in milliseconds. */
export const SESSION_MS = 20 * HOUR_MS;
/** How long a session lasts without a request, in milliseconds. */
export const SESSION_IDLE_MS = 8 * HOUR_MS;
/** How often at most it is noted that a session was seen, in milliseconds. */
export const SEEN_EVERY_MS = 5 * MINUTE_MS;
/** How long after password and second factor the actions that need them are allowed, in milliseconds. */
export const REAUTHENTICATION_MS = 15 * MINUTE_MS;

const DIGITS = /^[0-9]{6}$/;

/** Reads six digits as typed: blanks and hyphens between them are ignored. @returns `undefined` for anything else */
export function parseCode(typed: string): string | undefined {
  const code = typed.replaceAll(/[\s-]/g, "");
  return DIGITS.test(code) ? code : undefined;
}

const RECOVERY = /^[a-z2-7]{16}$/;

/** Reads a recovery code as typed, in any case. @returns its 16 characters; `undefined` for anything else */
export function parseRecoveryCode(typed: string): string | undefined {
  const code = typed.replaceAll(/[\s-]/g, "").toLowerCase();
  return RECOVERY.test(code) ? code : undefined;
}

/** Writes a recovery code for reading: four groups of four. */
export function presentRecoveryCode(code: string): string {
  return code.replaceAll(/(.{4})(?=.)/g, "$1-");
}

const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** Whether a text has the form of a token: 32 bytes in base64url. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}
