import type { AttemptResult } from "../delivery/attempt_result.ts";
import type { StoredNotification } from "../notification/notification.ts";
import type { Channel } from "../service/service.ts";
import type { NotificationRef } from "../delivery/outgoing_message.ts";

/** One outbox row in the hands of its holder. */
export interface Lease {
  readonly ref: NotificationRef;
  readonly token: string;
  /** It was claimed, and not held since the accept: what is written of it may wait for what nobody has waited for yet. */
  readonly claimed?: true;
}

/** A row that was due and has been claimed. */
export interface ClaimedRow {
  readonly lease: Lease;
  /**
   * `deliver`: hand it to a provider. `poll`: ask its provider what became of it. `expire`: no receipt came in time.
   */
  readonly task: "deliver" | "poll" | "expire";
  /** Attempts made so far. */
  readonly attempts: number;
  /** The outcome of an earlier attempt is not known: the provider may have the message. */
  readonly unresolved: boolean;
  /** What the provider knows it by; there for `poll` only. */
  readonly providerMessageId: string | undefined;
  /**
   * Why it is not to be sent any more: its recipient has acknowledged the message that it was to follow, or its job was
   * cancelled.
   */
  readonly cancellationReason: "acknowledged" | "job-cancelled" | undefined;
  readonly notification: StoredNotification;
}

/** How many rows of a channel can be taken on. */
export interface ChannelCapacity {
  readonly channel: Channel;
  /** 1 or more. */
  readonly most: number;
}

/** The way out of notifications: rows with leases. Every write is fenced by its lease's token. */
export interface Outbox {
  /**
   * Takes rows that are due, as many of each channel as there is room for, for `leaseMs`. Single sends come before rows
   * of lists, those before what waits for receipts; within that services take turns, and of each the oldest goes first.
   * A row whose message cannot be opened is not given: it is settled by `settleUndecryptable`, and holds up no other.
   */
  claim(
    now: number,
    room: readonly ChannelCapacity[],
    leaseMs: number,
  ): Promise<readonly ClaimedRow[]>;
  /**
   * Writes down that an attempt begins, before the provider is called, and extends the lease.
   *
   * @returns the attempt's number, or `undefined` when the lease is lost or nothing is left to do
   */
  start(
    lease: Lease,
    attempt: { readonly provider: string; readonly possibleDuplicate: boolean },
    now: number,
    leaseUntil: number,
  ): Promise<number | undefined>;
  /**
   * Writes an attempt's settlement, all or nothing.
   *
   * @returns `false` when the lease was lost, and nothing was written
   */
  settle(
    lease: Lease,
    provider: string | undefined,
    settlement: AttemptResult,
    now: number,
  ): Promise<boolean>;
}
