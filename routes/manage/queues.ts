import { Hono } from "hono";
import * as z from "zod/mini";
import { parseServiceId } from "../../domain/ids.ts";
import { MAX_ROWS_COUNTED, type Queue } from "../../domain/ports/queue_store.ts";
import { CHANNELS } from "../../domain/service/service.ts";
import type { AppEnv } from "../http/context.ts";
import { describe } from "../http/openapi.ts";
import { firstOf, parsed } from "../http/validation.ts";
import type { ManagePorts } from "./ports.ts";
import { answerFirstProblem, query } from "./validation.ts";

/**
 * How many queues an answer has at most: those whose first due message has waited longest. A queue is the messages of
 * one service in the outbox on one channel, in one stage and with one provider.
 */
export const MAX_QUEUES_SHOWN = 1_000;

const queuesQuery = z.strictObject({
  channel: z.optional(firstOf(z.enum(CHANNELS))),
  service_id: z.optional(firstOf(parsed(parseServiceId, "must be a service's id"))),
});

/**
 * Creates the route that shows how many messages wait in the outbox (the table of notifications still to be processed),
 * by channel, provider and service.
 */
export function createQueueRoutes({ clock, queues }: Pick<ManagePorts, "clock" | "queues">) {
  return new Hono<AppEnv>().get(
    "/",
    describe("Count the messages in the outbox by channel, provider and service", {
      200: "The queues, the one whose first due message has waited longest first. `complete` is " +
        `false when there are more than ${MAX_QUEUES_SHOWN}, or more than ${MAX_ROWS_COUNTED} ` +
        "messages in one lane of a channel",
    }),
    query(queuesQuery, answerFirstProblem),
    async (c) => {
      const { channel, service_id } = c.req.valid("query");
      const now = clock.now();
      const outbox = await queues.read(now);
      const asked = merge(outbox.queues).filter((queue) =>
        (channel === undefined || queue.channel === channel) &&
        (service_id === undefined || queue.serviceId === service_id)
      ).toSorted((a, b) =>
        (a.oldestDueAt ?? Infinity) - (b.oldestDueAt ?? Infinity) ||
        nameOf(a).localeCompare(nameOf(b))
      );
      return c.json({
        queues: asked.slice(0, MAX_QUEUES_SHOWN).map((queue) => present(queue, now)),
        complete: outbox.isComplete && asked.length <= MAX_QUEUES_SHOWN,
      });
    },
  );
}

function nameOf({ channel, serviceId, stage, provider }: Queue): string {
  return `${channel} ${serviceId} ${stage} ${provider ?? ""}`;
}

/** Adds up the lanes of a stage. */
function merge(queues: readonly Queue[]): readonly Queue[] {
  const merged = new Map<string, Queue>();
  for (const queue of queues) {
    const other = merged.get(nameOf(queue));
    merged.set(
      nameOf(queue),
      other === undefined ? queue : {
        ...queue,
        due: queue.due + other.due,
        leased: queue.leased + other.leased,
        waiting: queue.waiting + other.waiting,
        oldestDueAt: earlier(queue.oldestDueAt, other.oldestDueAt),
      },
    );
  }
  return [...merged.values()];
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}

function present(
  { channel, serviceId, stage, provider, due, leased, waiting, oldestDueAt }: Queue,
  now: number,
): Readonly<Record<string, unknown>> {
  return {
    channel,
    service_id: serviceId,
    stage,
    provider,
    due,
    leased,
    waiting,
    oldest_due_at: oldestDueAt === null ? null : new Date(oldestDueAt).toISOString(),
    oldest_due_s: oldestDueAt === null ? null : Math.floor((now - oldestDueAt) / 1_000),
  };
}
