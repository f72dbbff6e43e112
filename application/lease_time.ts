/** The time of claims, and the leases that stand when it steps. */
import type { Clock } from "../domain/ports/clock.ts";

/** The smallest step of the time after which leases are renewed: a lease outlasts its work by much more. */
export const MIN_STEP_MS = 1_000;
/** No lease that was written by the present time ends later than this many times its length from now. */
export const MAX_LEASE_LENGTHS = 2;

/** Leases that can be renewed, of messages or of jobs. */
interface Leases {
  renewLeases(endingAfter: number, until: number): Promise<void>;
}

/**
 * Creates the function that returns the time of a claim.
 *
 * When this machine's clock is set forward, or the machine was suspended, leases of work that is under way would have
 * ended, and it would be done twice; when the clock is set back, the leases of a process that died would last for as long
 * as it had been ahead. So after a step in either direction each lease ends one lease length from now. The first claim
 * does the same with leases that end later than any can: the process may have been restarted with a right clock.
 *
 * A database's own clock steps backwards only; where it has gone on, this process stood still and its leases have ended.
 *
 * @param leaseMs the length of the leases
 */
export function createClaimTime(
  clock: Clock,
  leases: Leases,
  leaseMs: number,
): () => Promise<number> {
  let before: { readonly now: number; readonly monotonic: number } | undefined;

  async function renewAfterStep(now: number, monotonic: number): Promise<void> {
    if (before === undefined) {
      if (!clock.isLocal) return;
      return await leases.renewLeases(now + MAX_LEASE_LENGTHS * leaseMs, now + leaseMs);
    }
    const expected = before.now + monotonic - before.monotonic;
    const stepMs = now - expected;
    const isStep = clock.isLocal ? Math.abs(stepMs) > MIN_STEP_MS : -stepMs > MIN_STEP_MS;
    if (isStep) await leases.renewLeases(Math.floor(Math.min(now, expected)), now + leaseMs);
  }

  return async () => {
    await clock.ready();
    const [now, monotonic] = [clock.now(), clock.monotonic()];
    await renewAfterStep(now, monotonic);
    before = { now, monotonic };
    return now;
  };
}
