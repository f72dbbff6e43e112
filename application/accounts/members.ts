/** The teams of services. */
import type { NewAuditEntry } from "../../domain/accounts/audit.ts";
import type { Team, TeamChange, TeamPage } from "../../domain/ports/team_store.ts";
import { ok, refuse } from "../../domain/result.ts";
import type { AccountDependencies } from "./ports.ts";
import type { AuditActor } from "../../domain/accounts/audit.ts";
import type { TeamRefusal } from "../../domain/accounts/refusals.ts";
import type { Member, Role } from "../../domain/accounts/roles.ts";
import type { ServiceId, UserId } from "../../domain/ids.ts";
import type { Result } from "../../domain/result.ts";

/** The team of a service. A service that has members keeps at least one with `manage`. */
export interface Members {
  /** The members, those that joined first before others: a page of them, or the first thousand. */
  list(serviceId: ServiceId, page?: TeamPage<UserId>): Promise<readonly Member[]>;
  /** Reads members and invitations with one call. */
  readTeam(serviceId: ServiceId): Promise<Team>;
  /** @returns `undefined` when the service has no such member */
  get(serviceId: ServiceId, userId: UserId): Promise<Member | undefined>;
  setRoles(
    actor: AuditActor,
    serviceId: ServiceId,
    userId: UserId,
    roles: readonly Role[],
  ): Promise<Result<void, TeamRefusal>>;
  remove(
    actor: AuditActor,
    serviceId: ServiceId,
    userId: UserId,
  ): Promise<Result<void, TeamRefusal>>;
}

/** Creates the use cases of teams. */
export function createMembers({ clock, teams }: AccountDependencies): Members {
  return {
    list: (serviceId, page) => teams.listMembers(serviceId, page),
    readTeam: (serviceId) => teams.readTeam(serviceId),
    get: (serviceId, userId) => teams.getMember(serviceId, userId),
    async setRoles(actor, serviceId, userId, roles) {
      const entry: NewAuditEntry = {
        chain: serviceId,
        actor,
        action: "member-roles-changed",
        subject: userId,
        facts: { roles },
      };
      return toResult(await teams.setRoles(serviceId, userId, roles, entry, clock.now()));
    },
    async remove(actor, serviceId, userId) {
      const entry: NewAuditEntry = {
        chain: serviceId,
        actor,
        action: "member-removed",
        subject: userId,
      };
      return toResult(await teams.removeMember(serviceId, userId, entry, clock.now()));
    },
  };
}

function toResult(change: TeamChange): Result<void, TeamRefusal> {
  return change === "changed" ? ok(undefined) : refuse({ kind: change });
}
