/** The priorities of the outbox, and how a claim shares its capacity among them. */

/**
 * The lane, or priority, of an outbox row. Lanes with lower numbers are claimed first, but each lane gets a share of
 * every claim. A claim takes due rows of the outbox, under a lease.
 */
export const LANE = {
  /** A single send, or another attempt at one. */
  single: 0,
  /** A row of a job (one template to every row of a file) or of a batch (many notifications in one request). */
  bulk: 1,
  /** The provider has the message: the row is due for a poll of its status, or its receipt has not come in time. */
  awaiting: 2,
  /** The row's message could not be decrypted when it was last claimed. */
  undecryptable: 3,
} as const;

/** The number of a lane in {@link LANE}. */
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

/** Max undecryptable rows of a channel in one claim: each costs a decryption and a write, and few of them are sent. */
export const MAX_UNDECRYPTABLE_CLAIM = 50;

/**
 * Shares the capacity of a claim for one channel among the lanes that have due rows. Every 8th row goes to `bulk`,
 * every 16th to `awaiting` and every 64th to `undecryptable`, where these have due rows; all others go to the first
 * lane that has. So no lane starves another.
 *
 * @param lanes the lanes that have due rows
 * @param limit how many rows may be claimed
 * @param before how many rows of the channel this process claimed before; the counting of every 8th row continues from
 * it
 * @param mostToSend how many of the rows may be claimed from other lanes than `awaiting`; no such limit when absent
 * @returns how many rows to claim of each lane. Their sum is `limit`, or less where {@link MAX_UNDECRYPTABLE_CLAIM} or
 * `mostToSend` applies
 */
export function shareClaim(
  lanes: ReadonlySet<Lane>,
  limit: number,
  before: number,
  mostToSend = limit,
): ReadonlyMap<Lane, number> {
  if (mostToSend < limit) return shareLimited(lanes, limit, before, Math.max(mostToSend, 0));
  const counts = new Map<Lane, number>();
  const first = LANES.find((lane) => lanes.has(lane));
  if (first === undefined) return counts;
  let left = limit;
  for (const { lane, every, at } of SHARES) {
    const rows = lanes.has(lane)
      ? countShare(before + limit, every, at) - countShare(before, every, at)
      : 0;
    if (rows > 0) counts.set(lane, rows);
    left -= rows;
  }
  if (left > 0) counts.set(first, (counts.get(first) ?? 0) + left);
  const undecryptable = counts.get(LANE.undecryptable);
  if (undecryptable !== undefined) {
    counts.set(LANE.undecryptable, Math.min(undecryptable, MAX_UNDECRYPTABLE_CLAIM));
  }
  return counts;
}

/** How many of the rows up to a number, from 1 on, are those at `at` of `every`. */
function countShare(rows: number, every: number, at: number): number {
  return Math.floor((rows - at) / every) + (at === 0 ? 0 : 1);
}

/** Shares few rows to send among their lanes, and leaves the rest of the claim to the rows that await a receipt. */
function shareLimited(
  lanes: ReadonlySet<Lane>,
  limit: number,
  before: number,
  mostToSend: number,
): ReadonlyMap<Lane, number> {
  const sending = new Set([...lanes].filter((lane) => lane !== LANE.awaiting));
  const counts = new Map(mostToSend === 0 ? [] : shareClaim(sending, mostToSend, before));
  if (lanes.has(LANE.awaiting)) counts.set(LANE.awaiting, limit - mostToSend);
  return counts;
}
