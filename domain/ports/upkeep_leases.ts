/** The work of the upkeep, of which one process of many does each at a time. */
export type UpkeepTask = "receipts" | "retention";

/** A lease on a task of the upkeep. */
export interface UpkeepLease {
  /** Where the last holder stopped, as it said; `undefined` when it had come to the end. */
  readonly position: string | undefined;
  /**
   * Extends the lease from now on.
   *
   * @returns `false` when it was lost: it had expired, and another process has taken it
   */
  renew(now: number): Promise<boolean>;
  /** Gives the lease back, unless it was lost. The next holder begins at the position. */
  release(position: string | undefined): Promise<void>;
}

/** Leases on the upkeep of a database that several processes share. */
export interface UpkeepLeases {
  /** Takes the lease on a task for `leaseMs`. @returns `undefined` while another process holds it */
  acquire(task: UpkeepTask, now: number, leaseMs: number): Promise<UpkeepLease | undefined>;
}
