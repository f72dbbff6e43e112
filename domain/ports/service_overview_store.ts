import type { Role } from "../accounts/roles.ts";
import type { ServiceId, UserId } from "../ids.ts";
import type { ApiKey, Guests, Service } from "../service/service.ts";
import type { NamedAuditEntry } from "./audit_store.ts";

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

/** A person's service, with their roles. */
export interface OwnService {
  readonly service: Service;
  readonly roles: readonly Role[];
  /** The messages that it sent on the days that were asked for. */
  readonly sent: number;
}

/** The guests of a service. */
export interface GuestsOfService {
  /** The guest list. */
  readonly guests: Guests;
  /**
   * The proved e-mail addresses and mobile numbers of the service's active members, to which it may send as to its
   * guests.
   */
  readonly team: Guests;
}

/** The keys of a service. */
export interface KeysOfService {
  /** Revoked ones too, in the order of their creation. */
  readonly keys: readonly ApiKey[];
  /** The newest entries of the audit log for the creation of keys. */
  readonly creations: readonly NamedAuditEntry[];
}

/** Reads what the pages of a service show, each with one call of the database. */
export interface ServiceOverviewStore {
  readGuests(serviceId: ServiceId): Promise<GuestsOfService>;
  /** @param creations Max entries of creations, which are read with the keys */
  readKeys(serviceId: ServiceId, creations: number): Promise<KeysOfService>;
  /**
   * The services that a person is a member of, with how many messages of each were accepted on some days (numbers of UTC
   * days since 1970-01-01, both included) and neither cancelled nor expired. Messages by test keys do not count.
   */
  listServices(
    userId: UserId,
    days: { readonly from: number; readonly to: number },
  ): Promise<readonly OwnService[]>;
}
