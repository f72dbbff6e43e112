/** The teams of services. */
import type { AuditActor } from "../../domain/accounts/audit.ts";
import type { TeamRefusal } from "../../domain/accounts/refusals.ts";
import type { Member, Role } from "../../domain/accounts/roles.ts";
import type { ServiceId, UserId } from "../../domain/ids.ts";
import type { Result } from "../../domain/result.ts";

/** The team of a service. A service that has members keeps at least one with `manage`. */
export interface Members {
  list(serviceId: ServiceId): Promise<readonly Member[]>;
  setRoles(
    actor: AuditActor,
    serviceId: ServiceId,
    userId: UserId,
    roles: readonly Role[],
  ): Promise<Result<Member, TeamRefusal>>;
  remove(
    actor: AuditActor,
    serviceId: ServiceId,
    userId: UserId,
  ): Promise<Result<void, TeamRefusal>>;
}
