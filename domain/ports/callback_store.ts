import type { NewAuditEntry } from "../accounts/audit.ts";
import type {
  Callback,
  CallbackRef,
  CallbackSecrets,
  LoggedDelivery,
} from "../callbacks/callback.ts";

/** What {@link CallbackStore.set} did. */
export interface CallbackSet {
  readonly callback: Callback;
  /** Whether the service had no such callback before: `newSecret` then signs its calls. */
  readonly isNew: boolean;
}

/** Why a replay cannot begin. */
export type ReplayRefusal =
  /** Another replay of the callback is under way. */
  | "under-way"
  /**
   * The log no longer has every event of the range, or none has the number yet; these are the least and the greatest
   * number of the log.
   */
  | { readonly oldest: number; readonly last: number };

/**
 * Stores the callbacks of services, for the management API. `undefined` stands for a callback, or a service, that does
 * not exist. `audit` is the entry of the audit log that is appended in the same batch, when something was changed.
 */
export interface CallbackStore {
  get(ref: CallbackRef): Promise<Callback | undefined>;
  /**
   * Sets the URL and the bearer token of a callback. A new one begins with the next event. An existing one keeps its
   * signing secret and its position in the event log, and is no longer paused or disabled.
   *
   * @param newSecret the signing secret if the callback is new; otherwise unused
   */
  set(
    ref: CallbackRef,
    fields: Pick<CallbackSecrets, "url" | "bearerToken">,
    newSecret: string,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<CallbackSet | undefined>;
  /**
   * Makes `newSecret` the signing secret. The secret before it signs too, as a second signature, for
   * `PREVIOUS_SECRET_MS`.
   */
  rotate(
    ref: CallbackRef,
    newSecret: string,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<Callback | undefined>;
  /**
   * As {@link rotate}, but only while the secret is the one of a state that was read: a request that is repeated replaces
   * nothing.
   *
   * @param previousUntil that of the state
   * @returns `replaced` when the secret has been replaced since
   */
  rotateSeen(
    ref: CallbackRef,
    newSecret: string,
    previousUntil: number | undefined,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<Callback | "replaced" | undefined>;
  /**
   * Deletes a callback, and cancels its deliveries that wait. Its log of deliveries stays.
   *
   * @returns whether it existed
   */
  delete(ref: CallbackRef, now: number, audit?: NewAuditEntry): Promise<boolean>;
  /** The URL and the secrets of a callback, with which the management API makes a test call. */
  getSecrets(ref: CallbackRef): Promise<CallbackSecrets | undefined>;
  /** The deliveries with a number below `before` (all when `undefined`), newest first, at most `limit`. */
  readLog(
    ref: CallbackRef,
    before: number | undefined,
    limit: number,
  ): Promise<readonly LoggedDelivery[]>;
  /**
   * Starts to send the events of a range again, both ends included; the worker sends them. Events that the callback
   * does not announce are skipped. For `inbound`, deliveries of the range that failed wait for another try.
   */
  replay(
    ref: CallbackRef,
    from: number,
    to: number,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<Callback | ReplayRefusal | undefined>;
}
