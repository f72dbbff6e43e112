import type { ServiceId } from "../../domain/ids.ts";
import { checkCharges, type QuotaCharge } from "../../domain/sending/limits.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";

/** How many counters an isolate remembers. */
const MAX_REMEMBERED = 20_000;

/**
 * What this isolate knows of the counters in the store. It never knows of more than was used, so what it refuses
 * is surely over the limit; what it lets through the store still judges.
 */
export interface RateLimitCache {
  judge(serviceId: ServiceId, charges: readonly QuotaCharge[]): Refusal | undefined;
  /** The store has taken these charges. */
  charged(serviceId: ServiceId, charges: readonly QuotaCharge[]): void;
  /** The store said what the counters hold. */
  learnt(serviceId: ServiceId, values: ReadonlyMap<string, number>): void;
}

/** Makes an isolate's memory of counters. */
export function createRateLimitCache(): RateLimitCache {
  const values = new Map<string, number>();
  const nameOf = (serviceId: ServiceId, scope: string) => `${serviceId} ${scope}`;
  const know = (name: string, value: number) => {
    if (values.size >= MAX_REMEMBERED) values.clear();
    values.set(name, value);
  };
  return {
    judge: (serviceId, charges) =>
      checkCharges(charges, (scope) => values.get(nameOf(serviceId, scope)) ?? 0),
    charged(serviceId, charges) {
      for (const { scope, floor, step } of charges) {
        const name = nameOf(serviceId, scope);
        know(name, Math.max(values.get(name) ?? 0, floor) + step);
      }
    },
    learnt(serviceId, learnt) {
      for (const [scope, value] of learnt) know(nameOf(serviceId, scope), value);
    },
  };
}
