import type { ServiceId, UserId } from "../../../domain/ids.ts";
import type { TeamChange, TeamStore } from "../../../domain/ports/team_store.ts";
import { MAX_MEMBERSHIPS } from "../../../domain/accounts/account.ts";
import { ROLES } from "../../../domain/accounts/roles.ts";
import { hex, idBytes, rowsOf } from "../connection/row.ts";
import { prepareService } from "../services/create_service.ts";
import { readService } from "../services/service_rows.ts";
import { raiseRevisionIf, readInvitation, selectInvitations } from "./invitation_rows.ts";
import { createInvitationStore } from "./invitations.ts";
import type { AccountStorePorts } from "./links.ts";
import {
  hasManage,
  MAX_TEAM,
  readMember,
  readRoles,
  SELECT_MEMBERS,
  selectServicesOf,
  selectTeam,
  toStoredRoles,
} from "./team_rows.ts";

/** SQL: only members after one (`?3`), by the order of the list. */
const AFTER_MEMBER = `AND (m.created_at, m.user_id) > (SELECT created_at, user_id FROM memberships
  WHERE service_id = ?1 AND user_id = ?3)`;

/** SQL: whether a service (`?1`) has a member with `manage` beside one (`?2`). */
const HAS_OTHER_MANAGER = `EXISTS (SELECT 1 FROM memberships AS o
  WHERE o.service_id = ?1 AND o.user_id <> ?2 AND ${hasManage("o")})`;

/** Creates the store of the teams of services. */
export function createTeamStore(ports: AccountStorePorts): TeamStore {
  const { db, encryption, key, audit, forget } = ports;

  /** Why a change of a member was not made. */
  async function whyNot(serviceId: ServiceId, userId: UserId): Promise<TeamChange> {
    const results = await db.readPoint([{
      sql: "SELECT 1 FROM memberships WHERE service_id = ? AND user_id = ?",
      args: [idBytes(serviceId), idBytes(userId)],
    }]);
    return rowsOf(results, 0).length === 0 ? "not-found" : "last-manager";
  }

  return {
    ...createInvitationStore(ports),
    async createService({ id, name, settings }, userId, entry, now) {
      const service = { id, name, mode: "trial", active: true, settings } as const;
      const isFree = `NOT EXISTS (SELECT 1 FROM services WHERE id = x'${hex(idBytes(id))}')`;
      const { statements, isCreated } = await prepareService(encryption, service, now);
      const hasMember = `EXISTS (SELECT 1 FROM memberships
        WHERE service_id = x'${hex(idBytes(id))}' AND user_id = x'${hex(idBytes(userId))}')`;
      const { results, isAppended } = await audit.write({
        entry,
        now,
        statements: (isHead) => [
          // First, since the rest depends on it: the membership of a service that does not exist yet.
          {
            sql: `INSERT INTO memberships (service_id, user_id, roles, created_at)
              SELECT ?1, ?2, ?3, ?4 WHERE ${isFree} AND ${isHead}
                AND (SELECT count(*) FROM memberships WHERE user_id = ?2) < ${MAX_MEMBERSHIPS}
              ON CONFLICT DO NOTHING`,
            args: [idBytes(id), idBytes(userId), toStoredRoles(ROLES), now],
          },
          ...statements(`${isFree} AND ${hasMember}`),
        ],
        condition: { sql: isCreated, args: [] },
      });
      const [row] = rowsOf(results, 2);
      return isAppended && row !== undefined ? readService(row) : undefined;
    },
    async listServices(userId) {
      const results = await db.readLong([selectServicesOf(userId)]);
      return rowsOf(results, 0).map((row) => ({
        service: readService(row),
        roles: readRoles(row),
      }));
    },
    async listMembers(serviceId, { after, limit } = { after: undefined, limit: MAX_TEAM }) {
      const results = await db.readLong([{
        sql: `${SELECT_MEMBERS} ${after === undefined ? "" : AFTER_MEMBER}
          ORDER BY m.created_at, m.user_id LIMIT ?2`,
        args: [idBytes(serviceId), limit, ...(after === undefined ? [] : [idBytes(after)])],
      }]);
      return await Promise.all(rowsOf(results, 0).map((row) => readMember(row, key)));
    },
    async readTeam(serviceId) {
      const results = await db.readLong([
        selectTeam(serviceId),
        selectInvitations(serviceId, undefined),
      ]);
      const [members, invitations] = await Promise.all([
        Promise.all(rowsOf(results, 0).map((row) => readMember(row, key))),
        Promise.all(rowsOf(results, 1).map((row) => readInvitation(row, key))),
      ]);
      return { members, invitations };
    },
    async getMember(serviceId, userId) {
      const results = await db.readPoint([{
        sql: `${SELECT_MEMBERS} AND m.user_id = ?2`,
        args: [idBytes(serviceId), idBytes(userId)],
      }]);
      const [row] = rowsOf(results, 0);
      return row && await readMember(row, key);
    },
    async setRoles(serviceId, userId, roles, entry, now) {
      const stored = toStoredRoles(roles);
      const results = await audit.change({
        entry,
        now,
        statements: (isHead) => [
          {
            sql: `UPDATE memberships AS m SET roles = ?3
              WHERE service_id = ?1 AND user_id = ?2 AND ${isHead}
                AND (?4 OR NOT ${hasManage("m")} OR ${HAS_OTHER_MANAGER})
              RETURNING 1`,
            args: [idBytes(serviceId), idBytes(userId), stored, roles.includes("manage")],
          },
          raiseRevisionIf(serviceId, now, "changes() > 0"),
        ],
      });
      if (rowsOf(results, 0).length === 0) return await whyNot(serviceId, userId);
      forget(serviceId);
      return "changed";
    },
    async removeMember(serviceId, userId, entry, now) {
      const results = await audit.change({
        entry,
        now,
        statements: (isHead) => [
          {
            sql: `DELETE FROM memberships AS m WHERE service_id = ?1 AND user_id = ?2
              AND ${isHead} AND (NOT ${hasManage("m")} OR ${HAS_OTHER_MANAGER})
              RETURNING 1`,
            args: [idBytes(serviceId), idBytes(userId)],
          },
          raiseRevisionIf(serviceId, now, "changes() > 0"),
        ],
      });
      if (rowsOf(results, 0).length === 0) return await whyNot(serviceId, userId);
      forget(serviceId);
      return "changed";
    },
  };
}
