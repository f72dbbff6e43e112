import { type Context, Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { runInSlices } from "../../../application/event_loop.ts";
import { parseNotificationId, type ServiceId } from "../../../domain/ids.ts";
import type { AppEnv } from "../../http/context.ts";
import { createValidator, type Refuse } from "../../http/validation.ts";
import { crossOrigin } from "../cross_origin.ts";
import { answerRegistryError, registryProblem } from "../problem.ts";
import { fieldErrors } from "../request.ts";
import type { InboxEnv, InboxPorts } from "./ports.ts";
import { type Presenter, presentInSteps } from "./present.ts";
import { openPresenter } from "./presenter_of.ts";
import { inboxQuery } from "./query.ts";
import { createStreamRoute } from "./stream_route.ts";

/** The most messages that one write to the store acknowledges. `ack-all` repeats the write until none is left. */
export const ACKNOWLEDGE_STEP = 500;

/** The methods and paths of this API. */
const INBOX_ROUTES = [
  ["GET", "/api/notifications/inbox"],
  ["GET", "/api/notifications/inbox/count"],
  ["GET", "/api/notifications/inbox/stream"],
  ["POST", "/api/notifications/inbox/ack-all"],
  ["POST", "/api/notifications/inbox/:id/ack"],
] as const;

/**
 * Creates the API by which recipients read and acknowledge the messages of their inboxes. It has whole paths,
 * `/api/notifications/inbox…`, and is mounted at the root. It authenticates its callers: the access token names the
 * recipient, so a caller reaches only its own inbox.
 */
export function createInboxRoutes(ports: InboxPorts): Hono<AppEnv> {
  const { accessTokenAuth, serviceId } = ports;

  async function presenterFor(c: Context): Promise<Presenter> {
    const presenter = await openPresenter(ports, c.req.header("Accept-Language"));
    c.header("Vary", "Accept-Language", { append: true });
    return presenter;
  }

  const app = new Hono<AppEnv>();
  app.onError(answerRegistryError);
  app.use("/api/notifications/inbox/*", crossOrigin);
  for (const [method, path] of INBOX_ROUTES) {
    app.on(
      method,
      path,
      forbidCaching(serviceId),
      accessTokenAuth.requirePerson,
      ownInbox(serviceId),
    );
  }
  app.route("/", createReadRoutes(ports, presenterFor));
  app.route("/", createAcknowledgeRoutes(ports));
  app.route("/", createStreamRoute(ports, presenterFor));
  for (const [method, path] of INBOX_ROUTES) {
    app.all(path, (c) => {
      c.header("Allow", method === "GET" ? "GET, HEAD" : method);
      return registryProblem(c, { status: 405, message: `This address accepts only ${method}` });
    });
  }
  return app;
}

function forbidCaching(serviceId: ServiceId) {
  return createMiddleware<AppEnv>(async (c, next) => {
    c.get("requestLog").serviceId = serviceId;
    c.header("Cache-Control", "no-store");
    return await next();
  });
}

/** Puts the caller's own inbox into the context. */
function ownInbox(serviceId: ServiceId) {
  return createMiddleware<InboxEnv>(async (c, next) => {
    c.set("inbox", { serviceId, ...c.var.person });
    return await next();
  });
}

const refuseQuery: Refuse = (c, error) =>
  registryProblem(c, {
    status: 400,
    message: "Invalid query: see errors",
    errors: fieldErrors(error),
  });

function createReadRoutes(
  { inboxes }: InboxPorts,
  presenterFor: (c: Context) => Promise<Presenter>,
) {
  return new Hono<InboxEnv>()
    .get(
      "/api/notifications/inbox",
      createValidator("query", inboxQuery, refuseQuery),
      async (c) => {
        const presenter = await presenterFor(c);
        const messages = await inboxes.list(c.var.inbox, c.req.valid("query"));
        const presented = await runInSlices(presentInSteps(messages, presenter));
        const languages = presenter.languages();
        if (languages.length > 0) c.header("Content-Language", languages.join(", "));
        return c.json(presented);
      },
    )
    .get("/api/notifications/inbox/count", async (c) => {
      const { total, unread } = await inboxes.count(c.var.inbox);
      return c.json({ total, unread });
    });
}

function createAcknowledgeRoutes({ inboxes, inboxEvents, clock }: InboxPorts) {
  return new Hono<InboxEnv>()
    .post("/api/notifications/inbox/ack-all", async (c) => {
      const { inbox } = c.var;
      // Messages that arrive after this point have not been seen.
      const { sequence } = await inboxes.changesSince(inbox, undefined, 1);
      let acknowledged = 0;
      for (let step = ACKNOWLEDGE_STEP; step === ACKNOWLEDGE_STEP; acknowledged += step) {
        step = await inboxes.acknowledgeAll(inbox, ACKNOWLEDGE_STEP, clock.now(), sequence);
        if (step > 0) inboxEvents.publish(inbox);
      }
      return c.json({ acknowledged });
    })
    .post("/api/notifications/inbox/:id/ack", async (c) => {
      const { inbox } = c.var;
      const id = parseNotificationId(c.req.param("id"));
      if (id === undefined) {
        const errors = [{ field: "id", message: "must be the id of a message, a UUID" }];
        return registryProblem(c, { status: 400, message: "Invalid message id", errors });
      }
      c.get("requestLog").notificationId = id;
      switch (await inboxes.acknowledge(inbox, id, clock.now())) {
        case "acknowledged":
          inboxEvents.publish(inbox);
          return c.body(null, 200);
        case "foreign":
          return registryProblem(c, { status: 403, message: "The message is another person's" });
        case "unknown":
          return registryProblem(c, { status: 404, message: "There is no such message" });
      }
    });
}
