/** `/manage/services/{service_id}/callbacks/{kind}`: where a service is called when something happens. */
import { type Context, Hono, type MiddlewareHandler } from "hono";
import {
  type CallbackKind,
  type CallbackRef,
  MAX_REPLAY_EVENTS,
} from "../../../domain/callbacks/callback.ts";
import { describe, NO_CONTENT } from "../../http/openapi.ts";
import { loadService, type ServiceEnv, serviceId } from "../load.ts";
import type { ManagePorts } from "../ports.ts";
import { problem } from "../problem.ts";
import { MAX_LISTED } from "../schemas.ts";
import { jsonBody, query } from "../validation.ts";
import { presentCallback, presentDelivery, presentSigned, presentTest } from "./present.ts";
import { callbackBody, callbackKind, logQuery, replayBody } from "./schemas.ts";

const TEST_RETRY_AFTER_S = 10;

/** The Hono environment of these routes: `c.var.callback` is the callback of the path, which may not exist. */
interface CallbackEnv extends ServiceEnv {
  readonly Variables: ServiceEnv["Variables"] & { readonly callback: CallbackRef };
}

const setRef: MiddlewareHandler<
  CallbackEnv,
  string,
  { out: { param: { readonly kind: CallbackKind } } }
> = async (c, next) => {
  c.set("callback", { serviceId: c.var.service.id, kind: c.req.valid("param").kind });
  return await next();
};

const NONE = "The service has no such callback";

const none = (c: Context) => problem(c, 404, NONE);

type RoutePorts = Pick<ManagePorts, "clock" | "store" | "callbacks">;

/**
 * Creates the routes of a service's callbacks (requests that Hark sends to the service's endpoint when something
 * happens), one for each kind: `delivery`, `inbound` and `complaint`. They show, set, delete and test a callback, list
 * its deliveries, replace its signing secret and replay events. Each route answers 404 when the service does not exist.
 */
export function createCallbackRoutes(ports: RoutePorts) {
  return new Hono<CallbackEnv>()
    .use("/:kind/*", serviceId, loadService(ports.store))
    .use("/:kind/*", callbackKind, setRef)
    .route("/", createSettingRoutes(ports))
    .route("/", createActionRoutes(ports));
}

/** Creates the routes that show, set and delete a callback, and that of its log. */
function createSettingRoutes({ clock, callbacks: { callbacks, manage, allowance } }: RoutePorts) {
  return new Hono<CallbackEnv>()
    .get(
      "/:kind",
      describe("Show a callback, without its secrets", { 200: "The callback", 404: NONE }),
      async (c) => {
        const callback = await callbacks.get(c.var.callback);
        return callback === undefined ? none(c) : c.json(presentCallback(callback, clock.now()));
      },
    )
    .put(
      "/:kind",
      describe(
        "Set where a callback goes. It begins with the next event; one that is set already goes on from where it stands",
        {
          200: "The callback. A new one has `signing_secret`, which is shown this once",
        },
      ),
      jsonBody(callbackBody(allowance)),
      async (c) => {
        const { url, bearer_token } = c.req.valid("json");
        const { access, callback } = c.var;
        const fields = { url, bearerToken: bearer_token };
        const set = await manage.set(access.actor, callback, fields);
        return set === undefined
          ? problem(c, 404, "There is no such service")
          : c.json(presentSigned(set, clock.now()));
      },
    )
    .delete(
      "/:kind",
      describe("Delete a callback. What waits is not sent", { 204: NO_CONTENT, 404: NONE }),
      async (c) => {
        const { access, callback } = c.var;
        return await manage.delete(access.actor, callback) ? c.body(null, 204) : none(c);
      },
    )
    .get(
      "/:kind/log",
      describe(`List the deliveries, newest first, ${MAX_LISTED} a page`, {
        200: "The deliveries; `links.next` is the address of the next page",
        404: NONE,
      }),
      query(logQuery),
      async (c) => {
        const ref = c.var.callback;
        const { before } = c.req.valid("query");
        const deliveries = await callbacks.readLog(ref, before, MAX_LISTED);
        if (deliveries.length === 0 && await callbacks.get(ref) === undefined) return none(c);
        const last = deliveries.length === MAX_LISTED ? deliveries.at(-1) : undefined;
        return c.json({
          deliveries: deliveries.map(presentDelivery),
          links: last === undefined ? {} : { next: `${c.req.path}?before=${last.number}` },
        });
      },
    );
}

/** Creates the routes that act on a callback. */
function createActionRoutes({ clock, callbacks: { manage, test } }: RoutePorts) {
  return new Hono<CallbackEnv>()
    .post(
      "/:kind/rotate",
      describe("Replace the signing secret. The one before signs too for 24 hours", {
        200: "The callback with `signing_secret`, which is shown this once",
        404: NONE,
      }),
      async (c) => {
        const { access, callback } = c.var;
        const rotated = await manage.rotate(access.actor, callback);
        return rotated === undefined ? none(c) : c.json(presentSigned(rotated, clock.now()));
      },
    )
    .post(
      "/:kind/test",
      describe("Call the endpoint once with made-up values", {
        200: "What came of it: `state` is `done` or `failed`",
        404: NONE,
        429: "Too many test calls are under way",
      }),
      async (c) => {
        const result = await test(c.var.callback);
        if (result === undefined) return none(c);
        if (result !== "busy") return c.json(presentTest(result));
        c.header("Retry-After", String(TEST_RETRY_AFTER_S));
        return problem(c, 429, "Too many test calls are under way; try again");
      },
    )
    .post(
      "/:kind/replay",
      describe(
        `Send the events of a range again, at most ${MAX_REPLAY_EVENTS}; received texts that failed`,
        {
          202: "The callback",
          404: NONE,
          409: "Another replay is under way, or the log has not all of the range",
        },
      ),
      jsonBody(replayBody),
      async (c) => {
        const { access, callback } = c.var;
        const replay = await manage.replay(access.actor, callback, c.req.valid("json"));
        if (replay === undefined) return none(c);
        if (replay === "under-way") return problem(c, 409, "Another replay is under way");
        if (!("kind" in replay)) {
          const { oldest, last } = replay;
          return problem(
            c,
            409,
            `The log has the events from ${oldest} to ${last}`,
            [],
            { oldest, last },
          );
        }
        return c.json(presentCallback(replay, clock.now()), 202);
      },
    );
}
