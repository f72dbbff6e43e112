import type { AcceptStore } from "../../domain/ports/accept_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import { bodyCharge, rateCharge } from "../../domain/sending/limits.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import type { ApiKey, Service } from "../../domain/service/service.ts";
import type { RateLimitCache } from "./rate_limit_cache.ts";

/**
 * Counts large bodies against the rate limit of their service when the request sends nothing (it is refused, or a
 * preview), since reading them takes time all the same.
 */
export interface BodyCost {
  /**
   * Counts the body of such a request: as one request for each 64 KiB beyond the first. A body of up to 64 KiB costs
   * nothing and needs no call of the store; nor does a request that was refused because of the rate limit or its
   * credential.
   *
   * @param bytes the size of the body
   * @param refusal the kind of the refusal; `undefined` for a preview
   */
  charge(
    service: Service,
    key: Pick<ApiKey, "kind">,
    bytes: number,
    refusal?: string,
  ): Promise<void>;
  /**
   * Returns the refusal of a preview with a large body when the service's rate limit is reached; otherwise `undefined`.
   * It uses this process's cache of counters, and counts nothing.
   */
  check(service: Service, key: Pick<ApiKey, "kind">, bytes: number): Refusal | undefined;
}

/** Dependencies of {@link createBodyCost}. */
export interface BodyCostPorts {
  readonly clock: Clock;
  readonly accepts: Pick<AcceptStore, "charge">;
  readonly rateLimits: RateLimitCache;
}

/** Creates the use case of counting large bodies. */
export function createBodyCost({ clock, accepts, rateLimits }: BodyCostPorts): BodyCost {
  return {
    async charge(service, { kind }, bytes, refusal) {
      const charge = bodyCharge(service, kind, bytes, clock.now());
      if (charge === undefined || refusal === "rate-limited" || refusal === "auth") return;
      const charges = [charge];
      if (await accepts.charge(service.id, charges)) rateLimits.recordUse(service.id, charges);
    },
    check(service, { kind }, bytes) {
      const now = clock.now();
      return bodyCharge(service, kind, bytes, now) === undefined
        ? undefined
        : rateLimits.check(service.id, [rateCharge(service, kind, now)]);
    },
  };
}
