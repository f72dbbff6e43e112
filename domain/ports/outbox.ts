import type { AttemptResult } from "../delivery/attempt_result.ts";
import type { StoredNotification } from "../notification/notification.ts";
import type { Channel } from "../service/service.ts";
import type { NotificationRef } from "../ids.ts";

/** A lease on one outbox row. */
export interface Lease {
  readonly ref: NotificationRef;
  readonly token: string;
  /**
   * Set when a worker claimed the row, and absent when the accept leased it: writes of a claimed row have low priority.
   */
  readonly claimed?: true;
}

/** A due row that a worker has claimed. */
export interface ClaimedRow {
  readonly lease: Lease;
  /**
   * `deliver`: send it by a provider. `poll`: ask its provider for its status. `expire`: no receipt came in time.
   */
  readonly task: "deliver" | "poll" | "expire";
  /** Attempts made so far. */
  readonly attempts: number;
  /** The outcome of an earlier attempt is not known: the provider may have the message. */
  readonly unresolved: boolean;
  /** The provider's id of the message; present for `poll` only. */
  readonly providerMessageId: string | undefined;
  /**
   * Why it must not be sent any more: its recipient acknowledged the inbox message that it follows, or its job was
   * cancelled.
   */
  readonly cancellationReason: "acknowledged" | "job-cancelled" | undefined;
  readonly notification: StoredNotification;
}

/** What became of an attempt's result. */
export interface SettleResult {
  /** `false` when the lease was lost, and nothing was written. */
  readonly isWritten: boolean;
  /** Receipts of the message came before its result: `ReceiptStore.applyUnmatched` applies them. */
  readonly hasUnmatchedReceipts: boolean;
}

/** The free capacity of a worker for one channel. */
export interface ChannelCapacity {
  readonly channel: Channel;
  /** Max rows to claim, 1 or more. */
  readonly most: number;
}

/** The queue of notifications to deliver. Rows are leased, and the lease's token fences every write. */
export interface Outbox {
  /**
   * The earliest time at which a row may be due, and `undefined` for an empty outbox. It may be too early; a claim puts it
   * right.
   */
  nextDueAt(): Promise<number | undefined>;
  /**
   * Makes every lease that ends after a time end at `until` instead: the time has stepped, so that leases would end too
   * early or too late. Their holders keep them.
   */
  renewLeases(endingAfter: number, until: number): Promise<void>;
  /**
   * Claims due rows for `leaseMs`, up to the capacity of each channel. `shareClaim` shares it among single sends, rows of
   * jobs, and rows that await receipts. Within each, services are served round-robin, and of a service the oldest row
   * first. It may return fewer rows than are due. When nothing is due, nothing is written.
   *
   * A row whose message cannot be decrypted is not returned: `settleUndecryptable` decides its result, which is written.
   * From then on it is claimed after all others.
   */
  claim(
    now: number,
    capacity: readonly ChannelCapacity[],
    leaseMs: number,
  ): Promise<readonly ClaimedRow[]>;
  /**
   * Records that an attempt starts, before the provider is called, and extends the lease.
   *
   * @returns the attempt's number, or `undefined` when the lease was lost or the notification has left the outbox
   */
  start(
    lease: Lease,
    attempt: { readonly provider: string; readonly possibleDuplicate: boolean },
    now: number,
    leaseUntil: number,
  ): Promise<number | undefined>;
  /** Writes an attempt's result, all or nothing. */
  settle(
    lease: Lease,
    provider: string | undefined,
    result: AttemptResult,
    now: number,
  ): Promise<SettleResult>;
}
