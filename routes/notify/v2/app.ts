import { type Context, Hono } from "hono";
import { secureHeaders } from "../headers.ts";
import { type AppContext, type AppEnv, rootOf } from "../../http/context.ts";
import { addBatchRoutes } from "./batch.ts";
import { addCancelRoutes } from "./cancel.ts";
import { addBulkRoutes } from "./bulk.ts";
import { addNotificationRoutes } from "./notifications.ts";
import type { V2Ports } from "./ports.ts";
import { addTemplateRoutes } from "./templates.ts";
import { type NotifyRefusal, toNotifyAnswer } from "../errors.ts";

/** Answers with a refusal in the peer's envelope. */
export function answerRefusal(c: Context, refusal: NotifyRefusal, root: string): Response {
  const { status, errors, retryAfterS } = toNotifyAnswer(refusal, root);
  if (retryAfterS !== undefined) c.header("Retry-After", String(retryAfterS));
  return c.json({ status_code: status, errors }, status);
}

/** Makes today's GOV.UK Notify API, `/v2/…`. */
export function createV2(ports: V2Ports): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const refuse = (c: AppContext, refusal: NotifyRefusal) =>
    answerRefusal(c, refusal, rootOf(c, ports.publicUrl));
  app.use("/v2/*", secureHeaders);
  addBatchRoutes(app, ports, refuse);
  addCancelRoutes(app, ports, refuse);
  addBulkRoutes(app, ports, refuse);
  addNotificationRoutes(app, ports, refuse);
  addTemplateRoutes(app, ports, refuse);
  return app;
}
