import { Hono } from "hono";
import { DEFAULT_SETTINGS } from "../../domain/service/service.ts";
import { describe } from "../http/openapi.ts";
import { loadService, type ServiceEnv, serviceId } from "./load.ts";
import type { ManagePorts } from "./ports.ts";
import { problem } from "./problem.ts";
import { guestsOf } from "./schemas.ts";
import { jsonBody } from "./validation.ts";

/**
 * Creates the routes of a service's guest list: the only recipients that the service may send to while it is in trial
 * mode, and that its team keys may send to at any time. `PUT` replaces the whole list.
 */
export function createGuestRoutes({ clock, store }: ManagePorts) {
  return new Hono<ServiceEnv>()
    .use(serviceId, loadService(store))
    .get("/", describe("Show the guest list", { 200: "The guest list" }), async (c) => {
      const guests = await store.getGuests(c.var.service.id);
      return c.json({
        email_addresses: guests?.emailAddresses ?? [],
        phone_numbers: guests?.phoneNumbers ?? [],
      });
    })
    .put(
      "/",
      describe("Replace the guest list", {
        200: "The guest list",
        409: "The service was changed meanwhile",
      }),
      jsonBody<ReturnType<typeof guestsOf>, ServiceEnv>(
        guestsOf(DEFAULT_SETTINGS.country),
        (c) => guestsOf(c.var.service.settings.country),
      ),
      async (c) => {
        const body = c.req.valid("json");
        const guests = { emailAddresses: body.email_addresses, phoneNumbers: body.phone_numbers };
        const written = await store.setGuests(c.var.service.id, guests, clock.now(), {
          chain: c.var.service.id,
          actor: c.var.access.actor,
          action: "guests-changed",
        });
        return written
          ? c.json(body)
          : problem(c, 409, "The service was changed meanwhile; try again");
      },
    );
}
