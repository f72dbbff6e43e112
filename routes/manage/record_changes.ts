/** Records what management tokens change of services in their audit logs, as the pages record what people change. */
import type { Context, MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import type { Audit } from "../../application/accounts/audit.ts";
import type { AuditAction } from "../../domain/accounts/audit.ts";
import { parseServiceId } from "../../domain/ids.ts";
import type { ManageEnv } from "./context.ts";

/** The action by the method and what follows the id of the service; `*` is an id. Teams record their own changes. */
const ACTIONS: Readonly<Record<string, AuditAction>> = {
  "PATCH ": "service-changed",
  "POST keys": "key-created",
  "DELETE keys/*": "key-revoked",
  "PUT guests": "guests-changed",
  "POST templates": "template-created",
  "PUT templates/*": "template-changed",
  "DELETE templates/*": "template-archived",
  "PUT callbacks/*": "callback-changed",
  "DELETE callbacks/*": "callback-changed",
  "POST callbacks/*/rotate": "callback-changed",
  "POST sms_senders": "sender-created",
  "PATCH sms_senders/*": "sender-changed",
  "DELETE sms_senders/*": "sender-deleted",
  "POST email_reply_to": "sender-created",
  "PATCH email_reply_to/*": "sender-changed",
  "DELETE email_reply_to/*": "sender-deleted",
};

/**
 * Creates a middleware that appends an entry after each change that a management token made. `ADMIN_TOKEN` is not
 * recorded: its holders share it.
 */
export function recordChanges(audit: Pick<Audit, "append">): MiddlewareHandler<ManageEnv> {
  return createMiddleware<ManageEnv>(async (c, next) => {
    await next();
    const { actor } = c.var.access;
    if (!c.res.ok || actor.kind !== "management-token") return;
    const [, , , service, list = "", subject, more] = c.req.path.split("/");
    if (service === undefined) {
      const chain = c.req.method === "POST" ? parseServiceId(await idOf(c)) : undefined;
      if (chain !== undefined) await audit.append({ chain, actor, action: "service-created" });
      return;
    }
    const below = [list, ...(subject === undefined ? [] : ["*"]), ...(more ? [more] : [])];
    const action = ACTIONS[`${c.req.method} ${below.join("/")}`];
    const chain = parseServiceId(c.req.param("service_id"));
    if (action === undefined || chain === undefined) return;
    const isCreated = c.req.method === "POST" && subject === undefined;
    await audit.append({ chain, actor, action, subject: isCreated ? await idOf(c) : subject });
  });
}

/** The id of what was created, by the answer. */
async function idOf(c: Context): Promise<string | undefined> {
  const body: unknown = await c.res.clone().json();
  return typeof body === "object" && body !== null && "id" in body && typeof body.id === "string"
    ? body.id
    : undefined;
}
