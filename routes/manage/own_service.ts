/** Refuses changes of the service "Hark" that would stop its messages, by which people sign in. */
import { createMiddleware } from "hono/factory";
import type { Permission } from "../../domain/accounts/roles.ts";
import { parseServiceId } from "../../domain/ids.ts";
import { isFixedInOwnService } from "../../domain/service/own_service.ts";
import type { ManageEnv } from "./context.ts";
import { problem } from "./problem.ts";

/** The lists of a service that its own rules fix, each with the permission that changes it. */
const PERMISSIONS: ReadonlyMap<string, Permission> = new Map([
  ["templates", "change-templates"],
  ["callbacks", "change-keys"],
  ["jobs", "send"],
  // Replies to its codes go nowhere.
  ["inbound_numbers", "send"],
]);

/** Creates a middleware that answers 403 to a change of Hark's own service that would end or redirect its messages. */
export function refuseOwnChanges() {
  return createMiddleware<ManageEnv>(async (c, next) => {
    const [, , , , list = ""] = c.req.path.split("/");
    const serviceId = parseServiceId(c.req.param("service_id") ?? "");
    const permission = PERMISSIONS.get(list);
    const isRead = c.req.method === "GET" || c.req.method === "HEAD";
    const isFixed = serviceId !== undefined && permission !== undefined &&
      isFixedInOwnService(serviceId, permission);
    return isFixed && !isRead
      ? problem(c, 403, `The ${list} of Hark's own service are not changed by this API`)
      : await next();
  });
}
