/** Logs when this machine's clock differs from the database's. */
import type { TimeSource } from "../domain/ports/clock.ts";
import type { Log } from "../domain/ports/log.ts";
import { MINUTE_MS } from "../domain/time/durations.ts";

/** The largest difference between this machine's clock and the database's that is not logged, in milliseconds. */
export const MAX_SKEW_MS = 2_000;
/** The least time between two such log lines, in milliseconds. */
export const SKEW_REPORT_INTERVAL_MS = MINUTE_MS;

/**
 * Returns a time source that gives the same time as `time`. Its `ready` also logs the event `clock-skew` when the
 * clocks differ by more than {@link MAX_SKEW_MS}, at most once a minute.
 */
export function reportSkew(time: TimeSource, log: Log): TimeSource {
  let reportedAt = -Infinity;
  return {
    ...time,
    async ready() {
      await time.ready();
      const skewMs = time.skewMs();
      const sinceMs = Math.abs(time.now() - reportedAt);
      if (Math.abs(skewMs) <= MAX_SKEW_MS || sinceMs < SKEW_REPORT_INTERVAL_MS) return;
      reportedAt = time.now();
      log({ event: "clock-skew", skew_ms: skewMs });
    },
  };
}
