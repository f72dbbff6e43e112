import type { Hono } from "hono";
import { parseServiceId, type ServiceId } from "../../domain/ids.ts";
import { changeSettings, DEFAULT_SETTINGS, type Service } from "../../domain/service/service.ts";
import type { AppEnv } from "../http/context.ts";
import type { ManagePorts } from "./ports.ts";
import { problem } from "./problem.ts";
import { withBody, withService } from "./request.ts";
import { changedService, guestsOf, MAX_LISTED, newService, settingsOf } from "./schemas.ts";

/** Adds services and their guest lists. */
export function addServiceRoutes(app: Hono<AppEnv>, { clock, store }: ManagePorts): void {
  app.post("/manage/services", (c) =>
    withBody(c, newService, async (body) => {
      const service = await store.createService({
        id: clock.newId() as ServiceId,
        name: body.name,
        mode: body.mode ?? "trial",
        active: body.active ?? true,
        settings: changeSettings(DEFAULT_SETTINGS, settingsOf(body)),
      }, clock.now());
      return c.json(present(service), 201);
    }));

  app.get("/manage/services", async (c) => {
    const after = c.req.query("after");
    const afterId = after === undefined ? undefined : parseServiceId(after);
    if (after !== undefined && afterId === undefined) {
      return problem(c, 400, "after must be a service's id");
    }
    const services = await store.listServices(afterId, MAX_LISTED);
    const last = services.length === MAX_LISTED ? services.at(-1) : undefined;
    return c.json({
      services: services.map(present),
      links: last === undefined ? {} : { next: `/manage/services?after=${last.id}` },
    });
  });

  app.get(
    "/manage/services/:service_id",
    (c) => withService(c, store, (service) => Promise.resolve(c.json(present(service)))),
  );

  app.patch(
    "/manage/services/:service_id",
    (c) =>
      withService(c, store, (service) =>
        withBody(c, changedService, async (body) => {
          const changed = await store.updateService(service.id, {
            ...(body.name === undefined ? {} : { name: body.name }),
            ...(body.mode === undefined ? {} : { mode: body.mode }),
            ...(body.active === undefined ? {} : { active: body.active }),
            settings: settingsOf(body),
          }, clock.now());
          if (changed === undefined) return problem(c, 404, "There is no such service");
          return c.json(present(changed));
        })),
  );

  app.get("/manage/services/:service_id/guests", (c) =>
    withService(c, store, async (service) => {
      const guests = await store.getGuests(service.id);
      return c.json({
        email_addresses: guests?.emailAddresses ?? [],
        phone_numbers: guests?.phoneNumbers ?? [],
      });
    }));

  app.put(
    "/manage/services/:service_id/guests",
    (c) =>
      withService(
        c,
        store,
        (service) =>
          withBody(c, guestsOf(service.settings.country), async (body) => {
            const guests = {
              emailAddresses: body.email_addresses,
              phoneNumbers: body.phone_numbers,
            };
            const written = await store.setGuests(service.id, guests, clock.now());
            return written
              ? c.json(body)
              : problem(c, 409, "The service was changed meanwhile; try again");
          }),
      ),
  );
}

function present(service: Service): Readonly<Record<string, unknown>> {
  return {
    id: service.id,
    name: service.name,
    mode: service.mode,
    active: service.active,
    ...service.settings,
    created_at: new Date(service.createdAt).toISOString(),
    updated_at: new Date(service.updatedAt).toISOString(),
  };
}
