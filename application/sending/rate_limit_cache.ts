import type { ServiceId } from "../../domain/ids.ts";
import { checkCharges, type QuotaCharge, usedOf } from "../../domain/sending/limits.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";

/** How many counters an isolate caches; a full cache is cleared. */
const MAX_CACHED = 20_000;

/**
 * Local cache of counters. It only ever underestimates, so a refusal is always correct; the store checks again what it
 * lets through.
 */
export interface RateLimitCache {
  /** The refusal of the first charge whose cached counter is at its limit. */
  check(serviceId: ServiceId, charges: readonly QuotaCharge[]): Refusal | undefined;
  /** Adds charges that the store has accepted. */
  recordUse(serviceId: ServiceId, charges: readonly QuotaCharge[]): void;
  /** Caches values that were read from the store, by scope. */
  observe(serviceId: ServiceId, values: ReadonlyMap<string, number>): void;
}

/** Creates an isolate's cache of counters. */
export function createRateLimitCache(): RateLimitCache {
  const values = new Map<string, number>();
  const nameOf = (serviceId: ServiceId, scope: string) => `${serviceId} ${scope}`;
  const cache = (name: string, value: number) => {
    if (values.size >= MAX_CACHED) values.clear();
    values.set(name, value);
  };
  return {
    check: (serviceId, charges) =>
      checkCharges(charges, (scope) => values.get(nameOf(serviceId, scope)) ?? 0),
    recordUse(serviceId, charges) {
      for (const charge of charges) {
        const name = nameOf(serviceId, charge.scope);
        cache(name, usedOf(charge, values.get(name) ?? 0) + charge.step);
      }
    },
    observe(serviceId, observed) {
      for (const [scope, value] of observed) cache(nameOf(serviceId, scope), value);
    },
  };
}
