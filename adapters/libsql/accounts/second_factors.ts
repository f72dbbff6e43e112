import { CODE_VALID_MS } from "../../../domain/accounts/one_time_codes.ts";
import { windowCharges, type WindowLimit } from "../../../domain/accounts/limits.ts";
import type { UserId } from "../../../domain/ids.ts";
import type { SecondFactorStore } from "../../../domain/ports/second_factor_store.ts";
import { blob, hex, idBytes, rowsOf } from "../connection/row.ts";
import { isTaken, takeLink, toTake } from "./code_marks.ts";
import type { AccountStorePorts } from "./links.ts";
import { HAS_RECOVERY_CODES, hasRecoveryCodes, preparePromotion } from "./promotion.ts";
import { countTry, readTry } from "./sign_ins.ts";
import { createTextCodeStore } from "./text_codes.ts";
import { resetCounters } from "./window_counters.ts";
import { createTotpSetupStore } from "./totp_setup.ts";

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
    ...createTotpSetupStore(ports),
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
    async replaceRecoveryCodes(userId, { id, codes }, entry, now) {
      // The first code has the id of the set, by which a form that is sent twice is recognised.
      const rows = await Promise.all(codes.map(async (code, index) => ({
        id: hex(idBytes(index === 0 ? id : clock.newId())),
        holder: hex(await key.hashCode("recovery", userId, code)),
      })));
      const [first] = rows;
      if (first === undefined) throw new Error("a set of recovery codes has at least one");
      const isNew = `NOT EXISTS (SELECT 1 FROM user_codes WHERE id = x'${first.id}')`;
      const { isAppended } = await audit.write({
        entry,
        now,
        // New codes are random: the stored hash is that of this batch, or of the set that was stored before.
        condition: {
          sql: "EXISTS (SELECT 1 FROM user_codes WHERE id = unhex(?) AND code_hash = unhex(?))",
          args: [first.id, first.holder],
        },
        statements: (isHead) => [
          {
            sql: `DELETE FROM user_codes
              WHERE user_id = ? AND purpose = 'recovery' AND ${isHead} AND ${isNew}`,
            args: [idBytes(userId)],
          },
          {
            sql: `INSERT INTO user_codes
                (id, purpose, holder, code_hash, user_id, tries, created_at, expires_at)
              SELECT unhex(c.value->>'id'), 'recovery', unhex(c.value->>'holder'),
                unhex(c.value->>'holder'), ?2, 0, ?3, ?4
              FROM json_each(?1) AS c WHERE ${isHead} AND ${isNew}`,
            args: [JSON.stringify(rows), idBytes(userId), now, now + CODE_VALID_MS.recovery],
          },
        ],
      });
      return isAppended;
    },
  };
}
