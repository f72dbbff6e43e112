/**
 * `GET /v2/events`: the feed of a service's events, a page at a time, for clients that poll instead of receiving
 * callbacks.
 */
import type { Hono } from "hono";
import type { FeedRefusal } from "../../../application/events/event_feed.ts";
import { presentEvent } from "../../../domain/events/event_payload.ts";
import { parseFeedQuery } from "../../../domain/events/feed_query.ts";
import {
  authenticateCaller,
  type CallerContext,
  tooManyAtOnce,
} from "../../http/authenticate_caller.ts";
import type { AppEnv } from "../../http/context.ts";
import { FEED_RETRY_AFTER_S, feedMessage, feedQueryOf, NO_SLOTS } from "../../http/feed.ts";
import { methodNotAllowed } from "../../http/plain_errors.ts";
import { noteLimit } from "../../http/security_events.ts";
import { answerJson } from "../headers.ts";
import type { V2Routes } from "./ports.ts";

const PATH = "/v2/events";

/**
 * Adds `GET /v2/events?after=&wait=`, which answers `{events, next}`: at most 250 events with numbers greater than
 * `after` (without it, from the oldest that is kept), of API keys of the caller's kind, and the number to send as
 * `after` next. When there are none, it waits for one up to `wait` seconds (30 at most, default 0). It answers 410 when
 * the events after `after` were deleted, 400 when `after` is greater than the last event's number.
 */
export function addEventRoutes(app: Hono<AppEnv>, routes: V2Routes): void {
  const { authenticator, feed, refuse } = routes;
  // A request that waits holds no slot of its service: the feed takes one for each of its reads.
  const authenticated = authenticateCaller(authenticator, { fresh: true, slots: NO_SLOTS, refuse });

  app.get(PATH, authenticated, async (c) => {
    const { context: { service }, key } = c.var.caller;
    const query = parseFeedQuery(new URL(c.req.url).searchParams);
    if (!query.ok) {
      const problems = query.refusal.map(({ field, message }) => ({
        error: "ValidationError" as const,
        message: `${field} ${message}`,
      }));
      return refuse(c, { kind: "validation", problems });
    }
    const caller = { serviceId: service.id, key, id: key.id };
    const page = await feed.read(caller, feedQueryOf(c, query.value), c.req.raw.signal);
    if (!page.ok) return answerRefusal(c, page.refusal, refuse);
    const { events, next } = page.value;
    return answerJson(c, JSON.stringify({ events: events.map(presentEvent), next }), 200);
  });
  app.all(PATH, methodNotAllowed);
}

function answerRefusal(
  c: CallerContext,
  refusal: FeedRefusal,
  refuse: V2Routes["refuse"],
): Response {
  const { context: { service }, key } = c.var.caller;
  switch (refusal.kind) {
    case "auth":
      return refuse(c, refusal);
    case "too-many-at-once":
      noteLimit(c, "concurrency");
      return refuse(c, tooManyAtOnce(service, key));
    case "too-many-waiting": {
      noteLimit(c, "waits");
      c.header("Retry-After", String(FEED_RETRY_AFTER_S));
      const isOwn = refusal.of === "caller";
      const error = isOwn ? "TooManyRequestsError" : "ServiceUnavailableError";
      const status = isOwn ? 429 : 503;
      return c.json(
        { status_code: status, errors: [{ error, message: feedMessage(refusal) }] },
        status,
      );
    }
    case "events-deleted": {
      const errors = [{ error: "EventsDeletedError", message: feedMessage(refusal) }];
      return c.json({ status_code: 410, errors, oldest: refusal.oldest }, 410);
    }
    case "events-ahead": {
      const errors = [{ error: "BadRequestError", message: feedMessage(refusal) }];
      return c.json({ status_code: 400, errors, last: refusal.last }, 400);
    }
  }
}
