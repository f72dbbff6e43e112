/**
 * The part of a clock that can be moved ahead of the machine's. Only development has one, so that retries of three days
 * can be tried in seconds.
 */
export interface MovableClock {
  /** How far the clock is ahead of the machine's, in milliseconds; 0 or more. */
  aheadMs(): number;
  /**
   * Moves the clock further ahead. The clock never goes back; a restart keeps it where it is.
   *
   * @param ms milliseconds, more than 0
   * @returns whether it was moved: `false` when it would be further ahead than `MAX_AHEAD_MS`
   * @throws when the new time cannot be stored; the clock is then as it was
   */
  advance(ms: number): Promise<boolean>;
}
