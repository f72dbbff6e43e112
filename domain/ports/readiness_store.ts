import type { Channel } from "../service/service.ts";

/** The state of the store (the database), for monitoring and the readiness check. */
export interface StoreState {
  /** Whether its schema is the one that this code needs. */
  readonly hasSchema: boolean;
  /**
   * When the earliest message or job that waits to be processed became due, or will become due: epoch milliseconds;
   * `null` when there is none. One that is being processed counts as due when its lease ends.
   */
  readonly oldestDueAt: number | null;
}

/** Reads the state of the store for monitoring. */
export interface ReadinessStore {
  /**
   * Reads the state. It costs the same however many rows are due.
   *
   * @param held channels whose messages wait for their providers: those do not count
   * @throws StoreUnavailable
   */
  readState(held: readonly Channel[]): Promise<StoreState>;
}
