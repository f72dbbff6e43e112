import type { NewAuditEntry } from "../accounts/audit.ts";
import type { Invitation } from "../accounts/invitations.ts";
import type { WindowCharge } from "../accounts/limits.ts";
import type { Member, Role } from "../accounts/roles.ts";
import type { InvitationId, ServiceId, UserId } from "../ids.ts";
import type { EmailAddress } from "../recipient/email_address.ts";
import type { Service, ServiceSettings } from "../service/service.ts";

/** A page of a list. */
export interface TeamPage<Id> {
  /** The last item of the page before; `undefined` for the first page. */
  readonly after: Id | undefined;
  readonly limit: number;
}

/** The result of a change of a team. */
export type TeamChange = "changed" | "not-found" | "last-manager";

/** An invitation to be stored. */
export interface NewInvitation {
  readonly id: InvitationId;
  readonly serviceId: ServiceId;
  readonly emailAddress: EmailAddress;
  readonly roles: readonly Role[];
  readonly token: string;
  readonly expiresAt: number;
}

/** What an invitation costs: of the service, and of the address whose keyed hash names the counters. */
export interface InvitationCharges {
  readonly service: readonly WindowCharge[];
  readonly address: (hash: string) => readonly WindowCharge[];
}

/** The result of storing an invitation; nothing was written but for `invited`. */
export type InvitationIssue =
  | { readonly kind: "invited"; readonly isMailAllowed: boolean }
  | { readonly kind: "already-member" | "already-invited" }
  | { readonly kind: "limited"; readonly until: number };

/** An invitation as its link shows it. */
export interface StoredInvitation {
  readonly invitation: Invitation;
  readonly state: "valid" | "used" | "expired" | "withdrawn";
  readonly serviceName: string;
  readonly hasAccount: boolean;
}

/** A team, with those who are invited to it. */
export interface Team {
  /** Those that joined first before others, at most a thousand. */
  readonly members: readonly Member[];
  /** Neither accepted nor withdrawn, newest first, at most 500. */
  readonly invitations: readonly Invitation[];
}

/** Stores the teams of services. Every verb is one batch with its audit entry, and raises the service's revision. */
export interface TeamStore {
  /** Creates a service in trial mode with a member who has all roles. @returns `undefined` when the id is taken */
  createService(
    service: { readonly id: ServiceId; readonly name: string; readonly settings: ServiceSettings },
    userId: UserId,
    audit: NewAuditEntry,
    now: number,
  ): Promise<Service | undefined>;
  /** The services that a person is a member of. */
  listServices(
    userId: UserId,
  ): Promise<readonly { readonly service: Service; readonly roles: readonly Role[] }[]>;
  /** The members, those that joined first before others: a page of them, or the first thousand. */
  listMembers(serviceId: ServiceId, page?: TeamPage<UserId>): Promise<readonly Member[]>;
  /** Reads members and invitations with one call. */
  readTeam(serviceId: ServiceId): Promise<Team>;
  /** @returns `undefined` when the service has no such member */
  getMember(serviceId: ServiceId, userId: UserId): Promise<Member | undefined>;
  /** Changes a member's roles; never takes the last `manage` of a service. */
  setRoles(
    serviceId: ServiceId,
    userId: UserId,
    roles: readonly Role[],
    audit: NewAuditEntry,
    now: number,
  ): Promise<TeamChange>;
  /** Removes a member; never the last one with `manage`. */
  removeMember(
    serviceId: ServiceId,
    userId: UserId,
    audit: NewAuditEntry,
    now: number,
  ): Promise<TeamChange>;
  /**
   * The invitations that are neither accepted nor withdrawn, newest first; expired ones too. A page of them, or the first
   * 500.
   */
  listInvitations(
    serviceId: ServiceId,
    page?: TeamPage<InvitationId>,
  ): Promise<readonly Invitation[]>;
  invite(
    invitation: NewInvitation,
    charges: InvitationCharges,
    audit: NewAuditEntry,
    now: number,
  ): Promise<InvitationIssue>;
  /** Gives a pending invitation a new link. @returns `undefined` when there is none */
  renewInvitation(
    serviceId: ServiceId,
    id: InvitationId,
    link: { readonly token: string; readonly expiresAt: number },
    charges: InvitationCharges,
    audit: NewAuditEntry,
    now: number,
  ): Promise<
    | { readonly kind: "renewed"; readonly invitation: Invitation; readonly isMailAllowed: boolean }
    | { readonly kind: "not-found" }
    | { readonly kind: "limited"; readonly until: number }
  >;
  /** @returns `false` when there is no pending one */
  withdrawInvitation(
    serviceId: ServiceId,
    id: InvitationId,
    audit: NewAuditEntry,
    now: number,
  ): Promise<boolean>;
  /** Reads an invitation by the token of its link. */
  readInvitation(token: string, now: number): Promise<StoredInvitation | undefined>;
  /** Uses an invitation that is for the person's address: adds its roles to those that the person has. */
  acceptInvitation(
    token: string,
    userId: UserId,
    audit: NewAuditEntry,
    now: number,
  ): Promise<boolean>;
}
