/** The part of the store of teams that has invitations. */
import { ROLES } from "../../../domain/accounts/roles.ts";
import type { TeamStore } from "../../../domain/ports/team_store.ts";
import {
  hex,
  idBytes,
  integer,
  integerOrNull,
  rowsOf,
  storedText,
  text,
  uuid,
} from "../connection/row.ts";
import {
  isPending,
  raiseRevisionIf,
  readInvitation,
  readInvitationAddress,
  selectInvitations,
} from "./invitation_rows.ts";
import type { AccountStorePorts } from "./links.ts";
import { readRoles, toStoredRoles } from "./team_rows.ts";
import { createInvitationIssue } from "./issue_invitations.ts";

type InvitationStore = Pick<
  TeamStore,
  | "listInvitations"
  | "invite"
  | "renewInvitation"
  | "withdrawInvitation"
  | "readInvitation"
  | "acceptInvitation"
>;

/** Creates the part of the store of teams that has invitations. */
export function createInvitationStore(ports: AccountStorePorts): InvitationStore {
  const { db, key, audit, forget } = ports;

  return {
    ...createInvitationIssue(ports),
    async listInvitations(serviceId, page) {
      const results = await db.readLong([selectInvitations(serviceId, page)]);
      return await Promise.all(rowsOf(results, 0).map((row) => readInvitation(row, key)));
    },
    async withdrawInvitation(serviceId, id, entry, now) {
      const results = await audit.change({
        entry,
        now,
        statements: (isHead) => [{
          sql: `UPDATE invitations SET withdrawn_at = ? WHERE service_id = ? AND id = ?
            AND accepted_at IS NULL AND withdrawn_at IS NULL AND ${isHead} RETURNING 1`,
          args: [now, idBytes(serviceId), idBytes(id)],
        }],
      });
      return rowsOf(results, 0).length > 0;
    },
    async readInvitation(token, now) {
      const results = await db.readPoint([{
        sql: `SELECT i.*, s.name AS service_name,
            EXISTS (SELECT 1 FROM users WHERE email_hash = i.email_hash) AS has_account
          FROM invitations AS i CROSS JOIN services AS s ON s.id = i.service_id
          WHERE i.token_hash = ?`,
        args: [await key.hashToken("invitation", token)],
      }]);
      const [row] = rowsOf(results, 0);
      if (row === undefined) return undefined;
      const invitation = await readInvitation(row, key);
      return {
        invitation,
        state: integerOrNull(row, "withdrawn_at") !== null
          ? "withdrawn"
          : integerOrNull(row, "accepted_at") !== null
          ? "used"
          : invitation.expiresAt <= now
          ? "expired"
          : "valid",
        serviceName: storedText(row, "service_name"),
        hasAccount: integer(row, "has_account") === 1,
      };
    },
    async acceptInvitation(token, userId, entry, now) {
      const link = await readInvitationAddress(db, key, token);
      if (link === undefined) return false;
      const emailHash = await key.hashEmail(link.emailAddress.toLowerCase());
      const before = await db.readPoint([{
        sql: `SELECT i.id, i.service_id, i.roles, m.roles AS member_roles FROM invitations AS i
          LEFT JOIN memberships AS m ON m.service_id = i.service_id AND m.user_id = ?2
          WHERE i.token_hash = ?1`,
        args: [link.holder, idBytes(userId)],
      }]);
      const [row] = rowsOf(before, 0);
      if (row === undefined) return false;
      const earlier: unknown = row.member_roles === null
        ? []
        : JSON.parse(text(row, "member_roles"));
      const invited = readRoles(row);
      const roles = ROLES.filter((role) =>
        invited.includes(role) || Array.isArray(earlier) && earlier.includes(role)
      );
      const id = uuid(row, "id");
      const serviceId = entry.chain;
      if (serviceId === "installation") return false;
      // Written once for each batch, so that of two requests at once one accepts.
      const mark = hex(crypto.getRandomValues(new Uint8Array(16)));
      const isMine = `EXISTS (SELECT 1 FROM invitations WHERE id = x'${hex(idBytes(id))}'
        AND used_mark = x'${mark}')`;
      const { isAppended } = await audit.write({
        entry,
        now,
        statements: (isHead) => [
          {
            sql: `UPDATE invitations SET accepted_at = ?1, used_mark = x'${mark}'
              WHERE token_hash = ?2 AND service_id = ?4 AND ${isPending("?1")} AND ${isHead}
                AND EXISTS (SELECT 1 FROM users WHERE id = ?3 AND email_hash = ?5
                  AND state = 'active')`,
            args: [now, link.holder, idBytes(userId), idBytes(serviceId), emailHash],
          },
          {
            sql: `INSERT INTO memberships (service_id, user_id, roles, created_at)
              SELECT ?1, ?2, ?3, ?4 WHERE ${isMine}
              ON CONFLICT (service_id, user_id) DO UPDATE SET roles = excluded.roles`,
            args: [idBytes(serviceId), idBytes(userId), toStoredRoles(roles), now],
          },
          raiseRevisionIf(serviceId, now, isMine),
        ],
        condition: { sql: isMine, args: [] },
      });
      if (isAppended) forget(serviceId);
      return isAppended;
    },
  };
}
