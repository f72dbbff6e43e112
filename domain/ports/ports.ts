import type { KeptDocument } from "../files/document.ts";
import type { NotificationId, ServiceId } from "../ids.ts";
import type { Charge } from "../sending/limits.ts";
import type {
  Notification,
  StoredNotification,
  TimelineEvent,
} from "../notification/notification.ts";
import type { NotificationRef, Receipt } from "./provider.ts";
import type { TemplateChoice } from "../sending/send_request.ts";
import type { Sender } from "../service/sender.ts";
import type { ApiKey, Channel, Guests, KeyKind, Service } from "../service/service.ts";
import type { Settlement } from "../delivery/attempt_result.ts";
import type { Status } from "../notification/status.ts";
import type { Siblings, TemplateVersion } from "../template/template_record.ts";

/** Time and identity. Ids of one isolate never go back, even within a millisecond. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** A new UUID version 7. */
  newNotificationId(): NotificationId;
  /** A new UUID version 4. */
  newId(): string;
  /** A number in [0, 1). */
  random(): number;
}

/** A service with what is needed to judge its callers and their requests. */
export interface SendingContext {
  readonly service: Service;
  readonly keys: readonly ApiKey[];
  readonly guests: Guests;
  readonly senders: readonly Sender[];
  /** The template that was asked for, newest version, archived ones too; `undefined` when there is none. */
  readonly template: TemplateVersion | undefined;
  /** The template's siblings in other languages, newest versions; none where there is no template, or it has none. */
  readonly siblings: Siblings;
  /** Read from the store for this very call, not remembered. */
  readonly fresh: boolean;
}

/** Who may call, and what with. */
export interface SendingContexts {
  /**
   * The service's context. Remembered ones are given unless `fresh` is asked for; what is not remembered costs one
   * round trip, the template and its siblings included.
   *
   * @returns `undefined` when there is no such service
   */
  load(
    serviceId: ServiceId,
    options: { readonly fresh: boolean; readonly template?: TemplateChoice },
  ): Promise<SendingContext | undefined>;
  /** The first of `keys` whose secret signed the token (HS256, nothing else), or `undefined`. */
  findSigner(
    serviceId: ServiceId,
    token: string,
    keys: readonly ApiKey[],
  ): Promise<ApiKey | undefined>;
  /** Drops what is remembered of a service. */
  forget(serviceId: ServiceId): void;
}

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
  readonly charges: readonly Charge[];
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
  charge(serviceId: ServiceId, charges: readonly Charge[]): Promise<boolean>;
}

/** Which notifications of a service to list. Newest first. */
export interface NotificationQuery {
  readonly keyKind: KeyKind | undefined;
  readonly channels: readonly Channel[];
  /** Empty means every status. */
  readonly statuses: readonly Status[];
  readonly reference: string | undefined;
  /** Whether rows of jobs are among them. */
  readonly includeJobs: boolean;
  /** Only those older than this one; none when the service has no such notification. */
  readonly olderThan: NotificationId | undefined;
  /** How many to pass over; for surfaces that number their pages. */
  readonly offset: number;
  readonly limit: number;
}

/** What has become of notifications. */
export interface NotificationStore {
  get(ref: NotificationRef): Promise<StoredNotification | undefined>;
  list(serviceId: ServiceId, query: NotificationQuery): Promise<readonly StoredNotification[]>;
  /**
   * Calls a notification off that nobody has begun to send, whatever claims it at the same time: one of the two comes
   * first, and the other finds nothing to do. Again without effect.
   *
   * @param keyKind of which kind of key it must be; any where `undefined`
   * @returns the notification as it then stands, `cancelled` or why it was too late; `undefined` when there is none
   */
  cancel(
    ref: NotificationRef,
    keyKind: KeyKind | undefined,
    now: number,
  ): Promise<StoredNotification | undefined>;
  /** Oldest first. `undefined` when the service has no such notification. */
  timeline(ref: NotificationRef): Promise<readonly TimelineEvent[] | undefined>;
  /** Those sent to this recipient, newest first, found by a keyed hash of its normalised form. */
  findByRecipient(
    serviceId: ServiceId,
    recipient: string,
    limit: number,
  ): Promise<readonly StoredNotification[]>;
}

/** One outbox row in the hands of its holder. */
export interface Lease {
  readonly ref: NotificationRef;
  readonly token: string;
  /** It was claimed, and not held since the accept: what is written of it may wait for what nobody has waited for yet. */
  readonly claimed?: true;
}

/** A row that was due and has been claimed. */
export interface ClaimedItem {
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
  readonly calledOff: "acknowledged" | "job-cancelled" | undefined;
  readonly notification: StoredNotification;
}

/** How many rows of a channel can be taken on. */
export interface Room {
  readonly channel: Channel;
  /** 1 or more. */
  readonly most: number;
}

/** The way out of notifications: rows with leases. Every write is fenced by its lease's token. */
export interface Outbox {
  /**
   * Takes rows that are due, as many of each channel as there is room for, for `leaseMs`. Single sends come before rows
   * of lists, those before what waits for receipts; within that services take turns, and of each the oldest goes first.
   * A row whose message cannot be opened is not given: it is settled by `settleUnopened`, and holds up no other.
   */
  claim(now: number, room: readonly Room[], leaseMs: number): Promise<readonly ClaimedItem[]>;
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
    settlement: Settlement,
    now: number,
  ): Promise<boolean>;
}

/** What providers tell us later. */
export interface ReceiptStore {
  /**
   * Takes receipts in: repeated ones once, those of notifications not known yet parked until
   * {@link applyParked} finds them. Never moves a status backwards.
   */
  receive(receipts: readonly Receipt[], now: number): Promise<void>;
  /** Applies what was parked under these message ids of a provider's. */
  applyParked(provider: string, providerMessageIds: readonly string[], now: number): Promise<void>;
  /** Applies receipts that came before `before` and were left behind by a crash, at most `limit`. */
  sweep(before: number, limit: number, now: number): Promise<void>;
}

/** Deletes what has had its time, in bounded steps. */
export interface Retention {
  /** @returns how many rows went; 0 when there is nothing left to delete */
  purge(now: number, limit: number): Promise<number>;
}
