import { Hono } from "hono";
import type { AppEnv } from "../http/context.ts";
import { addJobRoutes } from "./jobs.ts";
import { addKeyRoutes } from "./keys.ts";
import { addNotificationRoutes } from "./notifications.ts";
import type { ManagePorts } from "./ports.ts";
import { addPreviewRoutes } from "./preview.ts";
import { problem } from "./problem.ts";
import { addSenderRoutes } from "./senders.ts";
import { addServiceRoutes } from "./services.ts";
import { addTemplateRoutes } from "./templates.ts";
import { addUnsubscribeRoutes } from "./unsubscribes.ts";

/** Makes the management API, `/manage/…`. */
export function createManage(ports: ManagePorts): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const unauthorised = "Send the operator's token: Authorization: Bearer ADMIN_TOKEN";
  app.use("/manage/*", async (c, next) => {
    await next();
    c.header("Cache-Control", "no-store");
    c.header("X-Content-Type-Options", "nosniff");
  });
  app.use("/manage/*", async (c, next) => {
    const given = c.req.header("authorization") ?? "";
    const token = /^Bearer (.+)$/i.exec(given)?.[1];
    if (token === undefined || !await isSame(token, ports.adminToken)) {
      c.header("WWW-Authenticate", "Bearer");
      return problem(c, 401, unauthorised);
    }
    return await next();
  });
  app.onError((_error, c) =>
    problem(c, 500, "Something went wrong here; it is in the log under the request's id")
  );
  addServiceRoutes(app, ports);
  addKeyRoutes(app, ports);
  addSenderRoutes(app, ports);
  addPreviewRoutes(app, ports);
  addTemplateRoutes(app, ports);
  addNotificationRoutes(app, ports);
  addUnsubscribeRoutes(app, ports);
  addJobRoutes(app, ports);
  app.all("/manage/*", (c) => problem(c, 404, "There is nothing at this address"));
  return app;
}

/** Compares without telling by its time how much of the token was right. */
async function isSame(given: string, expected: string): Promise<boolean> {
  const [one, other] = await Promise.all([digest(given), digest(expected)]);
  return one.reduce((difference, byte, index) => difference | (byte ^ (other[index] ?? 0)), 0) ===
    0;
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}
