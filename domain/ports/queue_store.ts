import type { ServiceId } from "../ids.ts";
import type { Channel } from "../service/service.ts";

/**
 * Max rows that are counted of each lane (priority in the outbox) of a channel; of a longer lane the counts are lower
 * bounds.
 */
export const MAX_ROWS_COUNTED = 25_000;

/**
 * What messages in the outbox wait for: to be sent, for a provider's receipt, or for the key that decrypts them.
 */
export const QUEUE_STAGES = ["to-send", "awaiting-receipt", "undecryptable"] as const;
/** One of {@link QUEUE_STAGES}. */
export type QueueStage = typeof QUEUE_STAGES[number];

/**
 * How many messages of a service are in the outbox (the table of work still to do), on one channel, at one provider and
 * in one stage.
 */
export interface Queue {
  readonly channel: Channel;
  readonly serviceId: ServiceId;
  readonly stage: QueueStage;
  /** The provider that has accepted the messages; `null` when none has, or when it is not known which. */
  readonly provider: string | null;
  /** Messages that are due and that no process works on. */
  readonly due: number;
  /** Messages that a process has leased and is working on. */
  readonly leased: number;
  /** Messages that wait for their time: a retry, a schedule, the end of quiet hours, the receipt of a provider. */
  readonly waiting: number;
  /** When the first of the due ones was due, epoch milliseconds; `null` when none is due. */
  readonly oldestDueAt: number | null;
}

/** The queues of the whole outbox, as {@link QueueStore.read} counts them. */
export interface Queues {
  readonly queues: readonly Queue[];
  /**
   * Whether every row was certainly counted: no lane has as many as `MAX_ROWS_COUNTED`. When not, the counts are lower
   * bounds, and services may be missing.
   */
  readonly isComplete: boolean;
}

/** Reads the outbox for operators. */
export interface QueueStore {
  /** Counts the rows of the outbox, at most `MAX_ROWS_COUNTED` of each lane of a channel. */
  read(now: number): Promise<Queues>;
  /**
   * For each channel that has a due message, the time at which the first of them became due, in epoch milliseconds. It
   * is exact, however long the outbox is.
   */
  oldestDue(now: number): Promise<ReadonlyMap<Channel, number>>;
}
