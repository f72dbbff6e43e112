import type { NotificationId } from "../ids.ts";

/**
 * The database's time, which several processes share: leases, due times and limits depend on it. For a database file,
 * it is the time of this machine.
 */
export interface TimeSource {
  /**
   * Epoch milliseconds by the database's clock, without a round trip: it adds the last known difference to this
   * machine's.
   */
  now(): number;
  /**
   * Resolves when {@link now} can be relied on. It costs a round trip only when the database's time was not read
   * lately, or when this machine's clocks no longer agree. Awaited before claims.
   *
   * @throws when the database's time cannot be read
   */
  ready(): Promise<void>;
  /** Milliseconds since some moment, by a clock of this machine that cannot be set. */
  monotonic(): number;
  /** Whether {@link now} is this machine's clock, which can be set while the process runs. */
  readonly isLocal: boolean;
  /**
   * Milliseconds by which this machine's clock is ahead of the database's; negative when it is behind, 0 for a file.
   */
  skewMs(): number;
}

/** The source of time, ids and randomness; each process has one. Tests replace it. */
export interface Clock extends TimeSource {
  /** A new UUID version 7, greater than all before in this process. Its time is that of this machine's clock. */
  newNotificationId(): NotificationId;
  /** A new UUID version 4. */
  newId(): string;
  /** A number in [0, 1). */
  random(): number;
}
