import { Hono } from "hono";
import { type DeadMessage, MAX_DEAD_MESSAGES } from "../../domain/ports/dead_message_store.ts";
import type { AppEnv } from "../http/context.ts";
import { describe } from "../http/openapi.ts";
import type { ManagePorts } from "./ports.ts";

/**
 * Creates the route that shows which messages of the work queue (Cloudflare Queues, on a Worker) no consumer could
 * handle. The notifications and jobs that they named are in the outbox all the same.
 */
export function createDeadMessageRoutes({ deadMessages }: Pick<ManagePorts, "deadMessages">) {
  return new Hono<AppEnv>().get(
    "/",
    describe("List the messages of a Worker's queue that no consumer could handle", {
      200:
        `The last ${MAX_DEAD_MESSAGES}, the newest first; \`count\` is the number of all. What they ` +
        "named was not lost: the cron finds it",
    }),
    async (c) => {
      const { messages, count } = await deadMessages.read();
      return c.json({ dead_messages: messages.map(present), count });
    },
  );
}

function present({ id, kind, serviceId, channel, ids, reason, diedAt }: DeadMessage) {
  return {
    id,
    kind,
    service_id: serviceId ?? null,
    channel: channel ?? null,
    ids,
    reason,
    died_at: new Date(diedAt).toISOString(),
  };
}
