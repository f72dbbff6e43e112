import type { InStatement } from "@libsql/client";
import {
  type WindowCharge,
  windowCharges,
  type WindowLimit,
} from "../../../domain/accounts/limits.ts";
import type { UserId } from "../../../domain/ids.ts";
import type { SignInStore, SignInTry } from "../../../domain/ports/sign_in_store.ts";
import type { ResultSet } from "../connection/database.ts";
import { hex, idBytes, integer, rowsOf, text } from "../connection/row.ts";
import type { AccountStorePorts } from "./links.ts";
import { prepareSession } from "./session_rows.ts";
import { readUser, USER_COLUMNS } from "./user_rows.ts";
import {
  addCharges,
  resetCounters,
  selectUsedUp,
  usedUp,
  withinWindows,
} from "./window_counters.ts";

const SELECT_ACCOUNT = `SELECT ${USER_COLUMNS}, u.password, EXISTS (SELECT 1 FROM user_codes AS c
    WHERE c.purpose = 'remembered-browser' AND c.holder = ?2 AND c.user_id = u.id
      AND c.expires_at > ?3) AS is_remembered
  FROM users AS u WHERE u.email_hash = ?1`;

/** Counts a try of a window, unless it is used up; {@link readTry} reads the two results. */
export function countTry(charges: readonly WindowCharge[], now: number): readonly InStatement[] {
  return [
    addCharges(charges, now, { sql: withinWindows("?1", "?2"), args: [] }),
    selectUsedUp(charges, now),
  ];
}

/** Until when the window is used up, by the first results of a batch; `undefined` when the try was counted. */
export function readTry(results: readonly ResultSet[], now: number): number | undefined {
  if (rowsOf(results, 0).length > 0) return undefined;
  return usedUp(rowsOf(results, 1))?.until ?? now;
}

/** Creates the store of sign-ins by password. */
export function createSignInStore({ db, key, audit }: AccountStorePorts): SignInStore {
  async function chargesOf({ emailAddress, network }: SignInTry, limit: WindowLimit, now: number) {
    const name = await key.nameCounter("sign-in", hex(await key.hashEmail(emailAddress)), network);
    return windowCharges(`sign-in:${name}`, [limit], now);
  }

  async function chargesAgain(userId: UserId, limit: WindowLimit, now: number) {
    return windowCharges(`again:${await key.nameCounter("again", userId)}`, [limit], now);
  }

  return {
    async begin(attempt, limit, now) {
      const { emailAddress, rememberedBrowser = "" } = attempt;
      const [charges, emailHash, browser] = await Promise.all([
        chargesOf(attempt, limit, now),
        key.hashEmail(emailAddress),
        key.hashToken("remembered-browser", rememberedBrowser),
      ]);
      const results = await db.write([
        ...countTry(charges, now),
        { sql: SELECT_ACCOUNT, args: [emailHash, browser, now] },
      ]);
      const [row] = rowsOf(results, 2);
      return {
        limitedUntil: readTry(results, now),
        account: row && {
          readUser: () => readUser(row, key),
          passwordHash: text(row, "password"),
          isRemembered: integer(row, "is_remembered") === 1,
        },
      };
    },
    async open(attempt, limit, session, { userId, passwordHash }, entry, now) {
      const charges = await chargesOf(attempt, limit, now);
      const { isComplete } = session;
      const prepared = await prepareSession(key, session, { userId, isComplete }, now);
      const { isAppended } = await audit.write({
        entry,
        now,
        statements: (isHead) => [
          prepared.insert(
            `${isHead} AND EXISTS (SELECT 1 FROM users
              WHERE id = ?2 AND state = 'active' AND password = ?8)`,
            [passwordHash],
          ),
          resetCounters(charges.map(({ scope }) => scope), prepared.exists),
        ],
        condition: { sql: prepared.exists, args: [] },
      });
      return isAppended;
    },
    async beginAgain(userId, limit, now) {
      const results = await db.write([
        ...countTry(await chargesAgain(userId, limit, now), now),
        { sql: "SELECT password FROM users WHERE id = ?", args: [idBytes(userId)] },
      ]);
      const [row] = rowsOf(results, 2);
      return {
        limitedUntil: readTry(results, now),
        passwordHash: row && text(row, "password"),
      };
    },
    async reauthenticate(userId, limit, { id, token }, entry, now) {
      const charges = await chargesAgain(userId, limit, now);
      const tokenHash = await key.hashToken("session", token);
      const isRenewed = `EXISTS (SELECT 1 FROM sessions WHERE token_hash = x'${hex(tokenHash)}')`;
      const { isAppended } = await audit.write({
        entry,
        now,
        statements: (isHead) => [
          {
            sql: `UPDATE sessions SET token_hash = ?1, reauthenticated_at = ?2, seen_at = ?2
              WHERE id = ?3 AND user_id = ?4 AND stage = 'complete' AND ${isHead}`,
            args: [tokenHash, now, idBytes(id), idBytes(userId)],
          },
          resetCounters(charges.map(({ scope }) => scope), isRenewed),
        ],
        condition: { sql: isRenewed, args: [] },
      });
      return isAppended;
    },
  };
}
