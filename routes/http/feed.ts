/**
 * What the feeds of events (`GET /v2/events`, `GET /api/notifications/events`) share. A feed returns a service's events
 * by pages, and a request can wait for the next event.
 */
import type { Context } from "hono";
import type { FeedRefusal } from "../../application/events/event_feed.ts";
import type { ServiceSlots } from "../../application/sending/service_slots.ts";
import type { FeedQuery } from "../../domain/events/feed_query.ts";

/** `Retry-After`, in seconds, of a request that is refused because too many requests already wait for events. */
export const FEED_RETRY_AFTER_S = 5;

/**
 * Limits no requests. For authenticating requests of the feeds: the feed takes a slot of the service for each of its
 * reads, so that a request that waits for an event holds none.
 */
export const NO_SLOTS: ServiceSlots = { enter: () => () => {} };

/**
 * Returns the query that a request's method allows: for `HEAD` a copy that does not wait for events, otherwise `query`.
 */
export function feedQueryOf(c: Pick<Context, "req">, query: FeedQuery): FeedQuery {
  return c.req.method === "HEAD" ? { ...query, waitS: 0 } : query;
}

/**
 * Returns the English message of a refusal that only the feed has: the requested events were deleted or do not exist
 * yet, or too many requests wait for events.
 */
export function feedMessage(
  refusal: Exclude<FeedRefusal, { readonly kind: "auth" | "too-many-at-once" }>,
): string {
  switch (refusal.kind) {
    case "events-deleted":
      return `Events before ${refusal.oldest} were deleted: it is the oldest number that is kept`;
    case "events-ahead":
      return `after is greater than the number of the last event, ${refusal.last}`;
    case "too-many-waiting":
      return refusal.of === "caller"
        ? `Only ${refusal.most} of your requests may wait for events at once`
        : "Too many requests wait for events: try again later, or without wait";
  }
}
