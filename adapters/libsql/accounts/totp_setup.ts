/** The part of the store of second factors that sets up authenticator apps. */
import { CODE_VALID_MS, MAX_TEXT_TRIES } from "../../../domain/accounts/one_time_codes.ts";
import type { SessionId } from "../../../domain/ids.ts";
import type { SecondFactorStore } from "../../../domain/ports/second_factor_store.ts";
import { blob, hex, idBytes, integer, integerOrNull, rowsOf, uuid } from "../connection/row.ts";
import { isTaken, takeLink, toTake } from "./code_marks.ts";
import type { AccountStorePorts } from "./links.ts";
import { HAS_RECOVERY_CODES, hasRecoveryCodes, preparePromotion } from "./promotion.ts";
import { forgetBrowsers } from "./session_rows.ts";

/** The last set-up of an authenticator app in a session (`?1`). */
const LAST_SETUP = `(SELECT id FROM user_codes WHERE purpose = 'totp-setup' AND holder = ?1
  ORDER BY created_at DESC, id DESC LIMIT 1)`;

/** Creates the part of the store that sets up and removes authenticator apps. */
export function createTotpSetupStore(
  ports: AccountStorePorts,
): Pick<SecondFactorStore, "startTotp" | "tryTotpSetup" | "addTotp" | "removeTotp"> {
  const { db, key, audit, clock } = ports;
  return {
    async startTotp(sessionId, userId, secret, now) {
      const id = clock.newId();
      await db.write([{
        sql: `INSERT INTO user_codes
            (id, purpose, holder, code_hash, user_id, sealed, tries, created_at, expires_at)
          VALUES (?1, 'totp-setup', ?2, ?2, ?3, ?4, 0, ?5, ?6)`,
        args: [
          idBytes(id),
          idBytes(sessionId),
          idBytes(userId),
          await key.seal(secret, "code", id),
          now,
          now + CODE_VALID_MS["totp-setup"],
        ],
      }]);
    },
    async tryTotpSetup(sessionId, now) {
      const results = await db.write([
        {
          sql: `UPDATE user_codes SET tries = tries + 1 WHERE id = ${LAST_SETUP}
              AND used_at IS NULL AND tries < ${MAX_TEXT_TRIES} AND expires_at > ?2
            RETURNING id, sealed, tries`,
          args: [idBytes(sessionId), now],
        },
        {
          sql: `SELECT used_at, expires_at FROM user_codes WHERE id = ${LAST_SETUP}`,
          args: [idBytes(sessionId)],
        },
      ]);
      const [row] = rowsOf(results, 0);
      if (row !== undefined) {
        return {
          secret: await key.open(blob(row, "sealed"), "code", uuid(row, "id")),
          triesLeft: MAX_TEXT_TRIES - integer(row, "tries"),
        };
      }
      const [last] = rowsOf(results, 1);
      const isOpen = last !== undefined && integerOrNull(last, "used_at") === null &&
        integer(last, "expires_at") > now;
      return isOpen ? "spent" : "none";
    },
    async addTotp(promotion, { secret, step }, entry, now) {
      const { userId, sessionId } = promotion;
      const taken = toTake("totp-setup", idBytes(sessionId));
      const sealed = await key.seal(secret, "user totp", userId);
      const raise = await preparePromotion(ports, promotion, now);
      const isMine = isTaken(taken);
      const { results, isAppended } = await audit.write({
        entry,
        now,
        statements: (isHead) => [
          takeLink(taken, `${isHead} AND ${mayAddTotp(sessionId)}`, now),
          { sql: HAS_RECOVERY_CODES, args: [idBytes(userId)] },
          {
            sql: `UPDATE users SET totp = ?, totp_step = ?, updated_at = ?
              WHERE id = ? AND ${isMine}`,
            args: [sealed, step, now, idBytes(userId)],
          },
          forgetBrowsers(userId, isMine),
          ...raise.statements(isMine),
        ],
        condition: { sql: isMine, args: [] },
      });
      return isAppended
        ? { kind: "right", hasRecoveryCodes: hasRecoveryCodes(results[1]) }
        : { kind: "used" };
    },
    async removeTotp(userId, entry, now) {
      await audit.write({
        entry,
        now,
        statements: (isHead) => [
          {
            sql: `UPDATE users SET totp = NULL, updated_at = ? WHERE id = ? AND ${isHead}`,
            args: [now, idBytes(userId)],
          },
          forgetBrowsers(userId, isHead),
        ],
      });
    },
  };
}

/** SQL: whether a session may add an app: it is complete, or the account has no second factor yet. */
function mayAddTotp(sessionId: SessionId): string {
  return `EXISTS (SELECT 1 FROM sessions AS s CROSS JOIN users AS u ON u.id = s.user_id
    WHERE s.id = x'${hex(idBytes(sessionId))}' AND s.expires_at > ?1
      AND (s.stage = 'complete' OR (u.mobile IS NULL AND u.totp IS NULL)))`;
}
