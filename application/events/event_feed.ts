/** Reads a service's events for a caller, who may wait for the next one. */
import type { Clock } from "../../domain/ports/clock.ts";
import type { AuthRefusal } from "../../domain/access/service_token/refusal.ts";
import type { ServiceId } from "../../domain/ids.ts";
import type { FeedQuery } from "../../domain/events/feed_query.ts";
import type { EventLog, EventPage } from "../../domain/ports/event_log.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import { NO_KEY_ID } from "../../domain/service/no_key.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { ApiKey } from "../../domain/service/service.ts";
import { isRequestIsolated } from "../isolated_requests.ts";
import type { ServiceSlots } from "../sending/service_slots.ts";
import type { EventWatch } from "./event_watch.ts";

/** Max events of one answer of the feed. */
export const FEED_PAGE = 250;
/**
 * How many requests of one caller (an API key, or the holder of an access token) may wait for events at a time in one
 * process. A further one is refused.
 */
export const MAX_WAITING_OF_CALLER = 250;

/**
 * How old a look of the watch may be, in milliseconds, for a request that has seen the newest event to wait without a
 * read of its own.
 */
const LOOK_VALID_MS = 2_000;

/** A caller that reads events. */
export interface FeedCaller {
  readonly serviceId: ServiceId;
  readonly key: Pick<ApiKey, "id" | "kind">;
  /** Identifies the caller within the service; the waiting requests of a caller are counted by it. */
  readonly id: string;
  /** How long the caller may wait at most, in milliseconds; absent for as long as the query says. */
  readonly maxWaitMs?: number;
}

/** Why no events are returned. */
export type FeedRefusal =
  /** Retention has deleted events after the requested number; `oldest` is the least number that is kept. */
  | { readonly kind: "events-deleted"; readonly oldest: number }
  /** The requested number is greater than that of the newest event, which is `last`. */
  | { readonly kind: "events-ahead"; readonly last: number }
  /** Too many requests wait for events in this process: of the caller, or of all callers; `most` is the limit. */
  | { readonly kind: "too-many-waiting"; readonly of: "caller" | "all"; readonly most: number }
  /** In this process, as many requests of the service are in progress and wait for a slot as the limits allow. */
  | { readonly kind: "too-many-at-once" }
  /** The caller's key was revoked, or its service archived, during the wait. */
  | { readonly kind: "auth"; readonly refusal: AuthRefusal };

/** A page of the feed. */
export type FeedPage = Pick<EventPage, "events" | "next">;

/** Reads a service's numbered events, a page at a time. */
export interface EventFeed {
  /**
   * Returns the events with greater numbers than the query's, {@link FEED_PAGE} at most, oldest first: those of
   * notifications that were sent with the caller's kind of key (live, team or test). When there are none, it waits for
   * one as long as the query says, and shorter at shutdown, when the client leaves, and on Workers. The page is empty
   * when none comes. An empty page whose `next` is less than its `last` is returned without a wait: read on after it.
   *
   * @param signal aborted when the client leaves
   * @throws {DOMException} `AbortError` when the client leaves while the request waits for a slot of its service
   */
  read(
    caller: FeedCaller,
    query: FeedQuery,
    signal: AbortSignal,
  ): Promise<Result<FeedPage, FeedRefusal>>;
}

/** Dependencies of {@link createEventFeed}. */
export interface EventFeedPorts {
  readonly clock: Pick<Clock, "now">;
  readonly events: Pick<EventLog, "read">;
  readonly watch: EventWatch;
  readonly slots: ServiceSlots;
  readonly contexts: Pick<SendingContexts, "load">;
  /** Aborted at shutdown: ends every wait. */
  readonly stopping: AbortSignal | undefined;
  /**
   * How many requests may wait in this process; one caller may have half of them, {@link MAX_WAITING_OF_CALLER} at
   * most.
   */
  readonly maxWaiting: number;
}

