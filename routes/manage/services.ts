import { type Context, Hono } from "hono";
import * as z from "zod/mini";
import {
  changeService,
  type ServiceChangeRefusal,
} from "../../application/services/change_service.ts";
import { createService } from "../../application/services/create_service.ts";
import { parseServiceId } from "../../domain/ids.ts";
import { changeSettings, DEFAULT_SETTINGS, type Service } from "../../domain/service/service.ts";
import type { ServiceChange } from "../../domain/ports/management_store.ts";
import type { ManageEnv } from "./context.ts";
import { describe } from "../http/openapi.ts";
import { firstOf } from "../http/validation.ts";
import { loadService, serviceId } from "./load.ts";
import type { ManagePorts } from "./ports.ts";
import { problem } from "./problem.ts";
import { changedService, MAX_LISTED, newService, settingsOf } from "./schemas.ts";
import { answerFirstProblem, jsonBody, pageId, query } from "./validation.ts";

const servicesQuery = z.strictObject({
  after: pageId(parseServiceId, "a service's id"),
  include: z.optional(firstOf(z.literal("own", 'must be "own"'))),
});

const OPERATORS_ONLY = "is changed by operators only";
const ID_TAKEN = "There is a service with this id, or Hark keeps the id for itself";

/**
 * Creates the routes of services: create, list, show and change. A service is archived with `active: false`, not
 * deleted.
 */
export function createServiceRoutes({ clock, store }: ManagePorts) {
  return new Hono<ManageEnv>()
    .post(
      "/",
      describe("Create a service", { 201: "The service", 409: ID_TAKEN }),
      jsonBody(newService),
      async (c) => {
        const body = c.req.valid("json");
        const created = await createService({ clock, store }, c.var.access.actor, {
          id: body.id,
          name: body.name,
          mode: body.mode ?? "trial",
          active: body.active ?? true,
          settings: changeSettings(DEFAULT_SETTINGS, settingsOf(body)),
        });
        return created.ok
          ? c.json(present(created.value), 201)
          : problem(c, 409, ID_TAKEN, [{ field: "id", message: "is taken" }]);
      },
    )
    .get(
      "/",
      describe(`List the services, ${MAX_LISTED} a page`, {
        200: "The services; `links.next` is the address of the next page. Hark's own service, " +
          "which sends the messages of accounts, is among them with `include=own` only",
      }),
      query(servicesQuery, answerFirstProblem),
      async (c) => {
        const { after, include } = c.req.valid("query");
        const services = await store.listServices(after, MAX_LISTED, include === "own");
        const last = services.length === MAX_LISTED ? services.at(-1) : undefined;
        return c.json({
          services: services.map(present),
          links: last === undefined ? {} : {
            next: `/manage/services?after=${last.id}${include === undefined ? "" : "&include=own"}`,
          },
        });
      },
    )
    .get(
      "/:service_id",
      describe("Show a service", { 200: "The service" }),
      serviceId,
      loadService(store),
      (c) => c.json(present(c.var.service)),
    )
    .patch(
      "/:service_id",
      describe("Change a service. Absent fields stay as they are", { 200: "The service" }),
      serviceId,
      loadService(store),
      jsonBody(changedService),
      async (c) => {
        const body = c.req.valid("json");
        const change: ServiceChange = {
          ...(body.name === undefined ? {} : { name: body.name }),
          ...(body.mode === undefined ? {} : { mode: body.mode }),
          ...(body.active === undefined ? {} : { active: body.active }),
          settings: settingsOf(body),
        };
        const { actor, serviceId: own } = c.var.access;
        const by = { actor, isOperator: own === undefined };
        const changed = await changeService({ clock, store }, by, c.var.service, change);
        return changed.ok ? c.json(present(changed.value)) : answerRefusal(c, changed.refusal);
      },
    );
}

function answerRefusal(c: Context, refusal: ServiceChangeRefusal): Response {
  switch (refusal.kind) {
    case "service-not-found":
      return problem(c, 404, "There is no such service");
    case "operators-only": {
      const errors = refusal.fields.map((field) => ({ field, message: OPERATORS_ONLY }));
      return problem(c, 403, `${refusal.fields[0] ?? ""} ${OPERATORS_ONLY}`, errors);
    }
    case "own-service":
      return problem(
        c,
        403,
        "Hark's own service stays live and active: people sign in by its messages",
      );
  }
}

/** The settings of single providers are left out where the service has none. */
function present(service: Service): Readonly<Record<string, unknown>> {
  const {
    twilio_messaging_service_sid: messagingService,
    postmark_message_stream: messageStream,
    purpose,
    ...settings
  } = service.settings;
  return {
    id: service.id,
    name: service.name,
    mode: service.mode,
    active: service.active,
    ...settings,
    ...(messagingService === null ? {} : { twilio_messaging_service_sid: messagingService }),
    ...(messageStream === null ? {} : { postmark_message_stream: messageStream }),
    ...(purpose === null ? {} : { purpose }),
    created_at: new Date(service.createdAt).toISOString(),
    updated_at: new Date(service.updatedAt).toISOString(),
  };
}
