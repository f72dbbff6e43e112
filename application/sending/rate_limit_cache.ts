import type { ServiceId } from "../../domain/ids.ts";
import { checkCharges, type QuotaCharge, usedOf } from "../../domain/sending/limits.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";

/** How many counters an isolate caches; a full cache is cleared. */
const MAX_CACHED = 20_000;

/**
 * A process's cache of the counters behind rate limits and daily limits. The cached value of a rate limit is never higher
 * than the store's, so its refusal is always right. That of a daily limit may be: what is cancelled is given back in the
 * store only. The store checks again what the cache lets through.
 */
export interface RateLimitCache {
  /** Returns the refusal for the first charge that would exceed its limit, by the cached counters; else `undefined`. */
  check(serviceId: ServiceId, charges: readonly QuotaCharge[]): Refusal | undefined;
  /** Adds charges to the cached counters. Call it when the store has accepted them. */
  recordUse(serviceId: ServiceId, charges: readonly QuotaCharge[]): void;
  /** Caches counters' values that were read from the store, by the charges' `scope`. */
  observe(serviceId: ServiceId, values: ReadonlyMap<string, number>): void;
}

/** Creates an empty cache. It holds 20,000 counters at most; when it is full, all of them are dropped. */
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
