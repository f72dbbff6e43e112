/** Deletes what has had its time, in bounded steps. */
export interface Retention {
  /** @returns how many rows went; 0 when there is nothing left to delete */
  purge(now: number, limit: number): Promise<number>;
}
