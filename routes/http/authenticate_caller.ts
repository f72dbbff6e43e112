import type { Context, MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import type {
  Authenticator,
  Caller,
  CallerRefusal,
} from "../../application/sending/authenticate.ts";
import type { AppEnv } from "./context.ts";

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
  /** Answers a caller that is refused. */
  readonly refuse: (c: Context, refusal: CallerRefusal) => Response;
}

/** Puts the caller into the context before anything of the body is read; a caller that is refused goes no further. */
export function authenticateCaller(
  authenticator: Pick<Authenticator, "authenticate">,
  { fresh, refuse }: CallerOptions,
): MiddlewareHandler<CallerEnv> {
  return createMiddleware<CallerEnv>(async (c, next) => {
    const caller = await authenticator.authenticate(c.req.header("authorization"), { fresh });
    if (!caller.ok) return refuse(c, caller.refusal);
    c.set("caller", caller.value);
    c.get("requestLog").serviceId = caller.value.context.service.id;
    return await next();
  });
}
