import type { Clock, NotificationStore } from "../../domain/ports.ts";
import type { ManagementStore } from "../../domain/management_ports.ts";
import type { UnsubscribeStore } from "../../domain/unsubscribe_ports.ts";

/** What the surface works with. */
export interface ManagePorts {
  readonly clock: Clock;
  readonly store: ManagementStore;
  readonly notifications: NotificationStore;
  readonly unsubscribes: Pick<UnsubscribeStore, "list">;
  /** The bearer token of the operator. */
  readonly adminToken: string;
}