/** Creates the feed of a process. */
export function createEventFeed(
  { clock, contexts, events, watch, slots, stopping, maxWaiting }: EventFeedPorts,
): EventFeed {
  const places = createPlaces(maxWaiting);

  /** Why a caller that was authenticated before a wait is refused now, if it is. */
  async function refusalNow({ serviceId, key }: FeedCaller): Promise<AuthRefusal | undefined> {
    const context = await contexts.load(serviceId, { fresh: true });
    if (context === undefined) return { kind: "service-not-found" };
    if (!context.service.active) return { kind: "service-archived" };
    if (key.id === NO_KEY_ID) return undefined;
    const current = context.keys.find(({ id }) => id === key.id);
    if (current === undefined || current.revokedAt !== undefined) return { kind: "key-revoked" };
    const { expiresAt = Infinity } = current;
    return expiresAt <= clock.now() ? { kind: "key-expired" } : undefined;
  }

  /** Reads a page, in a slot of the service. A request that waits holds none. */
  async function readPage(
    { serviceId, key }: FeedCaller,
    after: number | undefined,
    signal: AbortSignal,
  ): Promise<Result<EventPage, FeedRefusal>> {
    const leave = await slots.enter(serviceId, key.id, () => signal);
    if (leave === undefined) return refuse({ kind: "too-many-at-once" });
    try {
      const page = await events.read(serviceId, { after, limit: FEED_PAGE, keyKind: key.kind });
      if (after === undefined) return ok(page);
      if (after < page.oldest - 1) return refuse({ kind: "events-deleted", oldest: page.oldest });
      return after > page.last ? refuse({ kind: "events-ahead", last: page.last }) : ok(page);
    } finally {
      leave();
    }
  }

  /** Whether the watch has just seen that the service has no event after the number: a read would find none. */
  function isNewest({ serviceId }: FeedCaller, after: number | undefined): after is number {
    return after !== undefined &&
      watch.newest(serviceId, performance.now() - LOOK_VALID_MS) === after;
  }

  /** @param first the page that was read, or where to begin without a read */
  async function readAfterWait(
    caller: FeedCaller,
    first: EventPage | { readonly after: number },
    waitMs: number,
    signal: AbortSignal,
  ): Promise<Result<FeedPage, FeedRefusal>> {
    const beganAt = performance.now();
    const until = beganAt + waitMs;
    let isRead = "events" in first;
    let page: FeedPage & Pick<EventPage, "last"> = "events" in first
      ? first
      : { events: [], next: first.after, last: first.after };
    for (let left = waitMs; left > 0; left = until - performance.now()) {
      if (!await watch.wait(caller.serviceId, page.last, left, signal)) break;
      const refusal = await refusalNow(caller);
      if (refusal !== undefined) return refuse({ kind: "auth", refusal });
      const read = await readPage(caller, page.next, signal);
      if (!read.ok || read.value.events.length > 0) return read;
      page = read.value;
      isRead = true;
    }
    // Without a read or a look since the request came, an event from before it could be left out.
    const isSeen = isRead || watch.newest(caller.serviceId, beganAt) !== undefined;
    if (isSeen || signal.aborted) return ok(page);
    const refusal = await refusalNow(caller);
    return refusal === undefined
      ? await readPage(caller, page.next, signal)
      : refuse({ kind: "auth", refusal });
  }

  return {
    async read(caller, { after, waitS }, signal) {
      const waitMs = Math.min(waitS * 1_000, caller.maxWaitMs ?? Infinity);
      const canWait = waitMs > 0 && stopping?.aborted !== true;
      let first: EventPage | { readonly after: number };
      if (canWait && isNewest(caller, after)) {
        first = { after };
      } else {
        const page = await readPage(caller, after, signal);
        // A page without events that ends before the newest one is to be read on after.
        const isOver = !page.ok || page.value.events.length > 0 ||
          page.value.next < page.value.last || !canWait;
        if (isOver) return page;
        first = page.value;
      }
      const place = places.take(`${caller.serviceId} ${caller.id}`);
      if (!place.ok) return place;
      const ending = stopping === undefined ? signal : AbortSignal.any([signal, stopping]);
      try {
        return await readAfterWait(caller, first, waitMs, ending);
      } finally {
        place.value();
      }
    },
  };
}

/** Counts the requests that wait. */
function createPlaces(maxWaiting: number) {
  const callers = new Map<string, number>();
  const mostOfCaller = Math.min(MAX_WAITING_OF_CALLER, Math.ceil(maxWaiting / 2));
  let all = 0;
  return {
    /** @returns a function that gives the place back; call it once */
    take(caller: string): Result<() => void, FeedRefusal> {
      if (isRequestIsolated()) return ok(() => {});
      const count = callers.get(caller) ?? 0;
      if (count >= mostOfCaller) {
        return refuse({ kind: "too-many-waiting", of: "caller", most: mostOfCaller });
      }
      if (all >= maxWaiting) {
        return refuse({ kind: "too-many-waiting", of: "all", most: maxWaiting });
      }
      callers.set(caller, count + 1);
      all++;
      return ok(() => {
        all--;
        const left = (callers.get(caller) ?? 1) - 1;
        if (left === 0) callers.delete(caller);
        else callers.set(caller, left);
      });
    },
  };
}
