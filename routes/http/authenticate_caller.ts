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

/** The Hono environment of a route behind {@link authenticateCaller}: `c.var.caller` is the authenticated caller. */
export interface CallerEnv {
  readonly Variables: AppEnv["Variables"] & { readonly caller: Caller };
}

/** The Hono context of a request whose caller is authenticated. */
export type CallerContext = Context<CallerEnv>;

/** How a route authenticates its callers, limits their concurrent requests and answers refusals. */
export interface CallerOptions {
  /**
   * `true` reads the service and its keys from the store, so that a key that was just revoked is refused. `false` may
   * use cached ones: only for routes that send, whose use case evaluates a refusal again with data from the store.
   */
  readonly fresh: boolean;
  /**
   * Limits how many requests of each service, and of each of its API keys, the process works on at once; others wait.
   */
  readonly slots: ServiceSlots;
  /** Creates the answer to a refused request: a credential that is not valid, or too many requests of the service. */
  readonly refuse: (c: Context, refusal: CallerRefusal | Refusal) => Response;
}

/**
 * Creates a middleware that authenticates the caller by its `Authorization` header and puts it into the context as
 * `caller`. The body is not read before that. A request waits while the process works on too many requests of its
 * service; when too many wait already, it is refused as rate-limited. Refusals have the answer of `refuse`.
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

/**
 * Returns the refusal of a request when too many of its service wait already: `rate-limited`, to be retried after 1 s.
 */
export function tooManyAtOnce(service: Service, { kind }: Pick<ApiKey, "kind">): Refusal {
  const rate = service.settings.rate_limit_per_minute;
  return { kind: "rate-limited", keyKind: kind, rate, retryAfterS: 1 };
}
