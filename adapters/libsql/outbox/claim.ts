import type { InStatement } from "@libsql/client";
import { LANE, type Lane, LANES, shareClaim } from "../../../domain/delivery/lanes.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { ChannelCapacity } from "../../../domain/ports/outbox.ts";
import { type Channel, CHANNELS } from "../../../domain/service/service.ts";
import type { Database, Row } from "../connection/database.ts";
import { integer, oneOf, rowsOf, uuid } from "../connection/row.ts";
import { isAnswerTooLarge } from "../connection/unavailable.ts";
import { CLAIM, END_TURNS, SELECT_CLAIMED, SELECT_DUE_QUEUES } from "./claim_statements.ts";

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

/** A queue, the outbox rows of one service, channel and lane (priority), whose turn to be claimed from has come. */
interface DueQueue {
  readonly channel: Channel;
  readonly lane: Lane;
  readonly serviceId: string;
  /** `false` when none of its rows is due: the turn was too early. */
  readonly isDue: boolean;
}

/** The queues from which a claim takes the same number of rows. */
type QueuesByCount = ReadonlyMap<number, readonly DueQueue[]>;

/**
 * Creates the function by which a process claims. It remembers how many rows it has claimed of each channel, so that
 * the lanes (priorities) get their shares over many small claims too.
 */
export function createClaim(db: Database, clock: Pick<Clock, "newId">): ClaimRows {
  const claimedBefore = new Map<Channel, number>();
  const mostAtOnce = db.embedded ? CLAIM_STEP : REMOTE_CLAIM_STEP;

  async function readDueQueues(
    now: number,
    capacity: readonly ChannelCapacity[],
  ): Promise<readonly DueQueue[]> {
    const results = await db.background.read(
      capacity.map(({ channel, most }) => ({
        sql: SELECT_DUE_QUEUES,
        args: [now, Math.min(most, mostAtOnce), channel],
      })),
    );
    return capacity.flatMap(({ channel }, index) =>
      rowsOf(results, index).map((row) => ({
        channel,
        lane: readLane(row),
        serviceId: uuid(row, "service_id"),
        isDue: integer(row, "is_due") === 1,
      }))
    );
  }

  async function claimStepOf(
    queues: readonly DueQueue[],
    capacity: readonly ChannelCapacity[],
    { now, until }: ClaimLease,
  ): Promise<readonly Row[]> {
    // The token of one step only: it tells the rows of this step from those of the steps before.
    const token = clock.newId();
    const counts = planStep(queues, capacity, (channel) => claimedBefore.get(channel) ?? 0);
    // Queues that are due and were not served keep their turns: a claim of few rows would else serve the same ones first.
    const served = new Set([...counts.values()].flat());
    const claims = Array.from(counts, ([count, some]): InStatement => ({
      sql: CLAIM,
      args: [now, until, token, toJson(some), count],
    }));
    const results = await db.background.write([
      ...claims,
      { sql: SELECT_CLAIMED, args: [toJson([...served]), until, token] },
      {
        sql: END_TURNS,
        args: [toJson(queues.filter((queue) => !queue.isDue || served.has(queue))), now],
      },
    ]);
    return rowsOf(results, claims.length);
  }

  return async (capacity, lease) => {
    const rows: Row[] = [];
    let remaining = capacity;
    let claimStep = mostAtOnce;
    while (remaining.length > 0) {
      const found = await readDueQueues(lease.now, remaining);
      const closed = new Set(
        remaining.filter(({ mostToSend }) => mostToSend === 0).map(({ channel }) => channel),
      );
      const queues = found.filter(({ channel, lane }) =>
        // The limit of undecryptable rows is that of a whole claim.
        (rows.length === 0 || lane !== LANE.undecryptable) &&
        (lane === LANE.awaiting || !closed.has(channel))
      );
      if (queues.length === 0) break;
      const step = remaining.map((channel) => ({
        ...channel,
        most: Math.min(channel.most, claimStep),
      }));
      let claimed: readonly Row[];
      try {
        claimed = await claimStepOf(queues, step, lease);
      } catch (error) {
        if (!isAnswerTooLarge(error) || claimStep === 1) throw error;
        // The rows are of large messages: a transaction with half as many is claimed instead.
        claimStep = Math.ceil(claimStep / 2);
        continue;
      }
      rows.push(...claimed);
      // Turns were too early, and have just been put right, or another process was faster.
      if (rows.length === 0) continue;
      const counts = Map.groupBy(claimed, (row) => oneOf(row, "channel", CHANNELS));
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

/**
 * Plans which queues give how many rows. A lane's queues are served round-robin: each gives a row before one gives a
 * second.
 */
function planStep(
  queues: readonly DueQueue[],
  capacity: readonly ChannelCapacity[],
  claimedBefore: (channel: Channel) => number,
): QueuesByCount {
  const counts = new Map<number, DueQueue[]>();
  for (const { channel, most, mostToSend } of capacity) {
    const due = queues.filter((queue) => queue.channel === channel && queue.isDue);
    const lanes = Map.groupBy(due, ({ lane }) => lane);
    const shares = shareClaim(new Set(lanes.keys()), most, claimedBefore(channel), mostToSend);
    for (const [lane, rows] of shares) {
      const served = (lanes.get(lane) ?? []).slice(0, rows);
      for (const [index, queue] of served.entries()) {
        const count = Math.floor(rows / served.length) + (index < rows % served.length ? 1 : 0);
        counts.set(count, [...counts.get(count) ?? [], queue]);
      }
    }
  }
  return counts;
}

function toJson(queues: readonly DueQueue[]): string {
  return JSON.stringify(
    queues.map(({ channel, lane, serviceId }) => [channel, lane, serviceId.replaceAll("-", "")]),
  );
}

function readLane(row: Row): Lane {
  const lane = LANES.find((lane) => lane === integer(row, "lane"));
  if (lane === undefined) throw new Error("an outbox row has an unknown lane");
  return lane;
}
