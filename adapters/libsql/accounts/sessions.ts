import { MAX_MEMBERSHIPS, SESSION_STAGES } from "../../../domain/accounts/account.ts";
import { INSTALLATION } from "../../../domain/accounts/audit.ts";
import { SESSION_IDLE_MS } from "../../../domain/accounts/one_time_codes.ts";
import type { Membership } from "../../../domain/accounts/roles.ts";
import type { ServiceId, SessionId } from "../../../domain/ids.ts";
import type { SessionStore } from "../../../domain/ports/session_store.ts";
import type { Row } from "../connection/database.ts";
import { blob, idBytes, integer, oneOf, rowsOf, uuid } from "../connection/row.ts";
import { readService } from "../services/service_rows.ts";
import type { AccountStorePorts } from "./links.ts";
import { endSessions, type SealedSession } from "./session_rows.ts";
import { readRoles } from "./team_rows.ts";
import { readUser, USER_COLUMNS } from "./user_rows.ts";

/** A session by its token (`?1`), unless it is over at `?2` or was idle since `?3`. */
const SELECT_SESSION = `SELECT s.id AS session_id, s.stage, s.created_at AS session_created_at,
    s.reauthenticated_at, s.seen_at, s.expires_at, ${USER_COLUMNS}
  FROM sessions AS s CROSS JOIN users AS u ON u.id = s.user_id
  WHERE s.token_hash = ?1 AND s.expires_at > ?2 AND s.seen_at > ?3 AND u.state = 'active'`;

const SELECT_MEMBERSHIPS = `SELECT m.service_id, m.roles FROM sessions AS s
  CROSS JOIN memberships AS m ON m.user_id = s.user_id
  WHERE s.token_hash = ?1 ORDER BY m.service_id LIMIT ${MAX_MEMBERSHIPS}`;

/** Max sessions of a person that are listed. */
const MAX_LISTED_SESSIONS = 100;

/** Creates the store of sessions. */
export function createSessionStore({ db, key, audit }: AccountStorePorts): SessionStore {
  return {
    async read(token, serviceId, now) {
      const tokenHash = await key.hashToken("session", token);
      const results = await db.readPoint([
        { sql: SELECT_SESSION, args: [tokenHash, now, now - SESSION_IDLE_MS] },
        { sql: SELECT_MEMBERSHIPS, args: [tokenHash] },
        // What the next step is appended to comes with this read, so that it costs no other.
        audit.selectHead(INSTALLATION),
        ...serviceId === undefined ? [] : [
          audit.selectHead(serviceId),
          { sql: "SELECT * FROM services WHERE id = ?", args: [idBytes(serviceId)] },
        ],
      ]);
      audit.learn(INSTALLATION, rowsOf(results, 2));
      if (serviceId !== undefined) audit.learn(serviceId, rowsOf(results, 3));
      const [row] = rowsOf(results, 0);
      if (row === undefined) return undefined;
      const user = await readUser(row, key);
      const memberships = rowsOf(results, 1).map(readMembership);
      const isMember = memberships.some((membership) => membership.serviceId === serviceId);
      const [service] = serviceId === undefined || !(isMember || user.isOperator)
        ? []
        : rowsOf(results, 4).map(readService);
      return {
        id: uuid(row, "session_id") as SessionId,
        stage: oneOf(row, "stage", SESSION_STAGES),
        user,
        createdAt: integer(row, "session_created_at"),
        reauthenticatedAt: integer(row, "reauthenticated_at"),
        expiresAt: integer(row, "expires_at"),
        seenAt: integer(row, "seen_at"),
        memberships,
        service,
      };
    },
    async touch(id, now) {
      await db.write([{
        sql: "UPDATE sessions SET seen_at = ?1 WHERE id = ?2 AND seen_at < ?1",
        args: [now, idBytes(id)],
      }]);
    },
    async list(userId, now) {
      const results = await db.readPoint([{
        sql: `SELECT * FROM sessions WHERE user_id = ?
          ORDER BY created_at DESC, id LIMIT ${MAX_LISTED_SESSIONS}`,
        args: [idBytes(userId)],
      }]);
      return await Promise.all(
        rowsOf(results, 0).map(async (row) => {
          const id = uuid(row, "id") as SessionId;
          const sealed: SealedSession = JSON.parse(
            await key.open(blob(row, "sealed"), "session", id),
          );
          const [seenAt, expiresAt] = [integer(row, "seen_at"), integer(row, "expires_at")];
          return {
            id,
            isActive: expiresAt > now && seenAt > now - SESSION_IDLE_MS,
            stage: oneOf(row, "stage", SESSION_STAGES),
            createdAt: integer(row, "created_at"),
            seenAt,
            expiresAt,
            browser: sealed.browser,
            address: sealed.address,
          };
        }),
      );
    },
    async end(userId, id, entry, now) {
      // Its token is replaced by a mark of this batch, so that of two requests at once one ends it.
      const mark = crypto.getRandomValues(new Uint8Array(16));
      const { isAppended } = await audit.write({
        entry,
        now,
        statements: (isHead) => [{
          sql: `UPDATE sessions SET token_hash = ?1, expires_at = ?2
            WHERE id = ?3 AND user_id = ?4 AND expires_at > ?2 AND ${isHead}`,
          args: [mark, now, idBytes(id), idBytes(userId)],
        }],
        condition: {
          sql: "EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?)",
          args: [mark],
        },
      });
      return isAppended;
    },
    async endOthers(userId, keep, entry, now) {
      await audit.write({
        entry,
        now,
        statements: (isHead) => [endSessions(userId, keep, isHead, now)],
      });
    },
  };
}

function readMembership(row: Row): Membership {
  return { serviceId: uuid(row, "service_id") as ServiceId, roles: readRoles(row) };
}
