/** `GET /api/notifications/events`: the feed of the events of the registries' service. */
import type { Context, Hono } from "hono";
import type { EventFeed, FeedRefusal } from "../../application/events/event_feed.ts";
import { AUTH_ANSWERS } from "../../domain/access/service_token/answers.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import { presentEvent } from "../../domain/events/event_payload.ts";
import { parseFeedQuery } from "../../domain/events/feed_query.ts";
import { FEED_RETRY_AFTER_S, feedMessage, feedQueryOf, NO_SLOTS } from "../http/feed.ts";
import type { AppEnv } from "../http/context.ts";
import { noteLimit, noteRefusal } from "../http/security_events.ts";
import { authenticateSender, type SenderAuthPorts } from "./authenticate_sender.ts";
import { invalidField, invalidRequest, registryProblem } from "./problem.ts";

/** Dependencies of {@link addFeedRoute}. */
export interface RegistryFeedPorts extends SenderAuthPorts {
  readonly feed: EventFeed;
  readonly clock: Pick<Clock, "now">;
}

/** The address of the feed of events, for callers that send messages. */
export const EVENTS_PATH = "/api/notifications/events";

/**
 * Adds `GET /api/notifications/events?after=&wait=`, for callers that may send. It answers `{events, next}`: events
 * with numbers greater than `after`, and the number to send as `after` next. When there are none, it waits for one up
 * to `wait` seconds (30 at most, default 0), but not beyond the expiry of the caller's access token.
 */
export function addFeedRoute(app: Hono<AppEnv>, ports: RegistryFeedPorts): void {
  const { clock, feed, serviceId } = ports;
  // A request that waits holds no slot of the service: the feed takes one for each of its reads.
  app.get(EVENTS_PATH, authenticateSender({ ...ports, slots: NO_SLOTS }), async (c) => {
    const { key, id, expiresAt } = c.var.sender;
    const query = parseFeedQuery(new URL(c.req.url).searchParams);
    if (!query.ok) return registryProblem(c, invalidRequest(query.refusal));
    const maxWaitMs = expiresAt === undefined ? {} : { maxWaitMs: expiresAt - clock.now() };
    const caller = { serviceId, key, id, ...maxWaitMs };
    const page = await feed.read(caller, feedQueryOf(c, query.value), c.req.raw.signal);
    if (!page.ok) return answerRefusal(c, page.refusal);
    const { events, next } = page.value;
    c.header("Cache-Control", "no-store");
    return c.json({ events: events.map(presentEvent), next });
  });
}

function answerRefusal(c: Context, refusal: FeedRefusal): Response {
  switch (refusal.kind) {
    case "auth":
      noteRefusal(c, refusal);
      return registryProblem(c, AUTH_ANSWERS[refusal.refusal.kind]);
    case "too-many-at-once":
      noteLimit(c, "concurrency");
      return registryProblem(c, {
        status: 429,
        message: "Too many requests of the service are in progress",
        retryAfterS: 1,
      });
    case "too-many-waiting":
      noteLimit(c, "waits");
      return registryProblem(c, {
        status: refusal.of === "caller" ? 429 : 503,
        message: feedMessage(refusal),
        retryAfterS: FEED_RETRY_AFTER_S,
      });
    case "events-deleted":
      return registryProblem(c, {
        status: 410,
        message: feedMessage(refusal),
        details: { oldest: refusal.oldest },
      });
    case "events-ahead":
      return registryProblem(c, invalidField("after", feedMessage(refusal)));
  }
}
