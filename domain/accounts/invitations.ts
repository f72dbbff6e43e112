import type { InvitationId, ServiceId } from "../ids.ts";
import type { AuditActor } from "./audit.ts";
import type { Role } from "./roles.ts";

/** An invitation to the team of a service that is neither accepted nor withdrawn. Times are epoch milliseconds. */
export interface Invitation {
  readonly id: InvitationId;
  readonly serviceId: ServiceId;
  readonly emailAddress: string;
  readonly roles: readonly Role[];
  readonly invitedBy: AuditActor;
  readonly createdAt: number;
  readonly expiresAt: number;
}
