import type { ServiceId } from "../ids.ts";
import type { StatisticsQuery, StatisticsRow } from "../statistics/statistics.ts";

/**
 * Reads the counts of a service's messages. The database keeps them current in the transactions that accept messages
 * and change their status.
 */
export interface StatisticsStore {
  /**
   * The counts of a service's messages that were accepted on some days, a row for each combination of the properties of
   * `by` that has messages, in their order.
   *
   * @returns "too-many" when there would be more than `MAX_STATISTICS_ROWS` rows, or more than `MAX_COUNTS_READ` counts
   * would be read
   */
  read(
    serviceId: ServiceId,
    query: StatisticsQuery,
  ): Promise<readonly StatisticsRow[] | "too-many">;
}
