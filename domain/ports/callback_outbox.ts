import type { CallbackRef, CallbackSecrets, DeliveryState } from "../callbacks/callback.ts";
import type { EndpointHealth } from "../callbacks/callback_result.ts";
import type { Waiting } from "../callbacks/callback_order.ts";
import type { ReceivedText } from "../callbacks/callback_payload.ts";
import type { ServiceId } from "../ids.ts";

/** A callback that this process has leased: no other process sends its deliveries until the lease ends. */
export interface LeasedCallback extends CallbackRef {
  /** The fencing token of the lease. */
  readonly token: string;
  readonly secrets: CallbackSecrets;
  readonly health: EndpointHealth;
  /** Events up to this number were taken from the log. */
  readonly position: number;
  /** The numbers that a replay has yet to send; `undefined` when none is under way. */
  readonly replay: { readonly next: number; readonly to: number } | undefined;
}

/** A delivery that waits, as the worker reads it. */
export interface WaitingDelivery extends Waiting {
  readonly tries: number;
  /** The JSON to send; `undefined` when it is made of an event. */
  readonly payload: string | undefined;
}

/** What became of a delivery in a pass. */
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

/** The state of a callback after a pass. */
export interface PassResult {
  readonly records: readonly DeliveryRecord[];
  readonly health: EndpointHealth;
  readonly position: number;
  readonly replay: LeasedCallback["replay"];
  /** Whether the endpoint answered 410: nothing is sent until the callback is set again. */
  readonly isGone: boolean;
  /** Whether every delivery that waits is due now, since the endpoint works again. */
  readonly hasRecovered: boolean;
}

/** The outbox of callbacks: what is to be sent, by which process, and what became of it. Times are epoch milliseconds. */
export interface CallbackOutbox {
  /** The least time between two looks for what is due, while nothing is, in milliseconds: on a server each is a round trip. */
  readonly lookEveryMs: number;
  /**
   * Leases callbacks of which something is to be sent, those first that were served longest ago. It skips callbacks that are paused,
   * disabled, or leased by another process.
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
   * @returns `false` when the lease was lost, or the callback deleted: nothing was recorded, and another process sends the same again
   */
  record(
    callback: LeasedCallback,
    result: PassResult,
    now: number,
    until: number,
  ): Promise<boolean>;
  /** Moves the ends of leases after a step of the clock: those that end later than `endingAfter` end at `until`. */
  renewLeases(endingAfter: number, until: number): Promise<void>;
}

/** Takes deliveries that come from no event of a notification. */
export interface InboundCallbacks {
  /**
   * Enqueues the announcement of a text message that a service received, if the service has a callback `inbound`. Call it
   * once a text: a second call announces it again.
   */
  enqueue(serviceId: ServiceId, text: ReceivedText, now: number): Promise<void>;
}
