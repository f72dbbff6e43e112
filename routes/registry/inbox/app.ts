import { Hono } from "hono";
import type { AccessToken } from "../../../domain/access/access_tokens.ts";
import { parseNotificationId, type ServiceId } from "../../../domain/ids.ts";
import type { InboxChanges, InboxRef } from "../../../domain/inbox/inbox_message.ts";
import type { InboxEvents } from "../../../domain/ports/inbox_events.ts";
import type { InboxStore } from "../../../domain/ports/inbox_store.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { SendingContexts } from "../../../domain/ports/sending_contexts.ts";
import type { AppContext, AppEnv } from "../../http/context.ts";
import type { Log } from "../../../domain/ports/log.ts";
import type { AccessTokenAuth } from "../access_token_auth.ts";
import { crossOrigin } from "../cross_origin.ts";
import { registryInternalError, registryProblem } from "../problem.ts";
import { changeEvents, countEvent, OPENING, resetEvent } from "./events.ts";
import { createPresenter, type Presenter } from "./present.ts";
import { parseInboxQuery } from "./query.ts";
import { openStream, STREAM_BATCH, STREAM_TIMING, type StreamTiming } from "./stream.ts";

/** How many messages are marked as seen in one write. */
export const ACKNOWLEDGE_STEP = 500;
/** How many streams one person may have open with one process: as many as a person has windows. */
export const MAX_STREAMS_PER_RECIPIENT = 10;
/** How soon to try again when a stream cannot be had, in seconds. */
const STREAM_RETRY_S = 5;

/** What the surface works with. */
export interface InboxPorts {
  readonly clock: Clock;
  readonly accessTokenAuth: AccessTokenAuth;
  readonly inboxes: InboxStore;
  readonly bell: InboxEvents;
  readonly contexts: Pick<SendingContexts, "load">;
  /** The service whose messages people read here. */
  readonly serviceId: ServiceId;
  readonly log: Log;
  /** Ends the streams. */
  readonly stopping: AbortSignal | undefined;
  /** How long streams wait; {@link STREAM_TIMING} unless told. */
  readonly timing?: StreamTiming | undefined;
}

/** Where inboxes are, and what may be done there. */
export const INBOX_ROUTES = [
  ["GET", "/api/notifications/inbox"],
  ["GET", "/api/notifications/inbox/count"],
  ["GET", "/api/notifications/inbox/stream"],
  ["POST", "/api/notifications/inbox/ack-all"],
  ["POST", "/api/notifications/inbox/:id/ack"],
] as const;

