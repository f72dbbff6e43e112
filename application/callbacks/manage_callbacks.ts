/** Callbacks of services: set, deleted, their secrets replaced, their events sent again. */
import type { AuditAction, AuditActor, NewAuditEntry } from "../../domain/accounts/audit.ts";
import type { Callback, CallbackRef, CallbackSecrets } from "../../domain/callbacks/callback.ts";
import type { CallbackSigner } from "../../domain/ports/callback_signer.ts";
import type { CallbackStore, ReplayRefusal } from "../../domain/ports/callback_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";

/** Dependencies of {@link createCallbackManagement}. */
export interface CallbackManagementPorts {
  readonly clock: Pick<Clock, "now">;
  readonly callbacks: Pick<CallbackStore, "set" | "rotate" | "rotateSeen" | "delete" | "replay">;
  readonly signer: Pick<CallbackSigner, "newSecret">;
}

/** A callback with the secret that signs its calls, which cannot be read again. */
export interface SignedCallback {
  readonly callback: Callback;
  /** `undefined` for a callback that keeps its secret. */
  readonly secret: string | undefined;
}

/**
 * Changes of callbacks, each with an entry in the audit log of the service. `undefined` stands for a service or a callback
 * that does not exist.
 */
export interface CallbackManagement {
  /** Sets the URL and the bearer token. Only a new callback has a new secret. */
  set(
    actor: AuditActor,
    ref: CallbackRef,
    fields: Pick<CallbackSecrets, "url" | "bearerToken">,
  ): Promise<SignedCallback | undefined>;
  /** Replaces the secret. The one before signs too for `PREVIOUS_SECRET_MS`. */
  rotate(actor: AuditActor, ref: CallbackRef): Promise<SignedCallback | undefined>;
  /**
   * As {@link rotate}, once for a state of the callback that was read.
   *
   * @param previousUntil that of the state
   * @returns `replaced` when the secret has been replaced since
   */
  rotateSeen(
    actor: AuditActor,
    ref: CallbackRef,
    previousUntil: number | undefined,
  ): Promise<SignedCallback | "replaced" | undefined>;
  /** @returns whether it existed */
  delete(actor: AuditActor, ref: CallbackRef): Promise<boolean>;
  /** Sends the events of a range again, both ends included. */
  replay(
    actor: AuditActor,
    ref: CallbackRef,
    range: { readonly from: number; readonly to: number },
  ): Promise<Callback | ReplayRefusal | undefined>;
}

/** Creates the use cases of callbacks. */
export function createCallbackManagement(
  { clock, callbacks, signer }: CallbackManagementPorts,
): CallbackManagement {
  return {
    async set(actor, ref, fields) {
      const secret = signer.newSecret();
      const entry = entryOf(actor, ref, "callback-changed");
      const set = await callbacks.set(ref, fields, secret, clock.now(), entry);
      return set && { callback: set.callback, secret: set.isNew ? secret : undefined };
    },
    async rotate(actor, ref) {
      const secret = signer.newSecret();
      const entry = entryOf(actor, ref, "callback-secret-replaced");
      const callback = await callbacks.rotate(ref, secret, clock.now(), entry);
      return callback && { callback, secret };
    },
    async rotateSeen(actor, ref, previousUntil) {
      const secret = signer.newSecret();
      const entry = entryOf(actor, ref, "callback-secret-replaced");
      const callback = await callbacks.rotateSeen(ref, secret, previousUntil, clock.now(), entry);
      if (callback === undefined || callback === "replaced") return callback;
      return { callback, secret };
    },
    delete: (actor, ref) =>
      callbacks.delete(ref, clock.now(), entryOf(actor, ref, "callback-deleted")),
    replay: (actor, ref, { from, to }) =>
      callbacks.replay(ref, from, to, clock.now(), {
        ...entryOf(actor, ref, "callback-replayed"),
        facts: { from, to },
      }),
  };
}

function entryOf(
  actor: AuditActor,
  { serviceId, kind }: CallbackRef,
  action: AuditAction,
): NewAuditEntry {
  return { chain: serviceId, actor, action, subject: kind };
}
