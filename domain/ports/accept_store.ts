import type { KeptDocument } from "../files/document.ts";
import type { ServiceId } from "../ids.ts";
import type { Notification } from "../notification/notification.ts";
import type { QuotaCharge } from "../sending/limits.ts";

/** What makes a repeated request the same request. */
export interface IdempotencyClaim {
  /** A hash of the caller's key: keys may hold anything, so they are not stored. */
  readonly keyHash: string;
  /** A hash of method, path and body. */
  readonly requestHash: string;
  readonly expiresAt: number;
  /** The answer to give again; stored sealed. */
  readonly answer: string;
}

/** An accept as the store takes it. */
export interface Accept {
  readonly notification: Notification;
  /** The service's revision that the plan was made by. */
  readonly revision: number;
  readonly charges: readonly QuotaCharge[];
  readonly idempotency: IdempotencyClaim | undefined;
  /** Documents that were staged for it, each kept from now on until its time. */
  readonly documents?: readonly KeptDocument[];
  /** It came with others: single ones go before it. */
  readonly ofList?: boolean;
  /** The lease that its job's part is held by; a row of a job is refused without it. */
  readonly jobLease?: string;
  /** When it is to be sent, where that is not at once. */
  readonly dueAt?: number;
  /** Holds the outbox row for this isolate until then; `undefined` leaves it to whoever ticks next. */
  readonly lease: { readonly token: string; readonly until: number } | undefined;
}

/** What {@link AcceptStore.recall} knows. */
export interface Recall {
  /** What was answered to this idempotency key before, if it is still kept. */
  readonly earlier: { readonly requestHash: string; readonly answer: string } | undefined;
  readonly counters: ReadonlyMap<string, number>;
}

/** What {@link AcceptStore.recallMany} knows. */
export interface RecallOfMany {
  /** What was answered to these idempotency keys before, where it is still kept. */
  readonly earlier: ReadonlyMap<string, { readonly requestHash: string; readonly answer: string }>;
  readonly counters: ReadonlyMap<string, number>;
}

/** The way in of notifications. */
export interface AcceptStore {
  /**
   * Writes the notification, its outbox row, its first timeline event, its idempotency record and its charges,
   * all or nothing, in one round trip.
   *
   * @returns `false` when nothing was written, because the service's revision is another, a counter is at its
   * limit, or the idempotency key is taken
   */
  accept(accept: Accept): Promise<boolean>;
  /**
   * Accepts many, each as {@link accept} would, in steps between which others get their turn.
   *
   * @returns what became of each, in their order
   */
  acceptMany(accepts: readonly Accept[]): Promise<readonly boolean[]>;
  /** Keeps an answer without a notification (smoke-test recipients), unless the key is taken. */
  remember(serviceId: ServiceId, claim: IdempotencyClaim): Promise<boolean>;
  /** Reads what an accept may have been refused by. */
  recall(
    serviceId: ServiceId,
    keyHash: string | undefined,
    scopes: readonly string[],
    now: number,
  ): Promise<Recall>;
  /** As {@link recall} for many keys, in one round trip. */
  recallMany(
    serviceId: ServiceId,
    keyHashes: readonly string[],
    scopes: readonly string[],
    now: number,
  ): Promise<RecallOfMany>;
  /** Uses counters without a notification: all of them, or none where one is at its limit. @returns whether it did */
  charge(serviceId: ServiceId, charges: readonly QuotaCharge[]): Promise<boolean>;
}
