import type { ServiceId, UserId } from "../ids.ts";
import type { Guests } from "../service/service.ts";

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
  /**
   * The proved e-mail addresses and mobile numbers of the service's active members, to which it may send as to its
   * guests.
   */
  listTeamAddresses(serviceId: ServiceId): Promise<Guests>;
  /**
   * How many messages of each of a person's services were accepted on some days (numbers of UTC days since 1970-01-01,
   * both included) and neither cancelled nor expired. Messages by test keys do not count. One read for all services; a
   * service without messages has no entry.
   *
   * @returns "too-many" when more than `MAX_COUNTS_READ` counts would be read
   */
  countSent(
    userId: UserId,
    days: { readonly from: number; readonly to: number },
  ): Promise<ReadonlyMap<ServiceId, number> | "too-many">;
}
