import type { AcceptStore } from "../../domain/ports/accept_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import { bodyCharge, rateCharge } from "../../domain/sending/limits.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import type { ApiKey, Service } from "../../domain/service/service.ts";
import type { RateLimitCache } from "./rate_limit_cache.ts";

/** What a large body costs its service's rate when the request sends nothing. */
export interface BodyCost {
  /**
   * Charges the rate for the body of a refused request or of a preview. A body of ordinary size costs nothing, and no
   * round trip. A request that the rate limit refused costs nothing either.
   *
   * @param refusal the kind of the refusal
   */
  charge(
    service: Service,
    key: Pick<ApiKey, "kind">,
    bytes: number,
    refusal?: string,
  ): Promise<void>;
  /** The rate limit, for a preview with a body that costs, when it is reached. */
  check(service: Service, key: Pick<ApiKey, "kind">, bytes: number): Refusal | undefined;
}

/** Ports of {@link createBodyCost}. */
export interface BodyCostPorts {
  readonly clock: Clock;
  readonly accepts: Pick<AcceptStore, "charge">;
  readonly rateLimits: RateLimitCache;
}

/** Creates the use case. */
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
