/** What the members of a service may do, as a table of roles. */
import type { ServiceId, UserId } from "../ids.ts";

/** The roles of a member of a service. */
export const ROLES = ["view", "send", "templates", "keys", "manage"] as const;
/** One of {@link ROLES}. */
export type Role = typeof ROLES[number];

/** What a person or a management token can be allowed to do in a service. */
export const PERMISSIONS = [
  /** The overview, templates, and the status of messages without recipients. */
  "see-overview",
  /** Messages with recipients and content, replies, downloads. */
  "see-messages",
  /** Sending, uploading lists, cancelling. */
  "send",
  /** Creating, changing and archiving templates. */
  "change-templates",
  /** Creating and revoking keys, setting callbacks. */
  "change-keys",
  /** Settings, the guest list, asking to go live. */
  "change-settings",
  /** The team and its invitations. */
  "change-team",
  /** The service's audit log. */
  "see-audit",
] as const;
/** One of {@link PERMISSIONS}. */
export type Permission = typeof PERMISSIONS[number];

/** What each role allows. Every member may `see-overview`, also one without a role. */
const ROLE_PERMISSIONS = {
  view: ["see-messages"],
  send: ["see-messages", "send"],
  templates: ["change-templates"],
  keys: ["change-keys"],
  manage: ["change-settings", "change-team", "see-audit"],
} as const satisfies Readonly<Record<Role, readonly Permission[]>>;

/** What operators may not do in a service unless they are members of it. */
const MEMBERS_ONLY: readonly Permission[] = ["see-messages"];

/** A person's roles in one service. */
export interface Membership {
  readonly serviceId: ServiceId;
  readonly roles: readonly Role[];
}

/** A member of a service's team. */
export interface Member {
  readonly userId: UserId;
  readonly name: string;
  readonly emailAddress: string;
  readonly roles: readonly Role[];
  /** Epoch milliseconds. */
  readonly since: number;
}

/** Who asks for something in a service. */
export interface Access {
  readonly isOperator: boolean;
  /** The person's roles in the service; `undefined` for a person who is not a member. */
  readonly roles: readonly Role[] | undefined;
}

/**
 * Whether a person may do something in a service. Operators may do everything but see recipients and content of
 * messages, which needs membership.
 */
export function may({ isOperator, roles }: Access, permission: Permission): boolean {
  if (isOperator && !MEMBERS_ONLY.includes(permission)) return true;
  if (roles === undefined) return false;
  if (permission === "see-overview") return true;
  return roles.some((role) =>
    ROLE_PERMISSIONS[role].some((allowed: Permission) => allowed === permission)
  );
}

/** Parses the names of roles. @returns them in the order of {@link ROLES}, each once; `undefined` for another value */
export function parseRoles(value: unknown): readonly Role[] | undefined {
  if (!Array.isArray(value)) return undefined;
  if (!value.every((name) => ROLES.some((role) => role === name))) return undefined;
  return ROLES.filter((role) => value.includes(role));
}
