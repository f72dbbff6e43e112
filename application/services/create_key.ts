/** Creates API keys. */
import type { AuditActor } from "../../domain/accounts/audit.ts";
import type { KeyId, ServiceId } from "../../domain/ids.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { ManagementStore } from "../../domain/ports/management_store.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { safeName } from "../../domain/service/sender.ts";
import type { ApiKey, KeyKind } from "../../domain/service/service.ts";

/** Dependencies of {@link createKey}. */
export interface CreateKeyPorts {
  readonly clock: Pick<Clock, "now" | "newId">;
  readonly store: Pick<ManagementStore, "createKey" | "listKeys">;
}

/** A key that was created. */
export interface CreatedKey {
  readonly key: ApiKey;
  /** The key in full, `<name>-<service id>-<secret>`: it cannot be read again. */
  readonly text: string;
}

/** Why a key was not created. */
export type KeyRefusal =
  | { readonly kind: "service-not-found" }
  | { readonly kind: "expires-in-past" }
  /** A key in use has this name. */
  | { readonly kind: "name-taken" }
  /** The request was sent before: there is a key with this id. */
  | { readonly kind: "already-created"; readonly key: ApiKey };

/** Creates an API key with the id of the caller's, so that a request that is sent twice creates one key. */
export async function createKey(
  { clock, store }: CreateKeyPorts,
  serviceId: ServiceId,
  { id, name, kind, expiresAt }: {
    readonly id: KeyId;
    readonly name: string;
    readonly kind: KeyKind;
    /** Epoch milliseconds; absent for a key that does not expire. */
    readonly expiresAt?: number | undefined;
  },
  actor: AuditActor,
): Promise<Result<CreatedKey, KeyRefusal>> {
  const now = clock.now();
  if (expiresAt !== undefined && expiresAt <= now) return refuse({ kind: "expires-in-past" });
  const secret = clock.newId();
  const key = await store.createKey(serviceId, { id, name, kind, secret, expiresAt }, now, {
    chain: serviceId,
    actor,
    action: "key-created",
    subject: id,
  });
  if (key === undefined) return refuse({ kind: "service-not-found" });
  if (key !== "name-taken") {
    return ok({ key, text: `${safeName(name, "_")}-${serviceId}-${secret}` });
  }
  const existing = (await store.listKeys(serviceId)).find((one) => one.id === id);
  return existing === undefined
    ? refuse({ kind: "name-taken" })
    : refuse({ kind: "already-created", key: existing });
}
