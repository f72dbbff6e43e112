import { Hono } from "hono";
import type { AppEnv } from "../http/context.ts";
import { answerRegistryError, registryProblem } from "./problem.ts";
import { addFeedRoute, EVENTS_PATH, type RegistryFeedPorts } from "./events.ts";
import { addSendRoutes, type RegistrySendPorts } from "./messages.ts";
import { createTemplateRoutes, type RegistryTemplatePorts } from "./templates.ts";

/** The dependencies of {@link createRegistry}. */
export type RegistryAppPorts = RegistrySendPorts & RegistryFeedPorts & RegistryTemplatePorts;

/**
 * Creates the registries' API for other services: `POST /api/notifications` sends a message,
 * `/api/notifications/events` reports what became of messages, `/api/notifications/templates` has the templates. The APIs for recipients are created by `createInboxRoutes` and
 * `createSettingsRoutes`.
 */
export function createRegistry(ports: RegistryAppPorts): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError(answerRegistryError);
  app.use("/api/notifications/templates/*", async (c, next) => {
    await next();
    c.header("Cache-Control", "no-store");
  });
  app.route("/", createTemplateRoutes(ports));
  addSendRoutes(app, ports);
  addFeedRoute(app, ports);
  for (
    const [path, methods] of [
      ["/api/notifications", "POST"],
      [EVENTS_PATH, "GET, HEAD"],
      ["/api/notifications/templates", "GET, HEAD"],
      ["/api/notifications/templates/", "GET, HEAD"],
      ["/api/notifications/templates/:target", "PUT, DELETE"],
    ] as const
  ) {
    app.all(path, (c) => {
      c.header("Allow", methods);
      return registryProblem(c, {
        status: 405,
        message: "The address does not accept this method",
      });
    });
  }
  return app;
}
