import type {
  Callback,
  CallbackRef,
  CallbackSecrets,
  LoggedDelivery,
} from "../callbacks/callback.ts";

/** What {@link CallbackStore.set} did. */
export interface CallbackSet {
  readonly callback: Callback;
  /** Whether there was none before, so that `newSecret` signs. */
  readonly isNew: boolean;
}

/** Why a replay cannot begin. */
export type ReplayRefusal =
  /** Another replay of the callback is under way. */
  | "under-way"
  /** Events of the range are not kept any more, or none has the number yet. */
  | { readonly oldest: number; readonly last: number };

/** Stores the callbacks of services, for the management API. `undefined` stands for a callback, or a service, that does not exist. */
export interface CallbackStore {
  get(ref: CallbackRef): Promise<Callback | undefined>;
  /**
   * Sets where a callback goes. A new one begins with the next event. One that exists keeps its signing secret and its
   * position, and is no longer paused or disabled.
   *
   * @param newSecret signs when the callback is new
   */
  set(
    ref: CallbackRef,
    fields: Pick<CallbackSecrets, "url" | "bearerToken">,
    newSecret: string,
    now: number,
  ): Promise<CallbackSet | undefined>;
  /** Makes `newSecret` the signing secret. The one before signs too for `PREVIOUS_SECRET_MS`. */
  rotate(ref: CallbackRef, newSecret: string, now: number): Promise<Callback | undefined>;
  /** Deletes a callback, and cancels its deliveries that wait. The log stays. @returns whether it existed */
  delete(ref: CallbackRef): Promise<boolean>;
  /** What a test call needs. */
  getSecrets(ref: CallbackRef): Promise<CallbackSecrets | undefined>;
  /** The newest deliveries with a number below `before`, newest first. */
  readLog(
    ref: CallbackRef,
    before: number | undefined,
    limit: number,
  ): Promise<readonly LoggedDelivery[]>;
  /** Sends the events of a range again, both ends included. Those that the callback does not announce are passed. */
  replay(
    ref: CallbackRef,
    from: number,
    to: number,
    now: number,
  ): Promise<Callback | ReplayRefusal | undefined>;
}
