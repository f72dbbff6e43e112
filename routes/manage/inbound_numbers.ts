import { Hono } from "hono";
import * as z from "zod/mini";
import { parseUuid } from "../../domain/ids.ts";
import {
  type InboundNumber,
  MAX_INBOUND_NUMBERS,
  MAX_RECEIVED_ADDRESS,
  parseDigits,
} from "../../domain/inbound/received_text.ts";
import { parsePhone } from "../../domain/recipient/phone.ts";
import { describe, NO_CONTENT } from "../http/openapi.ts";
import { id, loadService, type ServiceEnv, serviceId } from "./load.ts";
import { refuseNumbers } from "./operator_rights.ts";
import type { ManagePorts } from "./ports.ts";
import { problem } from "./problem.ts";
import { jsonBody, pathIds } from "./validation.ts";

const NO_NUMBER = "The service has no such number";
const TAKEN = "A service has this number already";

const numberId = pathIds(z.looseObject({ number_id: id(parseUuid) }), NO_NUMBER);

const newNumber = (country: string) =>
  z.strictObject({
    number: z.string().check(z.maxLength(MAX_RECEIVED_ADDRESS)).check(
      z.refine(
        (text) => toNumber(text, country) !== undefined,
        "must be a telephone number or a short code",
      ),
    ),
  });

/**
 * Creates the routes of the numbers (telephone numbers or short codes) to which people send texts to a service: list,
 * add and delete. A number belongs to one service; adding another service's is answered with 409.
 */
export function createInboundNumberRoutes({ clock, store, inbound }: ManagePorts) {
  return new Hono<ServiceEnv>()
    .use(serviceId, loadService(store))
    .get(
      "/",
      describe("List the numbers that receive texts", { 200: "The numbers" }),
      async (c) => {
        const numbers = await inbound.listNumbers(c.var.service.id);
        return c.json({ inbound_numbers: numbers.map(present) });
      },
    )
    .post(
      "/",
      describe("Add a number: texts that people send to it belong to the service", {
        201: "The number",
        409: `${TAKEN}, or the service has ${MAX_INBOUND_NUMBERS}, the most it may have`,
      }),
      jsonBody<ReturnType<typeof newNumber>, ServiceEnv>(
        newNumber("GB"),
        (c) => newNumber(c.var.service.settings.country),
      ),
      async (c) => {
        const { service, access } = c.var;
        const refused = refuseNumbers(c, access);
        if (refused !== undefined) return refused;
        const number = toNumber(c.req.valid("json").number, service.settings.country) ?? "";
        const id = clock.newId();
        const added = await inbound.addNumber(
          service.id,
          { id, number },
          clock.now(),
          { chain: service.id, actor: access.actor, action: "inbound-number-added", subject: id },
        );
        if (added === "taken") return problem(c, 409, TAKEN);
        return added === "full"
          ? problem(c, 409, `The service has ${MAX_INBOUND_NUMBERS} of these, the maximum`)
          : c.json(present(added), 201);
      },
    )
    .delete(
      "/:number_id",
      describe("Delete a number. Texts that it has received stay", { 204: NO_CONTENT }),
      numberId,
      async (c) => {
        const { number_id } = c.req.valid("param");
        const { service, access } = c.var;
        const isDeleted = await inbound.deleteNumber(service.id, number_id, clock.now(), {
          chain: service.id,
          actor: access.actor,
          action: "inbound-number-deleted",
          subject: number_id,
        });
        return isDeleted ? c.body(null, 204) : problem(c, 404, NO_NUMBER);
      },
    );
}

/** The digits of a number as providers name it. A short code is no number of a country. */
function toNumber(text: string, country: string): string | undefined {
  const phone = parsePhone(text, { country });
  return phone.ok ? phone.value.normalised : parseDigits(text);
}

function present({ id, number, createdAt }: InboundNumber): Readonly<Record<string, unknown>> {
  return { id, number, created_at: new Date(createdAt).toISOString() };
}
