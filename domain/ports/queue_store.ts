import type { ServiceId } from "../ids.ts";
import type { Channel } from "../service/service.ts";

/** How many rows of a channel's lane are counted at most; of a longer one the counts are lower bounds. */
export const MAX_ROWS_COUNTED = 25_000;

/**
 * What messages in the outbox wait for: to be sent, for a provider's receipt, or for the key that decrypts them.
 */
export const QUEUE_STAGES = ["to-send", "awaiting-receipt", "undecryptable"] as const;
/** One of {@link QUEUE_STAGES}. */
export type QueueStage = typeof QUEUE_STAGES[number];

/** The messages of a service in the outbox, on one channel and in one stage. */
export interface Queue {
  readonly channel: Channel;
  readonly serviceId: ServiceId;
  readonly stage: QueueStage;
  /** The provider that has the messages; `null` for those that none has, or of which that is not known. */
  readonly provider: string | null;
  /** Messages whose time has come. */
  readonly due: number;
  /** Messages that a process is working on. */
  readonly leased: number;
  /** Messages that wait for their time: a retry, a schedule, the end of quiet hours, the receipt of a provider. */
  readonly waiting: number;
  /** When the first of the due ones was due, epoch milliseconds; `null` when none is due. */
  readonly oldestDueAt: number | null;
}

/** All queues of the outbox. */
export interface Queues {
  readonly queues: readonly Queue[];
  /** Whether every row was certainly counted: no lane has as many as `MAX_ROWS_COUNTED`. When not, the counts are lower bounds, and services may be missing. */
  readonly isComplete: boolean;
}

/** Reads the outbox for operators. */
export interface QueueStore {
  /** Counts the rows of the outbox, at most `MAX_ROWS_COUNTED` of each lane of a channel. */
  read(now: number): Promise<Queues>;
  /** For each channel that has a due message, when its first one was due, however long the outbox is. */
  oldestDue(now: number): Promise<ReadonlyMap<Channel, number>>;
}
