import type { Clock } from "../domain/ports/clock.ts";

/**
 * A clock that begins at the time of `clock` and is never set: where that is set by an hour, the calls that are under way
 * must not count as an hour long, and no provider be held back for one. It moves with development's clock.
 */
export function neverSet(clock: Clock, aheadMs: () => number): Pick<Clock, "now"> {
  const behind = clock.now() - clock.monotonic() - aheadMs();
  return { now: () => behind + clock.monotonic() + aheadMs() };
}
