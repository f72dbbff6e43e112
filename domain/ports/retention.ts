/** Deletes data whose retention period has passed, in bounded steps. */
export interface Retention {
  /** @returns how many rows were deleted; 0 when nothing is left to delete */
  purge(now: number, limit: number): Promise<number>;
}
