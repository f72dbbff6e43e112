import type { KeptDocument } from "../files/document.ts";
import type { ServiceId } from "../ids.ts";
import type { Notification } from "../notification/notification.ts";
import type { QuotaCharge } from "../sending/limits.ts";

/** An idempotency key with the request that it identifies and the answer to replay. */
export interface IdempotencyClaim {
  /** Hash of the caller's key: a key can contain anything, so it is not stored. */
  readonly keyHash: string;
  /** Hash of method, path, kind of API key and body. */
  readonly requestHash: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** The answer to replay; stored encrypted. */
  readonly answer: string;
}

/** The lease of the isolate that accepts a notification. */
export interface FirstLease {
  readonly token: string;
  /** Epoch milliseconds. */
  readonly until: number;
  /** The provider of the first attempt, whose start the accept records as `Outbox.start` would; absent for no start. */
  readonly provider?: string;
}

/** One notification to accept. */
export interface Accept {
  readonly notification: Notification;
  /** The service's revision that the notification was planned with. */
  readonly revision: number;
  readonly charges: readonly QuotaCharge[];
  readonly idempotency: IdempotencyClaim | undefined;
  /** Documents that were staged for it; from now on each is kept until its `expiresAt`. */
  readonly documents?: readonly KeptDocument[];
  /** It belongs to a batch: notifications that were sent singly are delivered first. */
  readonly inBatch?: boolean;
  /** The lease token of the job chunk that its row belongs to; a row of a job is rejected without it. */
  readonly jobLease?: string;
  /** When it is due, in epoch milliseconds; at once when absent. */
  readonly dueAt?: number;
  /** Leases the outbox row to this isolate; `undefined` leaves it to the next worker that claims rows. */
  readonly lease: FirstLease | undefined;
}

/**
 * Why an accept wrote nothing: the first of its conditions that failed, in the order of these members. Each holds for the
 * transaction that evaluated the accept. The key, or the rest of a counter, may have gone to another accept of the same
 * transaction that was itself rejected in the end; a retry then succeeds.
 */
export type AcceptRejection =
  /** The service has another revision than the notification was planned with, or no longer exists. */
  | { readonly reason: "revision" }
  /** The idempotency key was used before. */
  | { readonly reason: "idempotency-key" }
  /** A counter is at its limit: the first such charge. */
  | { readonly reason: "counter"; readonly scope: string }
  /** The job's row was accepted before, its chunk is leased to another worker, or the job is not in progress. */
  | { readonly reason: "job-row" };

/** The result of one accept. */
export type AcceptResult =
  | { readonly kind: "accepted" }
  | ({ readonly kind: "rejected" } & AcceptRejection);

/** Result of {@link AcceptStore.recall}. */
export interface Recall {
  /** The unexpired answer to this idempotency key. */
  readonly earlier: { readonly requestHash: string; readonly answer: string } | undefined;
  /** Values of the counters that exist, by scope. */
  readonly counters: ReadonlyMap<string, number>;
}

/** Result of {@link AcceptStore.recallMany}. */
export interface RecallOfMany {
  /** The unexpired answers to these idempotency keys, by the hash of the key. */
  readonly earlier: ReadonlyMap<string, { readonly requestHash: string; readonly answer: string }>;
  /** Values of the counters that exist, by scope. */
  readonly counters: ReadonlyMap<string, number>;
}

/** The store that accepts notifications. */
export interface AcceptStore {
  /**
   * Writes the notification, its outbox row, its first timeline event, its idempotency record and its charges, all or
   * nothing, in one round trip.
   *
   * @returns which condition failed when nothing was written
   */
  accept(accept: Accept): Promise<AcceptResult>;
  /**
   * Accepts each notification as {@link accept} would, in chunks between which other requests are served. A failure
   * leaves the chunks before it written.
   *
   * @returns the results in the order of `accepts`
   */
  acceptMany(accepts: readonly Accept[]): Promise<readonly AcceptResult[]>;
  /**
   * Stores the answer of a request that creates no notification (smoke-test recipients).
   *
   * @returns `false` when the key was used before
   */
  storeAnswer(serviceId: ServiceId, claim: IdempotencyClaim): Promise<boolean>;
  /** Reads the answer to an idempotency key and the values of counters, in one round trip. */
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
  /**
   * Consumes from counters without a notification: from all, or from none when one is at its limit.
   *
   * @returns whether it consumed
   */
  charge(serviceId: ServiceId, charges: readonly QuotaCharge[]): Promise<boolean>;
}
