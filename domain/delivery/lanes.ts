/** The priorities of the outbox, and how a claim shares its capacity among them. */

/** The lane of an outbox row. A lower one is claimed first. */
export const LANE = {
  /** A single send, or another attempt at one. */
  single: 0,
  /** A row of a job or of a batch. */
  bulk: 1,
  /** The provider has the message: a poll or an expiry. */
  awaiting: 2,
  /** Its message could not be decrypted when it was last claimed. */
  undecryptable: 3,
} as const;

export type Lane = typeof LANE[keyof typeof LANE];

/** Every lane, in the order in which they are claimed. */
export const LANES: readonly Lane[] = Object.values(LANE);

/**
 * The rows that a lane is sure of, so that an earlier one cannot starve it: of `every` rows in a row, the one at `at`.
 * No two of them meet.
 */
const SHARES: readonly { readonly lane: Lane; readonly every: number; readonly at: number }[] = [
  { lane: LANE.bulk, every: 8, at: 0 },
  { lane: LANE.awaiting, every: 16, at: 4 },
  { lane: LANE.undecryptable, every: 64, at: 62 },
];

/** Max undecryptable rows of one claim: each costs an attempt at decryption and a write, and is sent rarely. */
export const MAX_UNDECRYPTABLE_CLAIM = 50;

/**
 * Shares the capacity of a claim among the lanes that have due rows. Each row goes to the first of them, but of eight rows
 * one is of a job, of sixteen one awaits its receipt, and of 64 one was undecryptable.
 *
 * @param lanes the lanes that have due rows
 * @param limit the capacity
 * @param before the rows that were claimed before, over which the shares run on
 * @returns the number of rows of each lane; fewer than `limit` in all where only undecryptable rows are due
 */
export function shareClaim(
  lanes: ReadonlySet<Lane>,
  limit: number,
  before: number,
): ReadonlyMap<Lane, number> {
  const counts = new Map<Lane, number>();
  const first = LANES.find((lane) => lanes.has(lane));
  if (first === undefined) return counts;
  for (let row = before + 1; row <= before + limit; row++) {
    const share = SHARES.find(({ lane, every, at }) => row % every === at && lanes.has(lane));
    const lane = share?.lane ?? first;
    counts.set(lane, (counts.get(lane) ?? 0) + 1);
  }
  const undecryptable = counts.get(LANE.undecryptable);
  if (undecryptable !== undefined) {
    counts.set(LANE.undecryptable, Math.min(undecryptable, MAX_UNDECRYPTABLE_CLAIM));
  }
  return counts;
}
