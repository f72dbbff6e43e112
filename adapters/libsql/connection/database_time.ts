/** The clock of a remote database, which is read by a statement that is added to calls that are sent anyway. */
import type { InStatement } from "@libsql/client";
import type { TimeSource } from "../../../domain/ports/clock.ts";
import { perInvocation } from "../../invocation/invocation.ts";
import type { BatchMode } from "./batch.ts";
import { createTimeOffset } from "./time_offset.ts";

/** The clocks of this machine, in milliseconds. */
export interface MachineClocks {
  /** Since the epoch. It can be set. */
  readonly wall: () => number;
  /** Since some moment. It cannot be set, and may stand still while the machine is suspended. */
  readonly monotonic: () => number;
}

/** Sends one batch to the database. `R` is the result of one statement. */
export type SendBatch<R> = (
  statements: readonly InStatement[],
  mode: BatchMode,
) => Promise<readonly R[]>;

/** What the followed clock reads of a result. */
interface TimeResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** Reads the database's time, in seconds with a fraction. */
export const SELECT_TIME = "SELECT unixepoch('subsec') AS now";
/**
 * How often reads carry {@link SELECT_TIME} at most, to take a sample of the database's clock. Every write carries
 * it.
 */
export const READ_SAMPLE_INTERVAL_MS = 1_000;
/** The age of the last sample from which `TimeSource.ready` takes another. */
export const MAX_SAMPLE_AGE_MS = 10_000;
/**
 * By how much this machine's two clocks may have moved apart since the last sample before `TimeSource.ready` takes
 * another.
 */
export const MAX_CLOCK_STEP_MS = 500;
/** The largest correction backwards during which the time stands still. After a larger one the time goes back. */
export const MAX_HOLD_MS = 1_000;

const MACHINE: MachineClocks = { wall: Date.now, monotonic: () => performance.now() };

/** The clock of a remote database as this process estimates it, and the functions that keep the estimate current. */
export interface FollowedTime<R> {
  /** Sends a batch, and reads the database's time on the way. Its results are those of `statements`. */
  readonly send: SendBatch<R>;
  /** Makes a function that does what {@link send} does with another connection to the same database. */
  follow(send: SendBatch<R>): SendBatch<R>;
  readonly time: TimeSource;
}

/**
 * Follows the database's clock. Before the first call its time is this machine's.
 *
 * A write always carries a sample: after a lease is written, the time is known to be that of the database, however
 * long the process stood still before. Calls of `TimeSource.ready` share a sample that is under way; on Workers only those
 * of one invocation do.
 *
 * @param send sends a batch by the connection that `TimeSource.ready` uses
 */
export function followDatabaseTime<R extends TimeResult>(
  send: SendBatch<R>,
  { wall, monotonic }: MachineClocks = MACHINE,
): FollowedTime<R> {
  const offset = createTimeOffset();
  let sampled: { readonly at: number; readonly wallAhead: number } | undefined;
  const sampling = perInvocation((): { sample: Promise<unknown> | undefined } => ({
    sample: undefined,
  }));
  let last = -Infinity;

  const ageMs = () => sampled === undefined ? Infinity : monotonic() - sampled.at;

  /** Whether a clock of this machine was set, or the machine was suspended. */
  function haveClocksStepped(): boolean {
    if (sampled === undefined) return false;
    return Math.abs(wall() - monotonic() - sampled.wallAhead) > MAX_CLOCK_STEP_MS;
  }

  async function sendWithSample(
    via: SendBatch<R>,
    statements: readonly InStatement[],
    mode: BatchMode,
  ): Promise<readonly R[]> {
    const sentAt = monotonic();
    const results = await via([...statements, SELECT_TIME], mode);
    const receivedAt = monotonic();
    const seconds = results.at(-1)?.rows[0]?.now;
    if (typeof seconds === "number") {
      offset.observe({ sentAt, receivedAt, remoteMs: Math.round(seconds * 1000) });
    }
    sampled = { at: receivedAt, wallAhead: wall() - receivedAt };
    return results.slice(0, -1);
  }

  function takeSample(): Promise<unknown> {
    const own = sampling();
    return own.sample ??= sendWithSample(send, [], "read").finally(() => own.sample = undefined);
  }

  const follow = (via: SendBatch<R>): SendBatch<R> => async (statements, mode) => {
    const isDue = mode === "write" || ageMs() >= READ_SAMPLE_INTERVAL_MS || haveClocksStepped();
    return isDue ? await sendWithSample(via, statements, mode) : await via(statements, mode);
  };

  return {
    send: follow(send),
    follow,
    time: {
      now() {
        if (offset.value === undefined) return wall();
        const at = Math.floor(monotonic() + offset.value);
        if (at < last && last - at <= MAX_HOLD_MS) return last;
        return last = at;
      },
      monotonic,
      isLocal: false,
      async ready() {
        if (ageMs() >= MAX_SAMPLE_AGE_MS || haveClocksStepped()) await takeSample();
      },
      skewMs: () =>
        offset.value === undefined ? 0 : Math.round(wall() - monotonic() - offset.value),
    },
  };
}
