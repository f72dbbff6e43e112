import { type Context, Hono } from "hono";
import { authenticateCaller } from "../../http/authenticate_caller.ts";
import { type AppEnv, rootOf } from "../../http/context.ts";
import { type NotifyRefusal, refusalOfError } from "../errors.ts";
import { secureHeaders } from "../headers.ts";
import { addBatchRoutes } from "./batch.ts";
import { addBulkRoutes } from "./bulk.ts";
import { addCancelRoutes } from "./cancel.ts";
import { addEventRoutes } from "./events.ts";
import { addNotificationRoutes } from "./notifications.ts";
import type { V2Ports, V2Routes } from "./ports.ts";
import { refuseV2 } from "./refuse.ts";
import { addSendRoutes } from "./send.ts";
import { addTemplateRoutes } from "./templates.ts";

/** Creates the API `/v2/…`: GOV.UK Notify's present API, with a batch call and GC Notify's bulk call. */
export function createV2(ports: V2Ports): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const { authenticator, bodyCost, publicUrl, slots } = ports;
  const refuse = (c: Context, refusal: NotifyRefusal) => refuseV2(c, refusal, rootOf(c, publicUrl));
  const routes: V2Routes = {
    ...ports,
    refuse,
    async refuseBody(c, refusal, bytes) {
      const { context: { service }, key } = c.var.caller;
      await bodyCost.charge(service, key, bytes, refusal.kind);
      return refuse(c, refusal);
    },
    authenticated: authenticateCaller(authenticator, { fresh: true, slots, refuse }),
    authenticatedSender: authenticateCaller(authenticator, { fresh: false, slots, refuse }),
  };
  app.onError((error, c) => refuse(c, refusalOfError(error)));
  app.use("/v2/*", secureHeaders);
  addBatchRoutes(app, routes);
  addCancelRoutes(app, routes);
  addBulkRoutes(app, routes);
  addSendRoutes(app, routes);
  addNotificationRoutes(app, routes);
  addEventRoutes(app, routes);
  addTemplateRoutes(app, routes);
  return app;
}
