/** Records that the deployment's own management tokens read recipients and content of messages. */
import type { MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import type { Audit } from "../../application/accounts/audit.ts";
import type { ServiceEnv } from "./load.ts";

/**
 * Creates a middleware behind `loadService` that appends an entry to the service's audit log before a management token
 * of all services reads; without the entry nothing is answered. The token of one service is its team's, and `ADMIN_TOKEN`
 * is not recorded.
 *
 * @param list the last segment of the path of what is read; a `POST` to that path itself creates, and is no read
 */
export function recordReads(
  audit: Pick<Audit, "append">,
  list: string,
): MiddlewareHandler<ServiceEnv> {
  return createMiddleware<ServiceEnv>(async (c, next) => {
    const { access: { actor, serviceId }, service } = c.var;
    const creates = c.req.method === "POST" && c.req.path.endsWith(`/${list}`);
    if (actor.kind === "management-token" && serviceId === undefined && !creates) {
      await audit.append({ chain: service.id, actor, action: "messages-read", facts: { list } });
    }
    return await next();
  });
}
