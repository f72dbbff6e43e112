/** Refuses changes of the service "Hark" that would stop its messages, by which people sign in. */
import { createMiddleware } from "hono/factory";
import { OWN_SERVICE_ID } from "../../domain/accounts/own_messages.ts";
import { parseServiceId } from "../../domain/ids.ts";
import type { ManageEnv } from "./context.ts";
import { problem } from "./problem.ts";

/** The lists of a service that Hark's own has no use for, or that `migrate` writes. */
const FIXED_LISTS: ReadonlySet<string> = new Set([
  "templates",
  "callbacks",
  "jobs",
  "inbound_numbers",
]);

/** Creates a middleware that answers 403 to a change of Hark's own service that would end or redirect its messages. */
export function refuseOwnChanges() {
  return createMiddleware<ManageEnv>(async (c, next) => {
    const [, , , , list = ""] = c.req.path.split("/");
    const isOwn = parseServiceId(c.req.param("service_id") ?? "") === OWN_SERVICE_ID;
    const isRead = c.req.method === "GET" || c.req.method === "HEAD";
    return isOwn && !isRead && FIXED_LISTS.has(list)
      ? problem(c, 403, `The ${list} of Hark's own service are not changed by this API`)
      : await next();
  });
}
