import type { Clock } from "../../domain/ports/clock.ts";
import type { ChannelCapacity } from "../../domain/ports/outbox.ts";
import { type Channel, CHANNELS } from "../../domain/service/service.ts";
import type { WorkBudget } from "../../domain/ports/invocation.ts";
import {
  affordableMessages,
  CALLS_A_BATCHED_MESSAGE,
  CALLS_A_MESSAGE,
  UNLIMITED,
} from "../work_budget.ts";

/** Max outbox rows of a channel that one process has claimed (leased for itself) and works on at a time. */
export const MAX_IN_FLIGHT = 64;
/**
 * Max claimed outbox rows that one process works on at a time of a channel whose provider takes batches. It is more if
 * the provider takes more messages in one call.
 */
export const MAX_IN_FLIGHT_BATCHED = 1_000;
/**
 * Max first attempts of a channel that one process makes at a time, in addition to claimed rows. A first attempt sends
 * a notification right after the request that sends it was accepted; all other attempts are made for rows claimed from
 * the outbox. When the limit is reached, the notification is sent by the next claim instead.
 */
export const MAX_FIRST_ATTEMPTS = 32;
/** Max rows of a channel that one query claims; more when the channel's provider takes more messages in one call. */
export const CLAIM_LIMIT = 500;
/**
 * Max rows of a channel that one query claims while the process serves requests. It is lower than {@link CLAIM_LIMIT},
 * because composing a provider call and reading its answer block the event loop. It does not apply to providers that
 * take more than {@link CLAIM_LIMIT} messages in a call: theirs are small.
 */
export const CLAIM_LIMIT_SERVING = 100;
/** How long the process counts as serving requests after a first attempt has begun, in milliseconds. */
export const SERVING_MS = 300;
/**
 * Max claimed outbox rows of a channel whose provider takes no batches, in an invocation that may make few calls at a
 * time: so many for each of these calls, so that the last ones are sent before their attempts are over.
 */
const ROWS_A_CALL_AT_ONCE = 4;
/**
 * The share of a channel's capacity that must be free before a claim: small claims would cost a commit for each row.
 */
const MIN_FREE_SHARE = 1 / 4;

/** Limits how many notifications one process sends at a time, by channel. */
export interface Capacity {
  /**
   * Reserves capacity for claimed rows, as many rows as one claim may take, of every channel (or of the named channels)
   * that has a quarter of its capacity free. A channel that has less is not in the result. When the channel's providers
   * take fewer messages now, `mostToSend` limits the rows to be sent; the rest of the capacity is for rows that await
   * receipts. The caller releases the capacity that it does not use.
   */
  reserve(channels?: readonly Channel[]): readonly ChannelCapacity[];
  /** Whether the invocation's budget is too small for a further message of every channel, or of the named channels. */
  isSpent(channels?: readonly Channel[]): boolean;
  /** Gives back reserved capacity: for rows that were not claimed, or whose work has ended. */
  release(channel: Channel, count: number): void;
  /** Resolves at the next {@link release}. */
  released(): Promise<void>;
  /** Whether another first attempt of the channel may start. It reserves nothing. */
  hasFirstAttempt(channel: Channel): boolean;
  /** Runs a first attempt and counts it while it lasts. `attempt` must not reject. */
  duringFirstAttempt(channel: Channel, attempt: () => Promise<void>): Promise<void>;
}

/**
 * Creates the capacity of one process, all of it free.
 *
 * @param maxBatchOf returns the most messages that a provider of the channel takes in one call; `undefined` when each
 * call has one message
 * @param roomOf returns how many messages the channel's providers take now, by their health and rate limits; `Infinity`
 * without a limit
 * @param budget what the invocation may still do: no more is reserved than can be sent and settled within it
 */
export function createCapacity(
  clock: Pick<Clock, "now">,
  maxBatchOf: (channel: Channel) => number | undefined,
  roomOf: (channel: Channel) => number = () => Infinity,
  budget: WorkBudget = UNLIMITED,
): Capacity {
  const inFlight = countPerChannel();
  const firstAttempts = countPerChannel();
  const waiters: (() => void)[] = [];
  let servingUntil = 0;

  function freeCapacity(channel: Channel): number {
    const maxBatch = maxBatchOf(channel);
    const max = maxBatch === undefined
      ? Math.min(MAX_IN_FLIGHT, ROWS_A_CALL_AT_ONCE * budget.callsAtOnce())
      : Math.max(MAX_IN_FLIGHT_BATCHED, maxBatch);
    const servingMs = servingUntil - clock.now();
    // A longer time means that the clock was set back.
    const isServing = servingMs > 0 && servingMs <= SERVING_MS;
    const limit = isServing ? CLAIM_LIMIT_SERVING : CLAIM_LIMIT;
    const free = max - inFlight[channel];
    if (free < max * MIN_FREE_SHARE) return 0;
    return Math.min(maxBatch !== undefined && maxBatch > CLAIM_LIMIT ? maxBatch : limit, free);
  }

  const callsEach = (channel: Channel) =>
    maxBatchOf(channel) === undefined ? CALLS_A_MESSAGE : CALLS_A_BATCHED_MESSAGE;

  function affordable(channel: Channel): number {
    const callsUnderWay = CHANNELS.reduce((sum, each) => sum + inFlight[each] * callsEach(each), 0);
    const cost = { channel, callsEach: callsEach(channel), callsUnderWay };
    return Math.ceil(affordableMessages(budget, cost) / CHANNELS.length);
  }

  return {
    isSpent: (channels = CHANNELS) => channels.every((channel) => affordable(channel) === 0),
    reserve(channels = CHANNELS) {
      // Each channel may be the only one that has due rows, or all may have.
      const reserved = channels.map((channel): ChannelCapacity => {
        const most = Math.min(freeCapacity(channel), affordable(channel));
        const room = roomOf(channel);
        return room < most ? { channel, most, mostToSend: room } : { channel, most };
      }).filter(({ most }) => most > 0);
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
