import type { InStatement } from "@libsql/client";
import type { NewSession } from "../../../domain/ports/account_store.ts";
import type { UserId } from "../../../domain/ids.ts";
import { hex, idBytes } from "../connection/row.ts";
import type { AccountKey } from "./account_key.ts";

/** The encrypted data of a session. */
export interface SealedSession {
  readonly browser: string;
  readonly address: string | undefined;
}

/** A session whose values are encrypted and hashed. */
export interface PreparedSession {
  /** SQL without parameters: whether the session exists. */
  readonly exists: string;
  /**
   * A statement that inserts it.
   *
   * @param condition SQL; it may use `?2`, the user's id, and from `?8` on its own arguments
   */
  insert(condition: string, args?: readonly string[]): InStatement;
}

/** Encrypts and hashes the values of a new session. */
export async function prepareSession(
  key: AccountKey,
  { id, token, browser, address, expiresAt }: NewSession,
  { userId, isComplete }: { readonly userId: UserId; readonly isComplete: boolean },
  now: number,
): Promise<PreparedSession> {
  const sealed: SealedSession = { browser, address };
  const values = [
    idBytes(id),
    idBytes(userId),
    await key.hashToken("session", token),
    isComplete ? "complete" : "first-factor",
    await key.seal(JSON.stringify(sealed), "session", id),
    now,
    expiresAt,
  ];
  return {
    exists: `EXISTS (SELECT 1 FROM sessions WHERE id = x'${hex(idBytes(id))}')`,
    insert: (condition, args = []) => ({
      sql: `INSERT INTO sessions (id, token_hash, user_id, stage, sealed, created_at,
          reauthenticated_at, seen_at, expires_at)
        SELECT ?1, ?3, ?2, ?4, ?5, ?6, ?6, ?6, ?7 WHERE ${condition}`,
      args: [...values, ...args],
    }),
  };
}

/** Ends the sessions of a user but one, if the SQL `condition` (no parameters) holds. */
export function endSessions(
  userId: UserId,
  keep: string | undefined,
  condition: string,
  now: number,
): InStatement {
  return {
    sql: `UPDATE sessions SET expires_at = ?3
      WHERE user_id = ?1 AND id IS NOT ?2 AND expires_at > ?3 AND ${condition}`,
    args: [idBytes(userId), keep === undefined ? null : idBytes(keep), now],
  };
}

/** Forgets the browsers of a user (`?1`) that need no second factor, if the SQL `condition` holds. */
export function forgetBrowsers(userId: UserId, condition: string): InStatement {
  return {
    sql: `DELETE FROM user_codes WHERE user_id = ?1 AND purpose = 'remembered-browser'
      AND ${condition}`,
    args: [idBytes(userId)],
  };
}
