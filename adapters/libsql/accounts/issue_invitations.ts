/** The part of the store of teams that issues invitations. */
import type { TeamStore } from "../../../domain/ports/team_store.ts";
import type { Bytes } from "../../crypto/envelope_encryption.ts";
import { hex, idBytes, rowsOf } from "../connection/row.ts";
import { isPending, readInvitation, toStoredActor } from "./invitation_rows.ts";
import type { AccountStorePorts } from "./links.ts";
import { toStoredRoles } from "./team_rows.ts";
import {
  addCharges,
  selectUsedUp,
  toChargesJson,
  usedUp,
  withinWindows,
} from "./window_counters.ts";

const INSERT_INVITATION = `INSERT INTO invitations (id, service_id, email_hash, email, roles,
    invited_by, token_hash, created_at, expires_at)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
  WHERE ${withinWindows("?10", "?8")}
    AND EXISTS (SELECT 1 FROM services WHERE id = ?2)
    AND NOT EXISTS (SELECT 1 FROM invitations WHERE service_id = ?2 AND email_hash = ?3
      AND ${isPending("?8")})
    AND NOT EXISTS (SELECT 1 FROM users AS u CROSS JOIN memberships AS m ON m.user_id = u.id
      WHERE u.email_hash = ?3 AND m.service_id = ?2)`;

/** Creates the part of the store that issues invitations and their links. */
export function createInvitationIssue(
  { db, key, audit }: AccountStorePorts,
): Pick<TeamStore, "invite" | "renewInvitation"> {
  return {
    async invite(invitation, charges, entry, now) {
      const { id, serviceId, emailAddress, roles, token, expiresAt } = invitation;
      const emailHash = await key.hashEmail(emailAddress.normalised);
      const ofAddress = charges.address(hex(emailHash));
      const exists = isStored(idBytes(id));
      const row = [
        idBytes(id),
        idBytes(serviceId),
        emailHash,
        await key.seal(emailAddress.address, "invitation email", id),
        toStoredRoles(roles),
        toStoredActor(entry.actor),
        await key.hashToken("invitation", token),
        now,
        expiresAt,
        toChargesJson(charges.service),
      ];
      const { results, isAppended } = await audit.write({
        entry,
        now,
        statements: (isHead) => [
          selectUsedUp(charges.service, now),
          { sql: `${INSERT_INVITATION} AND ${isHead}`, args: row },
          addCharges(charges.service, now, { sql: exists, args: [] }),
          addCharges(ofAddress, now, {
            sql: `${exists} AND ${withinWindows("?1", "?2")}`,
            args: [],
          }),
          {
            sql: `SELECT 1 FROM users AS u CROSS JOIN memberships AS m ON m.user_id = u.id
              WHERE u.email_hash = ? AND m.service_id = ?`,
            args: [emailHash, idBytes(serviceId)],
          },
        ],
        condition: { sql: exists, args: [] },
      });
      if (isAppended) {
        return {
          kind: "invited",
          isMailAllowed: rowsOf(results, 3).length === ofAddress.length,
        };
      }
      const until = usedUp(rowsOf(results, 0))?.until;
      if (until !== undefined) return { kind: "limited", until };
      return { kind: rowsOf(results, 4).length > 0 ? "already-member" : "already-invited" };
    },
    async renewInvitation(serviceId, id, { token, expiresAt }, charges, entry, now) {
      const before = await db.readPoint([{
        sql: `SELECT * FROM invitations WHERE service_id = ? AND id = ?
          AND accepted_at IS NULL AND withdrawn_at IS NULL`,
        args: [idBytes(serviceId), idBytes(id)],
      }]);
      const [row] = rowsOf(before, 0);
      if (row === undefined) return { kind: "not-found" };
      const invitation = await readInvitation(row, key);
      const hash = hex(await key.hashEmail(invitation.emailAddress.toLowerCase()));
      const ofAddress = charges.address(hash);
      const tokenHash = await key.hashToken("invitation", token);
      const isRenewed = `EXISTS (SELECT 1 FROM invitations WHERE token_hash = x'${
        hex(tokenHash)
      }')`;
      const { results, isAppended } = await audit.write({
        entry,
        now,
        statements: (isHead) => [
          selectUsedUp(charges.service, now),
          {
            sql: `UPDATE invitations SET token_hash = ?1, expires_at = ?2
              WHERE service_id = ?3 AND id = ?4 AND accepted_at IS NULL AND withdrawn_at IS NULL
                AND ${isHead} AND ${withinWindows("?5", "?6")}`,
            args: [
              tokenHash,
              expiresAt,
              idBytes(serviceId),
              idBytes(id),
              toChargesJson(charges.service),
              now,
            ],
          },
          addCharges(charges.service, now, { sql: isRenewed, args: [] }),
          addCharges(ofAddress, now, {
            sql: `${isRenewed} AND ${withinWindows("?1", "?2")}`,
            args: [],
          }),
        ],
        condition: { sql: isRenewed, args: [] },
      });
      if (isAppended) {
        return {
          kind: "renewed",
          invitation: { ...invitation, expiresAt },
          isMailAllowed: rowsOf(results, 3).length === ofAddress.length,
        };
      }
      const until = usedUp(rowsOf(results, 0))?.until;
      return until === undefined ? { kind: "not-found" } : { kind: "limited", until };
    },
  };
}

function isStored(id: Bytes): string {
  return `EXISTS (SELECT 1 FROM invitations WHERE id = x'${hex(id)}')`;
}
