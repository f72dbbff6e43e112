/** How many event streams each person has open in this process. */
import { MINUTE_MS } from "../../../domain/time/durations.ts";

/** How often at most all leases are looked through, in milliseconds. */
const SWEEP_MS = MINUTE_MS;

/** The place of one stream among those of a person. */
export interface StreamLease {
  /** Notes that the stream runs. */
  seen(): void;
  /** Sets what is called when the lease is lost because the stream was not seen for long. */
  onLost(work: () => void): void;
  /** Gives the place back. A further call does nothing. */
  release(): void;
}

/** The limits of {@link createStreamLimit}. */
export interface StreamLimits {
  /** The most streams of a person. */
  readonly most: number;
  /** After how many milliseconds without {@link StreamLease.seen} a lease is lost. */
  readonly lostAfterMs: number;
  /** A monotonic clock, in milliseconds; `performance.now` by default. */
  readonly elapsed?: () => number;
}

/**
 * Creates the count of open streams. A lease that is not renewed is lost: a Worker runs nothing more of a stream whose
 * client has gone, not even what would give its place back.
 */
export function createStreamLimit(
  { most, lostAfterMs, elapsed = () => performance.now() }: StreamLimits,
) {
  interface Held {
    seenAt: number;
    lose: () => void;
  }
  const open = new Map<string, Set<Held>>();
  let sweptAt = elapsed();

  function drop(person: string, held: Held): void {
    const ofPerson = open.get(person);
    if (ofPerson?.delete(held) === true && ofPerson.size === 0) open.delete(person);
  }

  function dropLost(person: string): void {
    for (const held of [...open.get(person) ?? []]) {
      if (elapsed() - held.seenAt < lostAfterMs) continue;
      drop(person, held);
      held.lose();
    }
  }

  function sweep(): void {
    if (elapsed() - sweptAt < SWEEP_MS) return;
    sweptAt = elapsed();
    for (const person of [...open.keys()]) dropLost(person);
  }

  return {
    /** @param person as `personText` returns it @returns `undefined` when the person has the most streams */
    acquire(person: string): StreamLease | undefined {
      sweep();
      dropLost(person);
      const ofPerson = open.get(person) ?? new Set();
      if (ofPerson.size >= most) return undefined;
      const held: Held = { seenAt: elapsed(), lose() {} };
      open.set(person, ofPerson.add(held));
      return {
        seen: () => void (held.seenAt = elapsed()),
        onLost: (work) => void (held.lose = work),
        release: () => drop(person, held),
      };
    },
  };
}
