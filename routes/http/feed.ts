/** What the feeds of events of all APIs share. */
import type { Context } from "hono";
import type { FeedRefusal } from "../../application/events/event_feed.ts";
import type { ServiceSlots } from "../../application/sending/service_slots.ts";
import type { FeedQuery } from "../../domain/events/feed_query.ts";

/** How long a client should wait when too many requests wait for events, in seconds. */
export const FEED_RETRY_AFTER_S = 5;

/** Slots without a limit, for the authentication of requests that take slots later. */
export const NO_SLOTS: ServiceSlots = { enter: () => () => {} };

/** The query of a request. `HEAD` does not wait. */
export function feedQueryOf(c: Pick<Context, "req">, query: FeedQuery): FeedQuery {
  return c.req.method === "HEAD" ? { ...query, waitS: 0 } : query;
}

/** The message of a refusal that only the feed has. */
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
