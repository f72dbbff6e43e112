/** What a caller of the management API may reach. */
import type { ServiceId } from "../ids.ts";
import type { AuditActor } from "./audit.ts";

/** What the credential of a call to the management API allows. */
export interface ManagementAccess {
  /** Who the audit log says did it. */
  readonly actor: Extract<AuditActor, { kind: "admin-token" | "management-token" }>;
  /** The only service that may be reached; `undefined` for all of the API. */
  readonly serviceId: ServiceId | undefined;
  /** Whether nothing may be changed. */
  readonly isReadOnly: boolean;
}
