/** Deletes data whose retention period has passed, in bounded steps. */
export interface Retention {
  /**
   * Deletes some of the data that is due, in steps that other operations can come between. Call it until it returns 0.
   *
   * @param now epoch milliseconds
   * @param limit max rows to delete of each kind of data
   * @returns how many rows were deleted; 0 when nothing is left to delete
   */
  purge(now: number, limit: number): Promise<number>;
}
