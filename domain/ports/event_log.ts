import type { ServiceEvent, ServiceEventType } from "../events/service_event.ts";
import type { ServiceId } from "../ids.ts";
import type { KeyKind } from "../service/service.ts";

/** Which events of a service's log to read. */
export interface EventRange {
  /** Only events with a greater number; absent for all that are kept. */
  readonly after?: number | undefined;
  /** Max events to return. */
  readonly limit: number;
  /** Only events of notifications that were sent with a key of this kind; absent for every kind. */
  readonly keyKind?: KeyKind | undefined;
  /** Only events of these types; absent for every type. */
  readonly types?: readonly ServiceEventType[] | undefined;
}

/** A part of a service's log. */
export interface EventPage {
  /** In the order of their numbers, which have no gap unless the range has a kind of key or types. */
  readonly events: readonly ServiceEvent[];
  /**
   * Every event of the range up to this number is in the page: read on after it. It can be greater than the range's
   * `after` although no event is returned, when events of other kinds of keys or of other types were passed.
   */
  readonly next: number;
  /** The least number that is kept; 1 for a log without events. When it is above `after + 1`, events were deleted. */
  readonly oldest: number;
  /** The number of the newest event; 0 for a log without events. */
  readonly last: number;
}

/**
 * The log of each service: an event for every change of a notification that `STATUSES_IN_PROGRESS` does not rule out,
 * every acknowledgement and the first complaint. An event is written in the transaction of the change, whichever
 * process makes it, and gets the next number of its service, so that the numbers have no gap and a reader that has seen
 * a number has seen all before it. The events of a notification are in the order of its changes.
 */
export interface EventLog {
  /** Whether the database is a server: other processes write the log, and each read of it is a round trip. */
  readonly isRemote: boolean;
  /** Reads a range from one state of the database, and decrypts its notifications. */
  read(serviceId: ServiceId, range: EventRange): Promise<EventPage>;
  /**
   * Reads the events with these numbers, in their order; those that were deleted are left out. Decrypts as
   * {@link read}.
   */
  readNumbered(serviceId: ServiceId, numbers: readonly number[]): Promise<readonly ServiceEvent[]>;
  /**
   * The number of the newest event of each service; a service without events is left out. It costs one row a service,
   * and nothing when an embedded database has not changed since the last call with the same array object.
   */
  lastNumbers(serviceIds: readonly ServiceId[]): Promise<ReadonlyMap<ServiceId, number>>;
}
