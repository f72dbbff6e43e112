import type { Hono } from "hono";
import { parseUuid } from "../../domain/ids.ts";
import type { UnsubscribeRequest } from "../../domain/ports/unsubscribe_store.ts";
import type { AppEnv } from "../http/context.ts";
import type { ManagePorts } from "./ports.ts";
import { problem } from "./problem.ts";
import { withService } from "./request.ts";
import { MAX_LISTED } from "./schemas.ts";

/** Adds the requests to unsubscribe from a service's e-mails, newest first. */
export function addUnsubscribeRoutes(
  app: Hono<AppEnv>,
  { store, unsubscribes }: ManagePorts,
): void {
  app.get(
    "/manage/services/:service_id/unsubscribe_requests",
    (c) =>
      withService(c, store, async (service) => {
        const asked = c.req.query("older_than");
        const olderThan = asked === undefined ? undefined : parseUuid(asked);
        if (asked !== undefined && olderThan === undefined) {
          return problem(c, 400, "older_than must be the id of a request to unsubscribe");
        }
        const requests = await unsubscribes.list(service.id, olderThan, MAX_LISTED);
        const last = requests.length === MAX_LISTED ? requests.at(-1) : undefined;
        return c.json({
          unsubscribe_requests: requests.map(present),
          links: last === undefined ? {} : { next: `${c.req.path}?older_than=${last.id}` },
        });
      }),
  );
}

function present(request: UnsubscribeRequest): Readonly<Record<string, unknown>> {
  return {
    id: request.id,
    notification_id: request.notificationId,
    template_id: request.templateId,
    email_address: request.to ?? null,
    requested_at: new Date(request.at).toISOString(),
  };
}
