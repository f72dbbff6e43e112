import { Hono } from "hono";
import { describe } from "../http/openapi.ts";
import { loadService, type ServiceEnv, serviceId } from "./load.ts";
import type { ManagePorts } from "./ports.ts";

/** Creates the route of a service's limits of messages a day. */
export function createLimitRoutes({ store, accounts: { services } }: ManagePorts) {
  return new Hono<ServiceEnv>()
    .use(serviceId, loadService(store))
    .get(
      "/",
      describe("Show today's limits and how much of each is used", {
        200:
          "The limits of the service's channels; `ends_at` is the end of the day that they are " +
          "counted by",
      }),
      async (c) => {
        const { limits, dayEndsAt } = await services.readSettings(c.var.service);
        return c.json({
          limits: Object.fromEntries(
            limits.map(({ name, limit, used }) => [name, { limit, used }]),
          ),
          ends_at: new Date(dayEndsAt).toISOString(),
        });
      },
    );
}
