/** Notes when API keys are used, without a write in the request. */
import { isUseDue, LAST_USED_EVERY_MS } from "../../domain/accounts/management_tokens.ts";
import type { KeyId, ServiceId } from "../../domain/ids.ts";
import type { KeyUse, KeyUseStore } from "../../domain/ports/key_use_store.ts";
import type { ApiKey } from "../../domain/service/service.ts";

/** Max keys whose uses a process remembers; beyond it the one that was noted first is forgotten. */
export const MAX_NOTED_KEYS = 10_000;
/** Max uses that one batch writes. */
const BATCH = 200;

/** The uses of API keys that a process has noted. */
export interface KeyUses {
  /** Notes a use, unless one within the last hour is known. It writes nothing. */
  note(serviceId: ServiceId, key: ApiKey, now: number): void;
  /** Writes what was noted: at most one write an hour for each key. */
  write(): Promise<void>;
}

/** Creates the notes of a process (or Workers isolate). */
export function createKeyUses(store: KeyUseStore): KeyUses {
  const noted = new Map<KeyId, number>();
  let pending: KeyUse[] = [];
  return {
    note(serviceId, { id: keyId, lastUsedAt = 0 }, now) {
      const last = Math.max(lastUsedAt, noted.get(keyId) ?? 0);
      if (!isUseDue(last, now)) return;
      noted.delete(keyId);
      noted.set(keyId, now);
      pending.push({ serviceId, keyId, at: now, before: now - LAST_USED_EVERY_MS });
      const [first] = noted.keys();
      if (noted.size > MAX_NOTED_KEYS && first !== undefined) noted.delete(first);
      if (pending.length > MAX_NOTED_KEYS) pending.shift();
    },
    async write() {
      const uses = pending;
      pending = [];
      for (let at = 0; at < uses.length; at += BATCH) {
        await store.write(uses.slice(at, at + BATCH));
      }
    },
  };
}
