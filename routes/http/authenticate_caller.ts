import type { Context, MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import type {
  Authenticator,
  Caller,
  CallerRefusal,
} from "../../application/sending/authenticate.ts";
import type { ServiceSlots } from "../../application/sending/service_slots.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import type { ApiKey, Service } from "../../domain/service/service.ts";
import type { AppEnv } from "./context.ts";
import { noteLimit } from "./security_events.ts";

/** The context variables of a route whose caller is authenticated by a service's API key. */
export interface CallerEnv {
  readonly Variables: AppEnv["Variables"] & { readonly caller: Caller };
}

/** The context of a request whose caller is authenticated. */
export type CallerContext = Context<CallerEnv>;

/** How a route authenticates its callers. */
export interface CallerOptions {
  /**
   * `true` reads the service from the store, so that a revoked key reads nothing. `false` may use a cached service: for
   * use cases that evaluate every refusal with fresh data themselves.
   */
  readonly fresh: boolean;
  /** The requests that the process works on. */
  readonly slots: ServiceSlots;
  /** Answers a caller that is refused. */
  readonly refuse: (c: Context, refusal: CallerRefusal | Refusal) => Response;
}

/**
 * Puts the caller into the context before anything of the body is read; a caller that is refused goes no further. A
 * request waits here while too many of its service are worked on.
 */
export function authenticateCaller(
  authenticator: Pick<Authenticator, "authenticate">,
  { fresh, slots, refuse }: CallerOptions,
): MiddlewareHandler<CallerEnv> {
  return createMiddleware<CallerEnv>(async (c, next) => {
    const caller = await authenticator.authenticate(c.req.header("authorization"), { fresh });
    if (!caller.ok) return refuse(c, caller.refusal);
    const { context: { service }, key } = caller.value;
    c.get("requestLog").serviceId = service.id;
    const leave = await slots.enter(service.id, key.id, () => c.req.raw.signal);
    if (leave === undefined) {
      noteLimit(c, "concurrency");
      return refuse(c, tooManyAtOnce(service, key));
    }
    try {
      c.set("caller", caller.value);
      return await next();
    } finally {
      leave();
    }
  });
}

/** The refusal of a request of whose service too many wait already: the rate limit's. */
export function tooManyAtOnce(service: Service, { kind }: Pick<ApiKey, "kind">): Refusal {
  const rate = service.settings.rate_limit_per_minute;
  return { kind: "rate-limited", keyKind: kind, rate, retryAfterS: 1 };
}
