import { LANE, type Lane, LANES, shareClaim } from "../../../domain/delivery/lanes.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { ChannelCapacity } from "../../../domain/ports/outbox.ts";
import { type Channel, CHANNELS } from "../../../domain/service/service.ts";
import type { Database, Row } from "../connection/database.ts";
import { oneOf, rowsOf } from "../connection/row.ts";
import { isAnswerTooLarge } from "../connection/unavailable.ts";
import { CLAIM, END_TURNS, SELECT_CLAIMED } from "./claim_statements.ts";

/** Max rows of a channel that one write to an embedded database claims: a write blocks all other operations. */
const CLAIM_STEP = 50;
/** The same for one round trip to a remote database. */
const REMOTE_CLAIM_STEP = 500;

/**
 * The lease of claimed rows: from `now` to `until` (epoch milliseconds) no other worker claims them. When another
 * worker has claimed a row after that, the former one writes nothing more of it.
 */
export interface ClaimLease {
  readonly now: number;
  readonly until: number;
}

/**
 * Claims due rows of the outbox: leases them to this process, up to the capacity of each channel, and returns them.
 * Each has the token of its lease in `lease_token`, and the columns of `SELECT_CLAIMED`. An empty list means that
 * nothing is due.
 */
export type ClaimRows = (
  capacity: readonly ChannelCapacity[],
  lease: ClaimLease,
) => Promise<readonly Row[]>;

/**
 * Creates the function by which a process claims. It remembers how many rows it has claimed of each channel, so that
 * the lanes (priorities) get their shares over many small claims too. A claim of {@link REMOTE_CLAIM_STEP} rows or fewer
 * is one round trip.
 */
export function createClaim(db: Database, clock: Pick<Clock, "newId">): ClaimRows {
  const claimedBefore = new Map<Channel, number>();
  const mostAtOnce = db.embedded ? CLAIM_STEP : REMOTE_CLAIM_STEP;

  /** Claims some rows in one transaction. @returns the rows, and whether the turn of a queue has ended */
  async function claimStepOf(
    step: readonly ChannelStep[],
    { now, until }: ClaimLease,
  ): Promise<{ readonly rows: readonly Row[]; readonly endedTurns: boolean }> {
    // Each step has a token of its own, which tells its rows from those of the steps before.
    const token = clock.newId();
    const lanes = step.flatMap(({ channel, lanes }) => lanes.map((lane) => [channel, lane]));
    const most = Math.max(...step.map(({ most }) => most));
    const args = [now, JSON.stringify(lanes), most, until, token];
    const shares = step.map((each) => [
      each.channel,
      sharesOf(each, claimedBefore.get(each.channel) ?? 0),
    ]);
    const results = await db.background.write([
      { sql: CLAIM, args: [...args, JSON.stringify(Object.fromEntries(shares))] },
      { sql: SELECT_CLAIMED, args },
      { sql: END_TURNS, args },
    ]);
    return { rows: rowsOf(results, 1), endedTurns: rowsOf(results, 2).length > 0 };
  }

  return async (capacity, lease) => {
    const rows: Row[] = [];
    let remaining = capacity;
    let claimStep = mostAtOnce;
    while (remaining.length > 0) {
      const step = remaining.map((channel) => ({
        ...channel,
        most: Math.min(channel.most, claimStep),
        lanes: LANES.filter((lane) =>
          // The limit of undecryptable rows is that of a whole claim.
          (rows.length === 0 || lane !== LANE.undecryptable) &&
          (lane === LANE.awaiting || channel.mostToSend !== 0)
        ),
      }));
      let claimed: Awaited<ReturnType<typeof claimStepOf>>;
      try {
        claimed = await claimStepOf(step, lease);
      } catch (error) {
        if (!isAnswerTooLarge(error) || claimStep === 1) throw error;
        // The messages are large: claim half as many rows in one transaction.
        claimStep = Math.ceil(claimStep / 2);
        continue;
      }
      rows.push(...claimed.rows);
      if (rows.length === 0) {
        // The queues whose turns came too early have just been moved back: those behind them may have due rows.
        if (claimed.endedTurns) continue;
        break;
      }
      const counts = Map.groupBy(claimed.rows, (row) => oneOf(row, "channel", CHANNELS));
      remaining = remaining.flatMap(({ channel, most, mostToSend }) => {
        const some = counts.get(channel) ?? [];
        claimedBefore.set(channel, (claimedBefore.get(channel) ?? 0) + some.length);
        if (some.length < claimStep || most <= claimStep) return [];
        const left = { channel, most: most - claimStep };
        if (mostToSend === undefined) return [left];
        const toSend = some.filter(({ task }) => task === "deliver").length;
        return [{ ...left, mostToSend: mostToSend - toSend }];
      });
    }
    return rows;
  };
}

/** What one step of a claim may take from a channel. */
interface ChannelStep extends ChannelCapacity {
  readonly lanes: readonly Lane[];
}

/** How many rows each lane gives, by the set of lanes that have due rows: an argument of {@link CLAIM}. */
function sharesOf({ lanes, most, mostToSend }: ChannelStep, before: number) {
  return Array.from({ length: 1 << LANES.length }, (_, set) => {
    const due = new Set(lanes.filter((lane) => (set & 1 << lane) !== 0));
    const shares = shareClaim(due, most, before, mostToSend);
    return LANES.map((lane) => shares.get(lane) ?? 0);
  });
}
