import { Hono } from "hono";
import type { AppEnv } from "../http/context.ts";
import { registryProblem } from "./problem.ts";
import { addSendRoutes, type RegistrySendPorts } from "./messages.ts";
import { addTemplateRoutes, type RegistryTemplatePorts } from "./templates.ts";

/** What the surface works with. */
export type RegistryAppPorts = RegistrySendPorts & RegistryTemplatePorts;

/** Makes the registries' surface for other services: templates and sending. People's own is in `inbox` and `settings`. */
export function createRegistry(ports: RegistryAppPorts): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use("/api/notifications/templates/*", async (c, next) => {
    await next();
    c.header("Cache-Control", "no-store");
  });
  addTemplateRoutes(app, ports);
  addSendRoutes(app, ports);
  for (
    const [path, methods] of [
      ["/api/notifications", "POST"],
      ["/api/notifications/templates", "GET, HEAD"],
      ["/api/notifications/templates/", "GET, HEAD"],
      ["/api/notifications/templates/:target", "PUT, DELETE"],
    ] as const
  ) {
    app.all(path, (c) => {
      c.header("Allow", methods);
      return registryProblem(c, { status: 405, message: "The address has no such method" });
    });
  }
  return app;
}
