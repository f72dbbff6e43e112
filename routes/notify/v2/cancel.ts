import type { Hono } from "hono";
import { ok, refuse as refused } from "../../../domain/result.ts";
import { validateV2 } from "../../../domain/notify_v2/validate_v2.ts";
import { type AppEnv, rootOf } from "../../http/context.ts";
import { methodNotAllowed } from "../../http/plain_errors.ts";
import type { V2Refusal } from "./errors.ts";
import type { Refuse, V2Ports } from "./ports.ts";
import { presentNotification } from "./present.ts";

/** Adds calling off. A key calls off what was sent with a key of its own kind: nobody tests on what is live. */
export function addCancelRoutes(app: Hono<AppEnv>, ports: V2Ports, refuse: Refuse): void {
  const { callers, clock, notifications, publicUrl } = ports;
  const path = "/v2/notifications/:id/cancel";

  app.post(path, async (c) => {
    const notification_id = c.req.param("id");
    const result = await callers.read(c.req.header("authorization"), async ({ context, key }) => {
      const serviceId = context.service.id;
      c.get("facts").serviceId = serviceId;
      const now = clock.now();
      const asked = validateV2("GET /v2/notifications/{notification_id}", { notification_id }, now);
      if (!asked.ok) return refused<V2Refusal>({ kind: "validation", problems: asked.refusal });
      const ref = { serviceId, notificationId: asked.value.notification_id };
      const found = await notifications.cancel(ref, key.kind, now);
      if (found === undefined) return refused<V2Refusal>({ kind: "no-result" });
      return found.status === "cancelled"
        ? ok(found)
        : refused<V2Refusal>({ kind: "begun", status: found.status });
    });
    if (!result.ok) return refuse(c, result.refusal);
    return c.json(presentNotification(result.value, rootOf(c, publicUrl)));
  });
  app.all(path, methodNotAllowed);
}
