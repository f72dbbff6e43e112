import type { Clock } from "../../domain/ports/clock.ts";
import type { ChannelCapacity } from "../../domain/ports/outbox.ts";
import { type Channel, CHANNELS } from "../../domain/service/service.ts";

/** Max claimed rows of a channel in flight in one isolate. */
export const MAX_IN_FLIGHT = 64;
/** The same for a channel whose provider takes many messages in one call. */
export const MAX_IN_FLIGHT_BATCHED = 1_000;
/**
 * Max first attempts of a channel in flight in one isolate, in addition to claimed rows: a provider that hangs blocks
 * neither other channels nor rows that are due. A first attempt delivers a notification at once, after the request that
 * sends it was accepted; the outbox claims rows for all other attempts.
 */
export const MAX_FIRST_ATTEMPTS = 32;
/** Max rows of a channel claimed in one query; more when the provider takes more in one call. */
export const CLAIM_LIMIT = 500;
/**
 * The same while requests are being served: composing a call and reading its answer block the event loop. It does not
 * apply to providers that take more than {@link CLAIM_LIMIT} in a call, whose messages are small.
 */
export const CLAIM_LIMIT_SERVING = 100;
/** How long after a first attempt begins the isolate counts as serving requests, in milliseconds. */
export const SERVING_MS = 300;
/** The share of a channel's capacity that must be free before a claim: small claims would cost a commit for each row. */
const MIN_FREE_SHARE = 1 / 4;

/** How much work one isolate may have in flight, by channel. */
export interface Capacity {
  /** Reserves capacity to claim rows of every channel that has enough of it free. */
  reserve(): readonly ChannelCapacity[];
  /** Gives back reserved capacity: of rows that were not claimed, or whose work has ended. */
  release(channel: Channel, count: number): void;
  /** Resolves when capacity is released next. */
  released(): Promise<void>;
  /** Whether another first attempt of the channel may start. */
  hasFirstAttempt(channel: Channel): boolean;
  /** Counts a first attempt while it lasts. */
  duringFirstAttempt(channel: Channel, attempt: () => Promise<void>): Promise<void>;
}

/**
 * Creates the capacity of an isolate.
 *
 * @param maxBatchOf the most messages of one call of the channel's provider; `undefined` when it takes one at a time
 */
export function createCapacity(
  clock: Pick<Clock, "now">,
  maxBatchOf: (channel: Channel) => number | undefined,
): Capacity {
  const inFlight = countPerChannel();
  const firstAttempts = countPerChannel();
  const waiters: (() => void)[] = [];
  let servingUntil = 0;

  function freeCapacity(channel: Channel): number {
    const maxBatch = maxBatchOf(channel);
    const max = maxBatch === undefined ? MAX_IN_FLIGHT : Math.max(MAX_IN_FLIGHT_BATCHED, maxBatch);
    const servingMs = servingUntil - clock.now();
    // A longer time means that the clock was set back.
    const isServing = servingMs > 0 && servingMs <= SERVING_MS;
    const limit = isServing ? CLAIM_LIMIT_SERVING : CLAIM_LIMIT;
    const free = max - inFlight[channel];
    if (free < max * MIN_FREE_SHARE) return 0;
    return Math.min(maxBatch !== undefined && maxBatch > CLAIM_LIMIT ? maxBatch : limit, free);
  }

  return {
    reserve() {
      const reserved = CHANNELS.map((channel) => ({ channel, most: freeCapacity(channel) }))
        .filter(({ most }) => most > 0);
      for (const { channel, most } of reserved) inFlight[channel] += most;
      return reserved;
    },
    release(channel, count) {
      inFlight[channel] -= count;
      for (const resolve of waiters.splice(0)) resolve();
    },
    released: () => new Promise((resolve) => waiters.push(resolve)),
    hasFirstAttempt: (channel) => firstAttempts[channel] < MAX_FIRST_ATTEMPTS,
    async duringFirstAttempt(channel, attempt) {
      firstAttempts[channel]++;
      servingUntil = clock.now() + SERVING_MS;
      await attempt();
      firstAttempts[channel]--;
    },
  };
}

function countPerChannel(): Record<Channel, number> {
  return { sms: 0, email: 0, inbox: 0, diia: 0 };
}
