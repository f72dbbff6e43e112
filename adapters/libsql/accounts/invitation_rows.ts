import type { InStatement } from "@libsql/client";
import type { AuditActor } from "../../../domain/accounts/audit.ts";
import type { Invitation } from "../../../domain/accounts/invitations.ts";
import type { InvitationId, ServiceId } from "../../../domain/ids.ts";
import type { TeamPage } from "../../../domain/ports/team_store.ts";
import type { Bytes } from "../../crypto/envelope_encryption.ts";
import type { Database, Row } from "../connection/database.ts";
import { blob, idBytes, integer, rowsOf, text, uuid } from "../connection/row.ts";
import type { AccountKey } from "./account_key.ts";
import { readRoles } from "./team_rows.ts";

/** SQL: whether an invitation waits for its answer, at the time `now` (SQL). */
export function isPending(now: string): string {
  return `accepted_at IS NULL AND withdrawn_at IS NULL AND expires_at > ${now}`;
}

/** How many invitations a list has, unless it is asked for another number. */
const MAX_INVITATIONS = 500;

/** SQL: only invitations older than one (`?3`). */
const AFTER_INVITATION = `AND (created_at, id) < (SELECT created_at, id FROM invitations
  WHERE id = ?3 AND service_id = ?1)`;

/** The invitations of a service that are neither accepted nor withdrawn, newest first. */
export function selectInvitations(
  serviceId: ServiceId,
  { after, limit }: TeamPage<InvitationId> = { after: undefined, limit: MAX_INVITATIONS },
): InStatement {
  return {
    sql: `SELECT * FROM invitations WHERE service_id = ?1 AND accepted_at IS NULL
      AND withdrawn_at IS NULL ${after === undefined ? "" : AFTER_INVITATION}
      ORDER BY created_at DESC, id DESC LIMIT ?2`,
    args: [idBytes(serviceId), limit, ...(after === undefined ? [] : [idBytes(after)])],
  };
}

/** Reads and decrypts a row of `invitations`. */
export async function readInvitation(row: Row, key: AccountKey): Promise<Invitation> {
  const id = uuid(row, "id") as InvitationId;
  return {
    id,
    serviceId: uuid(row, "service_id") as ServiceId,
    emailAddress: await key.open(blob(row, "email"), "invitation email", id),
    roles: readRoles(row),
    invitedBy: JSON.parse(text(row, "invited_by")),
    createdAt: integer(row, "created_at"),
    expiresAt: integer(row, "expires_at"),
  };
}

/** The stored form of who invites. */
export function toStoredActor(actor: AuditActor): string {
  return JSON.stringify(actor);
}

/** Reads the address that an invitation's link proves. */
export async function readInvitationAddress(
  db: Pick<Database, "readPoint">,
  key: AccountKey,
  token: string,
): Promise<{ readonly holder: Bytes; readonly emailAddress: string } | undefined> {
  const holder = await key.hashToken("invitation", token);
  const results = await db.readPoint([{
    sql: "SELECT id, email FROM invitations WHERE token_hash = ?",
    args: [holder],
  }]);
  const [row] = rowsOf(results, 0);
  if (row === undefined) return undefined;
  const emailAddress = await key.open(blob(row, "email"), "invitation email", uuid(row, "id"));
  return { holder, emailAddress };
}

/** Raises the revision of a service, because its team changes, if the SQL `condition` (no parameters) holds. */
export function raiseRevisionIf(
  serviceId: ServiceId,
  now: number,
  condition: string,
): InStatement {
  return {
    sql: `UPDATE services SET revision = revision + 1, updated_at = ?
      WHERE id = ? AND ${condition}`,
    args: [now, idBytes(serviceId)],
  };
}
