import type { AttemptResult, UnknownAttempt } from "../delivery/attempt_result.ts";
import type { EventFacts, StoredNotification } from "../notification/notification.ts";
import type { Channel } from "../service/service.ts";
import type { NotificationId, NotificationRef, ServiceId } from "../ids.ts";

/**
 * A lease on one outbox row: for its duration only its holder sends the notification. The outbox is the table of work
 * that is still to do for notifications.
 */
export interface Lease {
  readonly ref: NotificationRef;
  /** A fencing token: a write with it changes nothing after the lease was lost. */
  readonly token: string;
  /**
   * Set when a worker claimed the row from the outbox. Absent when the request that accepted the notification leased
   * it, to send it at once: writes of such a row come before those of claimed rows.
   */
  readonly claimed?: true;
}

/** A due row that a worker has claimed. */
export interface ClaimedRow {
  readonly lease: Lease;
  /**
   * What is due. `deliver`: send it by a provider. `poll`: ask its provider for its status. `expire`: end it, because
   * no receipt came in time.
   */
  readonly task: "deliver" | "poll" | "expire";
  /** How many attempts (calls of a provider) were started so far. */
  readonly attempts: number;
  /** The outcome of an earlier attempt is not known: the provider may have the message. */
  readonly unresolved: boolean;
  /**
   * The attempts of unknown outcome, in their order; an attempt that was started and never settled is one of them. It
   * may lack attempts that an earlier version has made.
   */
  readonly unknown: readonly UnknownAttempt[];
  /** The provider's id of the message; present for `poll` only. */
  readonly providerMessageId: string | undefined;
  /**
   * Why it must not be sent any more: its recipient acknowledged the inbox message that it follows, or its job was
   * cancelled.
   */
  readonly cancellationReason: "acknowledged" | "job-cancelled" | undefined;
  /** Present when its job is paused: it must not be sent until that is resumed. */
  readonly jobIsPaused?: true;
  /**
   * When the operator put the failed message back to be sent, epoch milliseconds: its 72 hours of tries count from then.
   * Absent for most.
   */
  readonly redrivenAt?: number;
  readonly notification: StoredNotification;
}

/** A row that is due to be sent. */
export interface DueRow extends NotificationRef {
  readonly channel: Channel;
}

/** Whether an attempt's result was written. */
export interface SettleResult {
  /** `false` when the lease was lost, and nothing was written. */
  readonly isWritten: boolean;
  /**
   * Whether receipts of the message came before its result. The caller applies them by `ReceiptStore.applyUnmatched`.
   */
  readonly hasUnmatchedReceipts: boolean;
}

/** The free capacity of a worker for one channel. */
export interface ChannelCapacity {
  readonly channel: Channel;
  /** Max rows to claim, 1 or more. */
  readonly most: number;
  /**
   * Max rows among them that are to be sent, 0 or more, when that is fewer than `most`: the others may only be rows
   * that await a receipt. Absent for no such limit.
   */
  readonly mostToSend?: number;
}

/**
 * The queue of notifications to deliver. A claim leases rows to a worker; after a lease was lost, the worker's writes
 * change nothing, and another worker can claim the row. Times are epoch milliseconds.
 */
export interface Outbox {
  /**
   * The earliest time at which a row may be due, in epoch milliseconds, and `undefined` for an empty outbox. It may be
   * too early; a claim that finds nothing due corrects it.
   */
  nextDueAt(): Promise<number | undefined>;
  /**
   * Makes every lease that ends after the time `endingAfter` end at `until` instead. Called after the clock was set,
   * when leases would end too early or too late. Their holders keep them.
   */
  renewLeases(endingAfter: number, until: number): Promise<void>;
  /**
   * Claims due rows for `leaseMs`, up to the capacity of each channel. `shareClaim` shares the capacity among single
   * sends, rows of jobs and batches, and rows that await receipts. Within each, services are served round-robin, and of
   * a service the row that has been due longest comes first. It may return fewer rows than are due. When nothing is
   * due, nothing is written.
   *
   * A row whose message cannot be decrypted is not returned: `settleUndecryptable` decides its result, which is
   * written. From then on it is claimed after all others.
   */
  claim(
    now: number,
    capacity: readonly ChannelCapacity[],
    leaseMs: number,
  ): Promise<readonly ClaimedRow[]>;
  /**
   * Claims for `leaseMs` those of some notifications of a service and channel that are due to be sent and that no worker
   * has leased, under the conditions of {@link claim}. The others are left as they are: those that are leased, postponed,
   * sent or unknown, that await a receipt, and that could not be decrypted when they were claimed last.
   */
  claimListed(
    now: number,
    list: {
      readonly serviceId: ServiceId;
      readonly channel: Channel;
      readonly ids: readonly NotificationId[];
    },
    leaseMs: number,
  ): Promise<readonly ClaimedRow[]>;
  /**
   * Lists rows that are due to be sent on some channels and that no worker has leased, at most `limit` of each channel,
   * without claiming them. Services alternate, and single sends come first.
   */
  listDue(
    now: number,
    channels: readonly Channel[],
    limit: number,
  ): Promise<readonly DueRow[]>;
  /**
   * Claims due rows that are to be sent on channels whose providers take no message, and that must not wait for longer:
   * their `valid_until` has passed, or they were accepted 72 hours ago. Each call looks at a bounded number of rows,
   * and the next one goes on from there.
   */
  claimOverdue(
    now: number,
    channels: readonly Channel[],
    leaseMs: number,
  ): Promise<readonly ClaimedRow[]>;
  /**
   * Records that an attempt starts, before the provider is called, and extends the lease.
   *
   * @param attempt the provider's name, why it was selected, whether an earlier attempt may have sent the message, and
   * the events by which earlier attempts of unknown outcome were resolved: they are recorded before the start
   * @param leaseUntil when the lease ends now
   * @returns the attempt's number, or `undefined` when the lease was lost or the notification has left the outbox
   */
  start(
    lease: Lease,
    attempt: {
      readonly provider: string;
      readonly selection?: EventFacts["selection"];
      readonly possibleDuplicate: boolean;
      readonly resolvedBy?: AttemptResult["events"];
    },
    now: number,
    leaseUntil: number,
  ): Promise<number | undefined>;
  /**
   * Writes an attempt's result, all or nothing, and gives the lease back.
   *
   * @param provider the name of the provider that was called; `undefined` when none was
   */
  settle(
    lease: Lease,
    provider: string | undefined,
    result: AttemptResult,
    now: number,
  ): Promise<SettleResult>;
  /**
   * As {@link settle}, for a message that was found at its provider after an attempt of unknown outcome: writes nothing
   * when another notification has the result's `providerMessageId` already. Equal messages cannot be distinguished, so
   * each of them is adopted once. Calls for one message must not overlap in a process.
   */
  adopt(
    lease: Lease,
    provider: string,
    result: AttemptResult,
    now: number,
  ): Promise<SettleResult>;
  /**
   * Selects, of a provider's ids of messages, those that some notification has recorded as its own: they cannot be
   * another notification's message.
   */
  listRecorded(
    provider: string,
    providerMessageIds: readonly string[],
  ): Promise<ReadonlySet<string>>;
}
