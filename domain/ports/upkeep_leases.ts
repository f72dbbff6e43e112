/**
 * The tasks of the upkeep, the regular work on the database: to apply receipts that a crash left unapplied
 * (`receipts`), and to delete data whose retention period has passed (`retention`). Only one process does a task at a
 * time.
 */
export type UpkeepTask = "receipts" | "retention";

/** A lease on a task of the upkeep: until it ends, no other process does the task. */
export interface UpkeepLease {
  /**
   * The position that the last holder passed to `release`, from which the task goes on; `undefined` when that holder
   * came to the end.
   */
  readonly position: string | undefined;
  /**
   * Extends the lease from now on.
   *
   * @returns `false` when it was lost: it had expired, and another process has taken it
   */
  renew(now: number): Promise<boolean>;
  /**
   * Gives the lease back, unless it was lost. The next holder begins at the position.
   *
   * @param doneAt when the task came to its end, epoch milliseconds; absent when something is left
   */
  release(position: string | undefined, doneAt?: number): Promise<void>;
}

/** Leases on the upkeep of a database that several processes share. */
export interface UpkeepLeases {
  /**
   * Takes the lease on a task for `leaseMs`. After that time another process can take it.
   *
   * @param now epoch milliseconds
   * @param restMs how long no process takes the task after it came to its end, in milliseconds; 0 by default
   * @returns `undefined` while another process holds it, and while the task rests
   */
  acquire(
    task: UpkeepTask,
    now: number,
    leaseMs: number,
    restMs?: number,
  ): Promise<UpkeepLease | undefined>;
}
