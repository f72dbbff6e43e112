import type { Clock, ManagementStore, NotificationStore } from "../../domain/ports.ts";

/** What the surface works with. */
export interface ManagePorts {
  readonly clock: Clock;
  readonly store: ManagementStore;
  readonly notifications: NotificationStore;
  /** The bearer token of the operator. */
  readonly adminToken: string;
}
