import type { Clock } from "../domain/ports/clock.ts";

/**
 * Creates a clock that begins at the time of `clock` and then runs with its monotonic time. When an administrator sets the
 * machine's clock by an hour, calls under way do not seem to take an hour, and no provider is held back for one.
 *
 * @param aheadMs how far development has moved the clock, in milliseconds: this clock moves with it
 */
export function neverSet(clock: Clock, aheadMs: () => number): Pick<Clock, "now"> {
  const behind = clock.now() - clock.monotonic() - aheadMs();
  return { now: () => behind + clock.monotonic() + aheadMs() };
}
