/** Records that the deployment's own management tokens read recipients and content of messages. */
import type { MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import type { Audit } from "../../application/accounts/audit.ts";
import type { ServiceEnv } from "./load.ts";

/**
 * Creates a middleware behind `loadService` that appends an entry to the service's audit log before a management token
 * of all services reads; without the entry nothing is answered. The token of one service is its team's, and `ADMIN_TOKEN`
 * is not recorded. A change has an entry of its own; {@link recordRead} is for those that change nothing and answer.
 *
 * @param list the last segment of the path of what is read
 */
export function recordReads(
  audit: Pick<Audit, "append">,
  list: string,
): MiddlewareHandler<ServiceEnv> {
  return createMiddleware<ServiceEnv>(async (c, next) => {
    const { method, path } = c.req;
    const isRead = method === "GET" || method === "HEAD" || path.endsWith("/search");
    if (isRead) await recordRead(c.var, audit, list);
    return await next();
  });
}

/** Records a read, as {@link recordReads} does, of a request that was to change something and did not. */
export async function recordRead(
  { access: { actor, serviceId }, service }: ServiceEnv["Variables"],
  audit: Pick<Audit, "append">,
  list: string,
): Promise<void> {
  if (actor.kind !== "management-token" || serviceId !== undefined) return;
  await audit.append({ chain: service.id, actor, action: "messages-read", facts: { list } });
}