/** Makes the surface on which people read what they were sent. */
export function createInboxRoutes(ports: InboxPorts): Hono<AppEnv> {
  const { clock, accessTokenAuth, inboxes, bell, contexts, serviceId } = ports;
  const streams = countStreams();
  const app = new Hono<AppEnv>();
  app.onError((_error, c) => registryInternalError(c));
  app.use("/api/notifications/inbox/*", crossOrigin);

  /** Handles the request of whoever has a valid token, for their own inbox. */
  function withInbox(
    c: AppContext,
    handle: (inbox: InboxRef, bearer: AccessToken) => Promise<Response>,
  ): Promise<Response> {
    c.get("facts").serviceId = serviceId;
    c.header("Cache-Control", "no-store");
    return accessTokenAuth.withBearer(
      c,
      (bearer) => handle({ serviceId, recipientId: bearer.recipientId }, bearer),
    );
  }

  async function presenterFor(c: AppContext): Promise<Presenter> {
    const context = await contexts.load(serviceId, { fresh: false });
    c.header("Vary", "Accept-Language", { append: true });
    return createPresenter(c.req.header("Accept-Language"), context?.service.settings.language);
  }

  app.get("/api/notifications/inbox", (c) =>
    withInbox(c, async (inbox) => {
      const query = parseInboxQuery(new URL(c.req.url).searchParams);
      if (!query.ok) {
        const message = "Invalid query: see errors";
        return registryProblem(c, { status: 400, message, errors: query.refusal });
      }
      const presenter = await presenterFor(c);
      const messages = (await inboxes.list(inbox, query.value)).map(presenter.present);
      const languages = presenter.languages();
      if (languages.length > 0) c.header("Content-Language", languages.join(", "));
      return c.json(messages);
    }));

  app.get(
    "/api/notifications/inbox/count",
    (c) =>
      withInbox(c, async (inbox) => {
        const { total, unread } = await inboxes.count(inbox);
        return c.json({ total, unread });
      }),
  );

  app.post("/api/notifications/inbox/ack-all", (c) =>
    withInbox(c, async (inbox) => {
      // What comes meanwhile nobody has seen.
      const { sequence } = await inboxes.changesSince(inbox, undefined, 1);
      let acknowledged = 0;
      for (let step = ACKNOWLEDGE_STEP; step === ACKNOWLEDGE_STEP; acknowledged += step) {
        step = await inboxes.acknowledgeAll(inbox, ACKNOWLEDGE_STEP, clock.now(), sequence);
        if (step > 0) bell.ring(inbox);
      }
      return c.json({ acknowledged });
    }));

  app.post("/api/notifications/inbox/:id/ack", (c) =>
    withInbox(c, async (inbox) => {
      const id = parseNotificationId(c.req.param("id"));
      if (id === undefined) {
        const errors = [{ field: "id", message: "must be the id of a message, a UUID" }];
        return registryProblem(c, { status: 400, message: "There can be no such id", errors });
      }
      c.get("facts").notificationId = id;
      switch (await inboxes.acknowledge(inbox, id, clock.now())) {
        case "acknowledged":
          bell.ring(inbox);
          return c.body(null, 200);
        case "foreign":
          return registryProblem(c, { status: 403, message: "The message is another person's" });
        case "unknown":
          return registryProblem(c, { status: 404, message: "There is no such message" });
      }
    }));

  app.get("/api/notifications/inbox/stream", (c) =>
    withInbox(c, async (inbox, bearer) => {
      if (ports.stopping?.aborted === true) {
        const message = "The server is about to stop: connect again";
        return registryProblem(c, { status: 503, message, retryAfterS: STREAM_RETRY_S });
      }
      c.header("Content-Type", "text/event-stream");
      // Each event is to be handed on as it comes, neither held back nor compressed with the next.
      c.header("Cache-Control", "no-store, no-transform");
      c.header("X-Accel-Buffering", "no");
      const onEnd = streams.take(inbox.recipientId);
      if (onEnd === undefined) {
        const message = `Only ${MAX_STREAMS_PER_RECIPIENT} streams may be open at once`;
        return registryProblem(c, { status: 429, message, retryAfterS: STREAM_RETRY_S });
      }
      try {
        const presenter = await presenterFor(c);
        const begun = await begin(inboxes, inbox, lastEventId(c), presenter);
        if (c.req.method === "HEAD") {
          onEnd();
          return c.body(null, 200);
        }
        const { expiresAt } = bearer;
        const timing = ports.timing ?? STREAM_TIMING;
        return c.body(
          openStream({ ...ports, timing }, { inbox, expiresAt, presenter, onEnd, ...begun }),
        );
      } catch (error) {
        onEnd();
        throw error;
      }
    }));

  for (const [method, path] of INBOX_ROUTES) {
    app.all(path, (c) => {
      c.header("Allow", method === "GET" ? "GET, HEAD" : method);
      return registryProblem(c, { status: 405, message: `Only ${method} is answered here` });
    });
  }
  return app;
}

/** The number that a client was told last; the header is newer than an address that is asked again. */
function lastEventId(c: AppContext): string | undefined {
  return c.req.header("Last-Event-ID") ?? c.req.query("lastEventId");
}

/** Reads what a stream begins with: what has happened since a number, or that the number says nothing. */
async function begin(
  inboxes: Pick<InboxStore, "changesSince">,
  inbox: InboxRef,
  last: string | undefined,
  presenter: Presenter,
): Promise<{ readonly opening: string; readonly from: InboxChanges }> {
  const since = last !== undefined && /^[0-9]{1,15}$/.test(last) ? Number(last) : undefined;
  const from = await inboxes.changesSince(inbox, since, STREAM_BATCH);
  if (since !== undefined && since <= from.sequence) {
    return { opening: OPENING + changeEvents(from, presenter), from };
  }
  const reset = last === undefined ? "" : resetEvent(from.sequence);
  return { opening: OPENING + reset + countEvent(from.sequence, from.count), from };
}

/** Counts open streams by person. */
function countStreams() {
  const open = new Map<string, number>();
  return {
    /** @returns what gives the place back, once; `undefined` when there is none */
    take(person: string): (() => void) | undefined {
      const taken = open.get(person) ?? 0;
      if (taken >= MAX_STREAMS_PER_RECIPIENT) return undefined;
      open.set(person, taken + 1);
      let isTaken = true;
      return () => {
        if (!isTaken) return;
        isTaken = false;
        const left = (open.get(person) ?? 1) - 1;
        if (left === 0) open.delete(person);
        else open.set(person, left);
      };
    },
  };
}
