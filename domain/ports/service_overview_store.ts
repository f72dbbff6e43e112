import type { ServiceId } from "../ids.ts";

/** The first steps of a service that are done. */
export interface ServiceProgress {
  /** Whether it has a key that is not revoked. */
  readonly hasKey: boolean;
  /** Whether it has a template that is not archived. */
  readonly hasTemplate: boolean;
  /** Whether a message was sent, with a key of any kind but `test`. */
  readonly hasSent: boolean;
  /** Whether at least two active people may manage it. */
  readonly hasTwoManagers: boolean;
}

/** Reads what the overview pages show of services. */
export interface ServiceOverviewStore {
  /** The first steps of a service, in one read. */
  readProgress(serviceId: ServiceId): Promise<ServiceProgress>;
}
