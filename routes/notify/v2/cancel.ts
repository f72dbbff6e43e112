import type { Hono } from "hono";
import { type AppEnv, rootOf } from "../../http/context.ts";
import { methodNotAllowed } from "../../http/plain_errors.ts";
import { parseNotificationParam } from "./notifications.ts";
import type { V2Routes } from "./ports.ts";
import { presentNotification } from "./present.ts";

/**
 * Adds `POST /v2/notifications/{id}/cancel`, which cancels a notification that no provider has received and answers
 * with it. It answers 409 when a provider may have received it already. An API key cancels only notifications that a
 * key of its kind (live, team or test) created; others get 404.
 */
export function addCancelRoutes(app: Hono<AppEnv>, routes: V2Routes): void {
  const { authenticated, clock, notifications, publicUrl, refuse } = routes;
  const path = "/v2/notifications/:id/cancel";

  app.post(path, authenticated, async (c) => {
    const { context: { service }, key } = c.var.caller;
    const now = clock.now();
    const id = parseNotificationParam(c, now);
    if (!id.ok) return refuse(c, id.refusal);
    const ref = { serviceId: service.id, notificationId: id.value };
    const notification = await notifications.cancel(ref, key.kind, now);
    if (notification === undefined) return refuse(c, { kind: "no-result" });
    const { status } = notification;
    if (status !== "cancelled") return refuse(c, { kind: "begun", status });
    return c.json(presentNotification(notification, rootOf(c, publicUrl)));
  });
  app.all(path, methodNotAllowed);
}
