/** The time by which workers claim work, and how leases are corrected when a clock is set. */
import type { Clock } from "../domain/ports/clock.ts";

/**
 * The smallest step of the clock that is corrected, in milliseconds. A smaller one does no harm: a lease is longer than
 * the work under it by more than that.
 */
export const MIN_STEP_MS = 1_000;
/** A lease that ends later than this many lease lengths from now was written while the clock was ahead. */
export const MAX_LEASE_LENGTHS = 2;

/** Leases that can be renewed, of messages or of jobs. */
interface Leases {
  renewLeases(endingAfter: number, until: number): Promise<void>;
}

/**
 * Creates a function to call before each claim. It returns the time to claim by (epoch milliseconds), and first
 * corrects the leases if the clock was set since its last call: then every lease ends one lease length from now.
 *
 * The reason: when the clock is set forward, or the machine was suspended, the leases of work in progress seem to have
 * ended, and the work would be done twice. When the clock is set back, the leases of a process that died would last too
 * long. The first call corrects only leases that end later than {@link MAX_LEASE_LENGTHS} allows: the process may have
 * been restarted after the clock was set right.
 *
 * When the time is the database's own, only steps backwards are corrected. A step forward means that this process was
 * suspended, and its leases have really ended.
 *
 * @param leases those of notifications or of jobs
 * @param leaseMs the length of a lease, in milliseconds
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
