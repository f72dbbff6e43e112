import type {
  Clock,
  ManagementStore,
  NotificationStore,
  UnsubscribeStore,
} from "../../domain/ports.ts";

/** What the surface works with. */
export interface ManagePorts {
  readonly clock: Clock;
  readonly store: ManagementStore;
  readonly notifications: NotificationStore;
  readonly unsubscribes: Pick<UnsubscribeStore, "list">;
  /** The bearer token of the operator. */
  readonly adminToken: string;
}
