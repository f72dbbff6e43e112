import { Hono } from "hono";
import * as z from "zod/mini";
import { parseUuid } from "../../domain/ids.ts";
import type { UnsubscribeRequest } from "../../domain/ports/unsubscribe_store.ts";
import { describe } from "../http/openapi.ts";
import { loadService, type ServiceEnv, serviceId } from "./load.ts";
import { recordReads } from "./record_reads.ts";
import type { ManagePorts } from "./ports.ts";
import { MAX_LISTED } from "./schemas.ts";
import { answerFirstProblem, pageId, query } from "./validation.ts";

const requestsQuery = z.strictObject({
  older_than: pageId(parseUuid, "the id of a request to unsubscribe"),
});

/**
 * Creates the route that lists the requests of recipients to unsubscribe from a service's e-mails, newest first, by
 * pages. The service acts on them; Hark does not stop sending.
 */
export function createUnsubscribeRoutes({ accounts, store, unsubscribes }: ManagePorts) {
  return new Hono<ServiceEnv>()
    .use(serviceId, loadService(store), recordReads(accounts.audit, "unsubscribe_requests"))
    .get(
      "/",
      describe(`List the requests to unsubscribe, newest first, ${MAX_LISTED} a page`, {
        200: "The requests; `links.next` is the address of the next page",
      }),
      query(requestsQuery, answerFirstProblem),
      async (c) => {
        const { older_than } = c.req.valid("query");
        const requests = await unsubscribes.list(
          c.var.service.id,
          { olderThan: older_than },
          MAX_LISTED,
        );
        const last = requests.length === MAX_LISTED ? requests.at(-1) : undefined;
        return c.json({
          unsubscribe_requests: requests.map(present),
          links: last === undefined ? {} : { next: `${c.req.path}?older_than=${last.id}` },
        });
      },
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
