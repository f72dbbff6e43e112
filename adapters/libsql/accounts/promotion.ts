/** Raises a session in the batch that takes a factor. */
import type { InStatement } from "@libsql/client";
import { CODE_VALID_MS } from "../../../domain/accounts/one_time_codes.ts";
import type { SessionPromotion } from "../../../domain/ports/second_factor_store.ts";
import type { ResultSet } from "../connection/database.ts";
import { hex, idBytes, integer } from "../connection/row.ts";
import type { AccountStorePorts } from "./links.ts";

/** A promotion whose tokens are hashed. */
export interface PreparedPromotion {
  /** SQL without parameters: whether the session has its new token. */
  readonly isRaised: string;
  /** The statements that raise the session and remember the browser, if the SQL `condition` (no parameters) holds. */
  statements(condition: string): readonly InStatement[];
}

/** Hashes the tokens of a promotion. */
export async function preparePromotion(
  { key, clock }: Pick<AccountStorePorts, "key" | "clock">,
  { sessionId, userId, token, rememberedBrowser }: SessionPromotion,
  now: number,
): Promise<PreparedPromotion> {
  const tokenHash = await key.hashToken("session", token);
  const browser = rememberedBrowser === undefined
    ? undefined
    : await key.hashToken("remembered-browser", rememberedBrowser);
  const isRaised = `EXISTS (SELECT 1 FROM sessions WHERE token_hash = x'${hex(tokenHash)}')`;
  return {
    isRaised,
    statements: (condition) => [
      {
        sql: `UPDATE sessions SET token_hash = ?1, stage = 'complete', reauthenticated_at = ?2,
            seen_at = ?2
          WHERE id = ?3 AND user_id = ?4 AND ${condition}
            AND EXISTS (SELECT 1 FROM users WHERE id = ?4 AND state = 'active')`,
        args: [tokenHash, now, idBytes(sessionId), idBytes(userId)],
      },
      ...browser === undefined ? [] : [{
        sql: `INSERT INTO user_codes
            (id, purpose, holder, code_hash, user_id, tries, created_at, expires_at)
          SELECT ?1, 'remembered-browser', ?2, ?2, ?3, 0, ?4, ?5 WHERE ${isRaised}`,
        args: [
          idBytes(clock.newId()),
          browser,
          idBytes(userId),
          now,
          now + CODE_VALID_MS["remembered-browser"],
        ],
      }],
    ],
  };
}

/** Whether a user (`?`) has recovery codes that are not used. */
export const HAS_RECOVERY_CODES = `SELECT EXISTS (SELECT 1 FROM user_codes
  WHERE user_id = ? AND purpose = 'recovery' AND used_at IS NULL) AS has_recovery_codes`;

/** Reads the result of {@link HAS_RECOVERY_CODES}. */
export function hasRecoveryCodes(result: ResultSet | undefined): boolean {
  const [row] = result?.rows ?? [];
  return row !== undefined && integer(row, "has_recovery_codes") === 1;
}
