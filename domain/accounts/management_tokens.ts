/** Management tokens: credentials of the management API that people make and revoke, beside `ADMIN_TOKEN`. */
import type { ManagementTokenId, ServiceId } from "../ids.ts";
import { HOUR_MS } from "../time/durations.ts";
import { isToken } from "./one_time_codes.ts";

/** What every token begins with, so that people and programs that look for leaked credentials recognise it. */
const PREFIX = "hark_";

/** Max tokens that are neither revoked nor expired. */
export const MAX_MANAGEMENT_TOKENS = 1_000;

/** How exact the time of the last use is, in milliseconds: a token's and an API key's is written once in it. */
export const LAST_USED_EVERY_MS = HOUR_MS;

/** A management token without its secret. Times are epoch milliseconds. */
export interface ManagementToken {
  readonly id: ManagementTokenId;
  readonly name: string;
  /** The only service that it reaches; `undefined` for all of the management API. */
  readonly serviceId: ServiceId | undefined;
  /** Whether it changes nothing. */
  readonly isReadOnly: boolean;
  readonly createdAt: number;
  /** When it stops working; `undefined` for never. */
  readonly expiresAt: number | undefined;
  readonly revokedAt: number | undefined;
  /** Exact to {@link LAST_USED_EVERY_MS}; `undefined` while it was not used. */
  readonly lastUsedAt: number | undefined;
}

/** Writes a token for its owner: the prefix and 43 characters. */
export function toManagementToken(secret: string): string {
  return `${PREFIX}${secret}`;
}

/** Reads the secret of a token. @returns `undefined` when the text has not the form of one */
export function parseManagementToken(text: string): string | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  const secret = text.slice(PREFIX.length);
  return isToken(secret) ? secret : undefined;
}

/** Why a token does not work at a time; `undefined` when it does. */
export function tokenFaultOf(
  { revokedAt, expiresAt }: Pick<ManagementToken, "revokedAt" | "expiresAt">,
  now: number,
): "revoked" | "expired" | undefined {
  if (revokedAt !== undefined) return "revoked";
  return expiresAt !== undefined && expiresAt <= now ? "expired" : undefined;
}

/** Whether the time of a use has to be written: the last one that was is too long ago. */
export function isUseDue(lastUsedAt: number | undefined, now: number): boolean {
  return lastUsedAt === undefined || now - lastUsedAt >= LAST_USED_EVERY_MS;
}
