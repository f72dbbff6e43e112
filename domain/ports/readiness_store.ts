/** The state of the store, for monitoring. */
export interface StoreState {
  /** Whether its schema is the one that this code needs. */
  readonly hasSchema: boolean;
  /** When the oldest work that is not leased became due, or will: epoch milliseconds; `null` when there is none. */
  readonly oldestDueAt: number | null;
}

/** Reads the state of the store for monitoring. */
export interface ReadinessStore {
  /**
   * Reads the state. It costs the same however many rows are due.
   *
   * @throws StoreUnavailable
   */
  readState(): Promise<StoreState>;
}
