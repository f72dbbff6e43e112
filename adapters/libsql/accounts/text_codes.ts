/** The part of the store of second factors that has codes by text. */
import type { InStatement } from "@libsql/client";
import {
  CODE_VALID_MS,
  MAX_TEXT_TRIES,
  TEXT_AGAIN_MS,
} from "../../../domain/accounts/one_time_codes.ts";
import type { SessionId } from "../../../domain/ids.ts";
import { STATUSES } from "../../../domain/notification/status.ts";
import type { SecondFactorStore, TakenCode } from "../../../domain/ports/second_factor_store.ts";
import type { ResultSet, Row } from "../connection/database.ts";
import {
  blob,
  hex,
  idBytes,
  integer,
  integerOrNull,
  oneOf,
  rowsOf,
  uuid,
} from "../connection/row.ts";
import { isTaken, type TakenCodeRow, toTake } from "./code_marks.ts";
import type { AccountStorePorts } from "./links.ts";
import { HAS_RECOVERY_CODES, preparePromotion } from "./promotion.ts";
import { forgetBrowsers } from "./session_rows.ts";
import { changedServices, raiseRevisionsOf } from "./team_rows.ts";
import {
  addCharges,
  selectUsedUp,
  toChargesJson,
  usedUp,
  withinWindows,
} from "./window_counters.ts";

/** The last code of a session (`?1`). */
const SELECT_LAST = `SELECT * FROM user_codes WHERE purpose = 'text' AND holder = ?1
  ORDER BY created_at DESC, id DESC LIMIT 1`;
const LAST_ID = `(SELECT id FROM user_codes WHERE purpose = 'text' AND holder = ?1
  ORDER BY created_at DESC, id DESC LIMIT 1)`;

const INSERT_CODE = `INSERT INTO user_codes
    (id, purpose, holder, code_hash, user_id, sealed, tries, created_at, expires_at)
  SELECT ?2, 'text', ?1, ?3, ?4, ?5, 0, ?6, ?7
  WHERE NOT EXISTS (SELECT 1 FROM user_codes
      WHERE purpose = 'text' AND holder = ?1 AND created_at > ?8)
    AND ${withinWindows("?9", "?6")}
  RETURNING 1`;

/**
 * Whether the session (`?1`) lasts, and may prove the code's number: one that the account has; or a new one (`?6`), when
 * the session is complete or the account has no second factor yet.
 */
const IS_ALLOWED = `EXISTS (SELECT 1 FROM sessions AS s CROSS JOIN users AS u ON u.id = s.user_id
  WHERE s.id = ?1 AND s.expires_at > ?4 AND u.state = 'active'
    AND (NOT ?6 OR s.stage = 'complete' OR (u.mobile IS NULL AND u.totp IS NULL)))`;

