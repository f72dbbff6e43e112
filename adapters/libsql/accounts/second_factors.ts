import { CODE_VALID_MS, MAX_TEXT_TRIES } from "../../../domain/accounts/one_time_codes.ts";
import { windowCharges, type WindowLimit } from "../../../domain/accounts/limits.ts";
import type { SessionId, UserId } from "../../../domain/ids.ts";
import type { SecondFactorStore } from "../../../domain/ports/second_factor_store.ts";
import type { ResultSet } from "../connection/database.ts";
import { blob, hex, idBytes, integer, integerOrNull, rowsOf, uuid } from "../connection/row.ts";
import { isTaken, takeLink, toTake } from "./code_marks.ts";
import type { AccountStorePorts } from "./links.ts";
import { HAS_RECOVERY_CODES, preparePromotion } from "./promotion.ts";
import { forgetBrowsers } from "./session_rows.ts";
import { countTry, readTry } from "./sign_ins.ts";
import { createTextCodeStore } from "./text_codes.ts";
import { resetCounters } from "./window_counters.ts";

/** The last set-up of an authenticator app in a session (`?1`). */
const LAST_SETUP = `(SELECT id FROM user_codes WHERE purpose = 'totp-setup' AND holder = ?1
  ORDER BY created_at DESC, id DESC LIMIT 1)`;

/** Creates the store of second factors. */
export function createSecondFactorStore(ports: AccountStorePorts): SecondFactorStore {
  const { db, key, audit, clock } = ports;

  async function chargesOf(userId: UserId, limit: WindowLimit, now: number) {
    return windowCharges(`factor:${await key.nameCounter("factor", userId)}`, [limit], now);
  }

  async function resetTries(userId: UserId, limit: WindowLimit, condition: string, now: number) {
    const charges = await chargesOf(userId, limit, now);
    return resetCounters(charges.map(({ scope }) => scope), condition);
  }

  return {
    ...createTextCodeStore(ports),
    async countTry(userId, limit, now) {
      const results = await db.write([
        ...countTry(await chargesOf(userId, limit, now), now),
        { sql: "SELECT totp FROM users WHERE id = ?", args: [idBytes(userId)] },
      ]);
      const [row] = rowsOf(results, 2);
      return {
        limitedUntil: readTry(results, now),
        totpSecret: row === undefined || row.totp === null
          ? undefined
          : await key.open(blob(row, "totp"), "user totp", userId),
      };
    },
    async takeTotp(promotion, step, limit, entry, now) {
      const user = idBytes(promotion.userId);
      const raise = await preparePromotion(ports, promotion, now);
      const reset = await resetTries(promotion.userId, limit, raise.isRaised, now);
      const { results, isAppended } = await audit.write({
        entry,
        now,
        statements: (isHead) => [
          { sql: HAS_RECOVERY_CODES, args: [user] },
          ...raise.statements(`${isHead} AND EXISTS (SELECT 1 FROM users
            WHERE id = x'${hex(user)}' AND totp IS NOT NULL AND totp_step < ${step})`),
          {
            sql: `UPDATE users SET totp_step = ? WHERE id = ? AND ${raise.isRaised}`,
            args: [step, user],
          },
          reset,
        ],
        condition: { sql: raise.isRaised, args: [] },
      });
      return isAppended
        ? { kind: "right", hasRecoveryCodes: hasRecoveryCodes(results[0]) }
        : { kind: "used" };
    },
    async takeRecovery(promotion, code, limit, entry, now) {
      const { userId } = promotion;
      const taken = toTake("recovery", await key.hashCode("recovery", userId, code));
      const raise = await preparePromotion(ports, promotion, now);
      const reset = await resetTries(userId, limit, isTaken(taken), now);
      const { results, isAppended } = await audit.write({
        entry,
        now,
        statements: (isHead) => [
          {
            sql: "SELECT 1 FROM user_codes WHERE purpose = 'recovery' AND holder = ?",
            args: [taken.holder],
          },
          takeLink(taken, isHead, now),
          { sql: HAS_RECOVERY_CODES, args: [idBytes(userId)] },
          ...raise.statements(isTaken(taken)),
          reset,
        ],
        condition: { sql: isTaken(taken), args: [] },
        isFinal: (results) => rowsOf(results, 0).length === 0,
      });
      if (isAppended) return { kind: "right", hasRecoveryCodes: hasRecoveryCodes(results[2]) };
      return { kind: rowsOf(results, 0).length === 0 ? "wrong" : "used" };
    },
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
    async replaceRecoveryCodes(userId, codes, entry, now) {
      const rows = await Promise.all(codes.map(async (code) => ({
        id: hex(idBytes(clock.newId())),
        holder: hex(await key.hashCode("recovery", userId, code)),
      })));
      await audit.write({
        entry,
        now,
        statements: (isHead) => [
          {
            sql: `DELETE FROM user_codes WHERE user_id = ? AND purpose = 'recovery' AND ${isHead}`,
            args: [idBytes(userId)],
          },
          {
            sql: `INSERT INTO user_codes
                (id, purpose, holder, code_hash, user_id, tries, created_at, expires_at)
              SELECT unhex(c.value->>'id'), 'recovery', unhex(c.value->>'holder'),
                unhex(c.value->>'holder'), ?2, 0, ?3, ?4
              FROM json_each(?1) AS c WHERE ${isHead}`,
            args: [JSON.stringify(rows), idBytes(userId), now, now + CODE_VALID_MS.recovery],
          },
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

function hasRecoveryCodes(result: ResultSet | undefined): boolean {
  const [row] = result?.rows ?? [];
  return row !== undefined && integer(row, "has_recovery_codes") === 1;
}
