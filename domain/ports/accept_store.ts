import type { KeptDocument } from "../files/document.ts";
import type { ServiceId } from "../ids.ts";
import type { EventFacts, Notification } from "../notification/notification.ts";
import type { QuotaCharge } from "../sending/limits.ts";

/** An idempotency key with the request that it identifies, and the answer that a retry with the same key gets. */
export interface IdempotencyClaim {
  /** Hash of the caller's key: a key can contain anything, so it is not stored. */
  readonly keyHash: string;
  /** Hash of method, path, kind of API key and body: the same key with another hash is another request. */
  readonly requestHash: string;
  /** Until when the key is remembered, epoch milliseconds. */
  readonly expiresAt: number;
  /** The answer to the first request; stored encrypted. */
  readonly answer: string;
}

/**
 * The lease with which the process that accepts a notification also sends it, without claiming it from the outbox
 * first. An accept stores a notification with its outbox row in one commit.
 */
export interface FirstLease {
  /** A fencing token: a write with it changes nothing after the lease was lost. */
  readonly token: string;
  /** When the lease ends, epoch milliseconds. */
  readonly until: number;
  /**
   * The provider that is called right after the accept: the accept then also records the start of attempt 1, as
   * `Outbox.start` would. Absent when no attempt starts.
   */
  readonly provider?: string;
  /** Why this provider was selected, for the timeline; absent when the channel has no other. */
  readonly selection?: EventFacts["selection"];
}

/** One notification to accept, with all that is checked and written in the same commit. */
export interface Accept {
  readonly notification: Notification;
  /**
   * The service's revision that the request was evaluated with. The accept is rejected when the service, a key, guest,
   * sender or template has changed since.
   */
  readonly revision: number;
  /** What it costs of the service's rate limit and daily limits. */
  readonly charges: readonly QuotaCharge[];
  /** `undefined` for a request without an idempotency key. */
  readonly idempotency: IdempotencyClaim | undefined;
  /** Files that were stored for it before the accept; from now on each is kept until its `expiresAt`. */
  readonly documents?: readonly KeptDocument[];
  /** Whether it belongs to a batch or job: notifications that were sent singly are delivered first. */
  readonly inBatch?: boolean;
  /**
   * For a row of a job: the lease token of the chunk (some rows of the job, leased by one worker) that it belongs to.
   * The accept is rejected when another worker holds the lease, and when the token is absent.
   */
  readonly jobLease?: string;
  /**
   * For a row of a job whose daily limits were charged for all its rows in advance: the accept subtracts one row from
   * what is left of that charge, and one of those to other countries if `abroad`. Absent when the row's own `charges`
   * pay for it.
   */
  readonly takesFromJob?: { readonly abroad: boolean };
  /**
   * For a row of a job whose recipient is suppressed: it is accepted all the same, and ends at once as
   * `permanent-failure`, so that the job goes on with its other rows.
   */
  readonly endsSuppressed?: boolean;
  /** When it is due, in epoch milliseconds; at once when absent. */
  readonly dueAt?: number;
  /** Leases the outbox row to this process; `undefined` leaves it to the next worker that claims rows. */
  readonly lease: FirstLease | undefined;
}

/**
 * Why an accept wrote nothing: the first condition that failed, in the order of these members. Several accepts can
 * share a transaction. The idempotency key or the rest of a counter may then have gone to another accept of the
 * transaction that was itself rejected in the end; a retry then succeeds.
 */
export type AcceptRejection =
  /** The service has another revision than the notification was planned with, or no longer exists. */
  | { readonly reason: "revision" }
  /** The idempotency key was used before, by the same or another request; `recall` reads its answer. */
  | { readonly reason: "idempotency-key" }
  /** The service may not send to the recipient on this channel. */
  | { readonly reason: "suppressed" }
  /** A rate limit or daily limit is exceeded; `scope` names the counter of the first such charge. */
  | { readonly reason: "counter"; readonly scope: string }
  /**
   * The database cannot hold the message, however often the accept is tried: encrypted, the message or the answer to its
   * idempotency key has `bytes`.
   */
  | { readonly reason: "too-large"; readonly bytes: number; readonly maxBytes: number }
  /** The job's row was accepted before, its chunk is leased to another worker, or the job is not in progress. */
  | { readonly reason: "job-row" };

/** The result of one accept. */
export type AcceptResult =
  | { readonly kind: "accepted" }
  | ({ readonly kind: "rejected" } & AcceptRejection);

/** Result of {@link AcceptStore.recall}. */
export interface Recall {
  /**
   * The unexpired answer to the idempotency key, and the hash of the request that it answered; `undefined` for none.
   */
  readonly earlier: { readonly requestHash: string; readonly answer: string } | undefined;
  /** The service's revision at the time of the read; `undefined` when it does not exist. */
  readonly revision: number | undefined;
  /** Values of the requested counters by scope; a counter that does not exist is absent. */
  readonly counters: ReadonlyMap<string, number>;
}

/** Result of {@link AcceptStore.recallMany}. */
export interface RecallOfMany {
  /** The unexpired answers to these idempotency keys, by the hash of the key; a key without one is absent. */
  readonly earlier: ReadonlyMap<string, { readonly requestHash: string; readonly answer: string }>;
  /** Values of the requested counters by scope; a counter that does not exist is absent. */
  readonly counters: ReadonlyMap<string, number>;
}

/** Accepts notifications: it stores each with its outbox row in one commit, and from then on it will be delivered. */
export interface AcceptStore {
  /**
   * Writes the notification, its outbox row, its first timeline event, its idempotency record and its charges, all or
   * nothing, in one round trip.
   *
   * @returns which condition failed when nothing was written
   */
  accept(accept: Accept): Promise<AcceptResult>;
  /**
   * Accepts each notification as {@link accept} would: rejections are results, and do not affect the others. It writes
   * in several transactions, between which other requests are served. When it throws, the transactions before the
   * failure stay written.
   *
   * @returns the results in the order of `accepts`
   */
  acceptMany(accepts: readonly Accept[]): Promise<readonly AcceptResult[]>;
  /**
   * Stores the answer to an idempotency key without a notification: for a request to a smoke-test recipient, which
   * creates none, and for a message to many recipients, whose notifications are accepted one by one.
   *
   * @returns `false` when an unexpired answer to the key is stored already; nothing was written
   */
  storeAnswer(serviceId: ServiceId, claim: IdempotencyClaim): Promise<boolean>;
  /**
   * Reads the answer to an idempotency key, the values of counters and the service's revision, in one round trip.
   *
   * @param keyHash `undefined` for a request without an idempotency key
   * @param scopes the names of the counters
   * @param now epoch milliseconds, to leave out expired answers
   */
  recall(
    serviceId: ServiceId,
    keyHash: string | undefined,
    scopes: readonly string[],
    now: number,
  ): Promise<Recall>;
  /**
   * Reads the answers to many idempotency keys and the values of counters, in one round trip.
   *
   * @param keyHashes the hashes of the keys
   * @param scopes the names of the counters
   * @param now epoch milliseconds, to leave out expired answers
   */
  recallMany(
    serviceId: ServiceId,
    keyHashes: readonly string[],
    scopes: readonly string[],
    now: number,
  ): Promise<RecallOfMany>;
  /**
   * Adds charges to the counters of rate limits without accepting a notification, as for a batch or a large body: to
   * all of them, or to none when one limit would be exceeded.
   *
   * @returns whether it added them
   */
  charge(serviceId: ServiceId, charges: readonly QuotaCharge[]): Promise<boolean>;
}
