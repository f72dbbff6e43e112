import type { InStatement } from "@libsql/client";
import { MAX_MEMBERSHIPS } from "../../../domain/accounts/account.ts";
import { type Member, parseRoles, type Role } from "../../../domain/accounts/roles.ts";
import type { ServiceId, UserId } from "../../../domain/ids.ts";
import type { ResultSet, Row } from "../connection/database.ts";
import { blob, idBytes, integer, text, uuid } from "../connection/row.ts";
import type { AccountKey } from "./account_key.ts";

/** Max members that a page lists. */
export const MAX_TEAM = 1_000;

/** The members of a service (`?1`). */
export const SELECT_MEMBERS = `SELECT m.user_id, m.roles, m.created_at AS since, u.name, u.email
  FROM memberships AS m CROSS JOIN users AS u ON u.id = m.user_id WHERE m.service_id = ?1`;

/** The members of a service, those that joined first before others: at most a thousand. */
export function selectTeam(serviceId: ServiceId): InStatement {
  return {
    sql: `${SELECT_MEMBERS} ORDER BY m.created_at, m.user_id LIMIT ${MAX_TEAM}`,
    args: [idBytes(serviceId)],
  };
}

/** The services of a person, each with the person's roles. */
export function selectServicesOf(userId: UserId): InStatement {
  return {
    sql: `SELECT s.*, m.roles FROM memberships AS m CROSS JOIN services AS s ON s.id = m.service_id
      WHERE m.user_id = ? ORDER BY m.service_id LIMIT ${MAX_MEMBERSHIPS}`,
    args: [idBytes(userId)],
  };
}

/** SQL: whether a row of `memberships` has the role `manage`. */
export function hasManage(alias: string): string {
  return `instr(${alias}.roles, '"manage"') > 0`;
}

/** SQL: whether at least two active people may manage a service (`?1`). */
export const HAS_TWO_MANAGERS = `EXISTS (SELECT 1 FROM memberships AS m
    CROSS JOIN users AS u ON u.id = m.user_id
    WHERE m.service_id = ?1 AND ${hasManage("m")} AND u.state = 'active' LIMIT 1 OFFSET 1)`;

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

/** Reads a row of {@link SELECT_MEMBERS}. */
export async function readMember(row: Row, key: AccountKey): Promise<Member> {
  const userId = uuid(row, "user_id") as UserId;
  const [name, emailAddress] = await Promise.all([
    key.open(blob(row, "name"), "user name", userId),
    key.open(blob(row, "email"), "user email", userId),
  ]);
  return {
    userId,
    name,
    emailAddress,
    roles: readRoles(row) satisfies readonly Role[],
    since: integer(row, "since"),
  };
}
