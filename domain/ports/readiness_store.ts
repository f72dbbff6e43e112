/** What the store tells of its state. */
export interface StoreState {
  /** Whether its schema is the one that this code needs. */
  readonly hasSchema: boolean;
  /** When the oldest work that nobody works on became due, or will: epoch milliseconds; `null` when there is none. */
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
