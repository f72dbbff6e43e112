/** `GET …/inbox/stream`: the events of an inbox as they happen (server-sent events). */
import { type Context, Hono } from "hono";
import { runInSlices } from "../../../application/event_loop.ts";
import type { InboxChanges, InboxRef } from "../../../domain/inbox/inbox_message.ts";
import type { InboxStore } from "../../../domain/ports/inbox_store.ts";
import { personText } from "../../../domain/recipient/realm.ts";
import { noteLimit } from "../../http/security_events.ts";
import { registryProblem } from "../problem.ts";
import type { InboxEnv, InboxPorts } from "./ports.ts";
import { eventsSinceInSteps, OPENING, socketEvent } from "./events.ts";
import { parseSequence } from "./sequence.ts";
import type { Presenter } from "./present.ts";
import { openStream, STREAM_BATCH, STREAM_TIMING } from "./stream.ts";
import { createStreamLimit, MAX_STREAMS_PER_RECIPIENT } from "./stream_limit.ts";

/** How long a client should wait when a stream is refused, in seconds. */
const STREAM_RETRY_S = 5;

/**
 * Creates `GET /api/notifications/inbox/stream`. A client that reconnects with `Last-Event-ID` gets the changes since
 * that event; any other client gets the counts, then the changes from now on. More than {@link
 * MAX_STREAMS_PER_RECIPIENT} streams of a recipient are answered with 429, and new streams during shutdown with 503.
 *
 * @param presenterFor creates the presenter that shows messages in the languages of a request
 */
export function createStreamRoute(
  ports: InboxPorts,
  presenterFor: (c: Context) => Promise<Presenter>,
) {
  const timing = ports.timing ?? STREAM_TIMING;
  const streams = createStreamLimit(timing);
  return new Hono<InboxEnv>().get("/api/notifications/inbox/stream", async (c) => {
    const { inbox, accessToken } = c.var;
    if (ports.stopping?.aborted === true) {
      const message = "The server is about to stop: connect again";
      return registryProblem(c, { status: 503, message, retryAfterS: STREAM_RETRY_S });
    }
    c.header("Content-Type", "text/event-stream");
    // Proxies must pass on each event at once: no buffering, and no compression across events.
    c.header("Cache-Control", "no-store, no-transform");
    c.header("X-Accel-Buffering", "no");
    const place = streams.acquire(personText(inbox));
    if (place === undefined) {
      const message = `Only ${MAX_STREAMS_PER_RECIPIENT} streams may be open at once`;
      noteLimit(c, "streams");
      return registryProblem(c, { status: 429, message, retryAfterS: STREAM_RETRY_S });
    }
    try {
      const presenter = await presenterFor(c);
      const { opening, from } = await readStart(ports.inboxes, inbox, lastEventId(c), presenter);
      const socketPath = ports.socketPathOf?.(inbox);
      const offer = socketPath === undefined ? "" : socketEvent(socketPath);
      if (c.req.method === "HEAD") {
        place.onEnd();
        return c.body(null, 200);
      }
      const { expiresAt } = accessToken;
      const start = { opening: OPENING + offer + opening, from };
      return c.body(
        openStream({ ...ports, timing }, { inbox, expiresAt, presenter, ...place, ...start }),
      );
    } catch (error) {
      place.onEnd();
      throw error;
    }
  });
}

/** The sequence number of the last event that the client received. A reconnecting client sends the header. */
function lastEventId(c: Context): string | undefined {
  return c.req.header("Last-Event-ID") ?? c.req.query("lastEventId");
}

/**
 * Reads the first events of a stream: the changes since the client's sequence number, or a reset when the number is
 * unknown here.
 */
async function readStart(
  inboxes: Pick<InboxStore, "changesSince">,
  inbox: InboxRef,
  lastId: string | undefined,
  presenter: Presenter,
): Promise<{ readonly opening: string; readonly from: InboxChanges }> {
  const since = parseSequence(lastId);
  const from = await inboxes.changesSince(inbox, since, STREAM_BATCH);
  return { opening: await runInSlices(eventsSinceInSteps(since, from, presenter)), from };
}
