import type { InStatement } from "@libsql/client";
import { parseRoles, type Role } from "../../../domain/accounts/roles.ts";
import type { ServiceId, UserId } from "../../../domain/ids.ts";
import type { ResultSet, Row } from "../connection/database.ts";
import { idBytes, text, uuid } from "../connection/row.ts";

/** SQL: whether a row of `memberships` has the role `manage`. */
export function hasManage(alias: string): string {
  return `instr(${alias}.roles, '"manage"') > 0`;
}

/** The stored form of roles. */
export function toStoredRoles(roles: readonly Role[]): string {
  return JSON.stringify(roles);
}

/** Reads the column `roles`. @throws when it holds anything else */
export function readRoles(row: Row): readonly Role[] {
  const roles = parseRoles(JSON.parse(text(row, "roles")));
  if (roles === undefined) throw new Error("column roles should hold roles");
  return roles;
}

/**
 * Raises the revision of each service that a user is a member of, because their proved addresses are among those that
 * the services may send to in trial mode. {@link changedServices} reads its result.
 */
export function raiseRevisionsOf(userId: UserId, now: number, condition: string): InStatement {
  return {
    sql: `UPDATE services SET revision = revision + 1, updated_at = ?1
      WHERE id IN (SELECT service_id FROM memberships WHERE user_id = ?2) AND ${condition}
      RETURNING id`,
    args: [now, idBytes(userId)],
  };
}

/** The ids in the result of {@link raiseRevisionsOf}. */
export function changedServices(result: ResultSet | undefined): readonly ServiceId[] {
  return (result?.rows ?? []).map((row) => uuid(row, "id") as ServiceId);
}