/** Creates the part of the store that has codes by text. */
export function createTextCodeStore(
  ports: AccountStorePorts,
): Pick<SecondFactorStore, "issueText" | "setMessage" | "readText" | "takeText"> {
  const { db, key, audit, forget } = ports;

  /** The last code of a session with its number, and the number that the account has. */
  async function readLast(sessionId: SessionId, userId: string) {
    const results = await db.readPoint([
      { sql: SELECT_LAST, args: [idBytes(sessionId)] },
      { sql: "SELECT mobile FROM users WHERE id = ?", args: [idBytes(userId)] },
    ]);
    const [code] = rowsOf(results, 0);
    if (code === undefined) return undefined;
    const [user] = rowsOf(results, 1);
    const number = await openNumber(code);
    const before = user === undefined || user.mobile === null
      ? undefined
      : await key.open(blob(user, "mobile"), "user mobile", userId);
    return { id: uuid(code, "id"), number, isNew: before !== number };
  }

  const openNumber = (code: Row) => key.open(blob(code, "sealed"), "code", uuid(code, "id"));

  return {
    async issueText({ id, sessionId, userId, number, code }, chargesOf, now) {
      const charges = chargesOf(hex(await key.hashNumber(number)));
      const session = idBytes(sessionId);
      const results = await db.write([
        {
          sql: INSERT_CODE,
          args: [
            session,
            idBytes(id),
            await key.hashCode("text", sessionId, code),
            idBytes(userId),
            await key.seal(number, "code", id),
            now,
            now + CODE_VALID_MS.text,
            now - TEXT_AGAIN_MS,
            toChargesJson(charges),
          ],
        },
        selectUsedUp(charges, now),
        addCharges(charges, now, {
          sql: "EXISTS (SELECT 1 FROM user_codes WHERE id = ?3)",
          args: [idBytes(id)],
        }),
        { sql: SELECT_LAST, args: [session] },
      ]);
      if (rowsOf(results, 0).length > 0) return { kind: "issued" };
      const limited = usedUp(rowsOf(results, 1));
      if (limited !== undefined) return { kind: "limited", ...limited };
      const [last] = rowsOf(results, 3);
      const sentAt = last === undefined ? now : integer(last, "created_at");
      return { kind: "too-soon", againAt: sentAt + TEXT_AGAIN_MS };
    },
    async setMessage(codeId, { notificationId }) {
      await db.write([{
        sql: "UPDATE user_codes SET notification_id = ? WHERE id = ?",
        args: [idBytes(notificationId), idBytes(codeId)],
      }]);
    },
    async readText(sessionId, serviceId) {
      const results = await db.readPoint([{
        sql: `SELECT c.*, n.status AS message_status FROM (${SELECT_LAST}) AS c
          LEFT JOIN notifications AS n ON n.service_id = ?2 AND n.id = c.notification_id`,
        args: [idBytes(sessionId), idBytes(serviceId)],
      }]);
      const [row] = rowsOf(results, 0);
      return row && {
        number: await openNumber(row),
        sentAt: integer(row, "created_at"),
        expiresAt: integer(row, "expires_at"),
        tries: integer(row, "tries"),
        isUsed: integerOrNull(row, "used_at") !== null,
        status: row.message_status === null ? undefined : oneOf(row, "message_status", STATUSES),
      };
    },
    async takeText(promotion, code, entryOf, now) {
      const { sessionId, userId } = promotion;
      const last = await readLast(sessionId, userId);
      if (last === undefined) return { kind: "none" };
      const taken = toTake("text", idBytes(sessionId));
      const codeHash = await key.hashCode("text", sessionId, code);
      const mobile = await key.seal(last.number, "user mobile", userId);
      const raise = await preparePromotion(ports, promotion, now);
      const isMine = isTaken(taken);
      const ifNew = last.isNew ? isMine : "false";
      const { results } = await audit.write({
        entry: entryOf(last.isNew),
        now,
        statements: (isHead) => [
          compareCode(taken, { id: last.id, codeHash, isHead, isNew: last.isNew }, now),
          { sql: SELECT_LAST, args: [idBytes(sessionId)] },
          { sql: HAS_RECOVERY_CODES, args: [idBytes(userId)] },
          {
            sql: `UPDATE users SET mobile = ?, updated_at = ? WHERE id = ? AND ${ifNew}`,
            args: [mobile, now, idBytes(userId)],
          },
          forgetBrowsers(userId, ifNew),
          raiseRevisionsOf(userId, now, ifNew),
          ...raise.statements(isMine),
        ],
        condition: { sql: isMine, args: [] },
        // A wrong try is counted without an entry.
        isFinal: (results) => readTaken(results, now).kind !== "right",
      });
      for (const serviceId of changedServices(results[5])) forget(serviceId);
      return readTaken(results, now);
    },
  };
}

/**
 * Counts a try and takes the code if it is right, in one statement: of many tries at once, five are compared. A right
 * try is not counted while its entry cannot be appended, because it is made again then.
 */
function compareCode(
  { mark, holder }: TakenCodeRow,
  { id, codeHash, isHead, isNew }: {
    readonly id: string;
    readonly codeHash: Uint8Array<ArrayBuffer>;
    readonly isHead: string;
    readonly isNew: boolean;
  },
  now: number,
): InStatement {
  return {
    sql: `UPDATE user_codes SET tries = tries + iif(code_hash = ?3 AND NOT ${isHead}, 0, 1),
        used_at = iif(code_hash = ?3 AND ${isHead}, ?4, used_at),
        used_mark = iif(code_hash = ?3 AND ${isHead}, ?5, used_mark)
      WHERE id = ?2 AND id = ${LAST_ID} AND used_at IS NULL AND tries < ${MAX_TEXT_TRIES}
        AND expires_at > ?4 AND ${IS_ALLOWED}
      RETURNING code_hash = ?3 AS is_right, tries`,
    args: [holder, idBytes(id), codeHash, now, mark, isNew],
  };
}

/** The result of {@link compareCode}, which is followed by the last code and by {@link HAS_RECOVERY_CODES}. */
function readTaken(results: readonly ResultSet[], now: number): TakenCode {
  const [compared] = rowsOf(results, 0);
  if (compared !== undefined) {
    const [recovery] = rowsOf(results, 2);
    return integer(compared, "is_right") === 1
      ? {
        kind: "right",
        hasRecoveryCodes: recovery !== undefined && integer(recovery, "has_recovery_codes") === 1,
      }
      : { kind: "wrong", triesLeft: MAX_TEXT_TRIES - integer(compared, "tries") };
  }
  const [last] = rowsOf(results, 1);
  if (last === undefined) return { kind: "none" };
  if (integerOrNull(last, "used_at") !== null) return { kind: "used" };
  if (integer(last, "expires_at") <= now) return { kind: "expired" };
  return { kind: integer(last, "tries") < MAX_TEXT_TRIES ? "not-allowed" : "spent" };
}
