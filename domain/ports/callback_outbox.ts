import type { CallbackRef, CallbackSecrets, DeliveryState } from "../callbacks/callback.ts";
import type { EndpointHealth } from "../callbacks/callback_result.ts";
import type { Waiting } from "../callbacks/callback_order.ts";

/** A callback that this process has leased: no other process sends its deliveries until the lease ends. */
export interface LeasedCallback extends CallbackRef {
  /** The fencing token of the lease. */
  readonly token: string;
  readonly secrets: CallbackSecrets;
  readonly health: EndpointHealth;
  /** The greatest number of the service's event log that was read for this callback: the next pass goes on after it. */
  readonly position: number;
  /** The numbers that a replay has yet to send; `undefined` when none is under way. */
  readonly replay: { readonly next: number; readonly to: number } | undefined;
}

/** A delivery (one call of the endpoint) that waits for another try, as the callback worker reads it. */
export interface WaitingDelivery extends Waiting {
  readonly tries: number;
  /** The JSON to send; `undefined` when the worker makes it from an event of the log. */
  readonly payload: string | undefined;
}

/** What became of a delivery in one pass: one run of the worker over what a callback has to send. */
export interface DeliveryRecord {
  readonly number: number;
  readonly subjectId: string;
  readonly state: Exclude<DeliveryState, "cancelled">;
  readonly tries: number;
  readonly httpStatus: number | undefined;
  readonly error: string | undefined;
  /** When it is tried next; `undefined` unless it waits. */
  readonly dueAt: number | undefined;
  /** When it was tried in this pass; `undefined` when it was not. */
  readonly triedAt: number | undefined;
}

/**
 * What one pass over a leased callback did, for `CallbackOutbox.record`: what became of each delivery, and the callback's
 * new health, its position in the event log and what is left of its replay (as in {@link LeasedCallback}).
 */
export interface PassResult {
  readonly records: readonly DeliveryRecord[];
  readonly health: EndpointHealth;
  readonly position: number;
  readonly replay: LeasedCallback["replay"];
  /** Whether the endpoint answered 410: nothing is sent until the callback is set again. */
  readonly isGone: boolean;
  /** Whether the endpoint works again after failures: every waiting delivery is then made due now. */
  readonly hasRecovered: boolean;
}

/**
 * The outbox of callbacks: what is to be sent, by which process, and what became of it. Times are epoch milliseconds.
 */
export interface CallbackOutbox {
  /**
   * The least time in milliseconds between two calls of {@link hasDue} while nothing is due: with a database server
   * each is a round trip.
   */
  readonly lookEveryMs: number;
  /**
   * Leases at most `limit` callbacks that have something to send, those first that were served longest ago. It skips
   * callbacks that are paused, disabled, or leased by another process.
   *
   * @param until when the leases end
   */
  claim(now: number, until: number, limit: number): Promise<readonly LeasedCallback[]>;
  /** Whether {@link claim} would find anything. Costs no write. */
  hasDue(now: number): Promise<boolean>;
  /** Every delivery that waits, due or not, at most `limit`, in the order of the numbers. */
  readWaiting(callback: LeasedCallback, limit: number): Promise<readonly WaitingDelivery[]>;
  /**
   * Records a pass and renews the lease, all or nothing.
   *
   * @param until when the lease ends; 0 gives it back
   * @returns `false` when the lease was lost, or the callback deleted: nothing was recorded, and another process sends
   * the same again
   */
  record(
    callback: LeasedCallback,
    result: PassResult,
    now: number,
    until: number,
  ): Promise<boolean>;
  /**
   * Makes every lease of a callback that ends after the time `endingAfter` end at `until` instead. Called after the
   * clock was set, when leases would end too early or too late. Their holders keep them.
   */
  renewLeases(endingAfter: number, until: number): Promise<void>;
}
