import { type Context, Hono } from "hono";
import * as z from "zod/mini";
import {
  createSuppressions,
  type SuppressionRefusal,
} from "../../application/suppressions/manage_suppressions.ts";
import { parseUuid } from "../../domain/ids.ts";
import {
  MAX_SUPPRESSIONS_FOR_ADDING,
  SUPPRESSIBLE_CHANNELS,
  type Suppression,
} from "../../domain/suppression/suppression.ts";
import { describe } from "../http/openapi.ts";
import { firstOf } from "../http/validation.ts";
import { id, loadService, type ServiceEnv, serviceId } from "./load.ts";
import { recordReads } from "./record_reads.ts";
import type { ManagePorts } from "./ports.ts";
import { problem } from "./problem.ts";
import { MAX_LISTED, oneLineText } from "./schemas.ts";
import { INVALID_REQUEST, jsonBody, pageId, pathIds, query } from "./validation.ts";

const NO_SUPPRESSION = "The service has no such suppression";
/** The longest recipient of a request, in UTF-16 units. */
const MAX_RECIPIENT = 1_000;

const suppressionId = pathIds(
  z.looseObject({ suppression_id: id(parseUuid) }),
  NO_SUPPRESSION,
);

const suppressionsQuery = z.strictObject({
  state: z.optional(firstOf(z.enum(["in_force", "lifted"]))),
  older_than: pageId(parseUuid, "a suppression's id"),
});

const recipientFields = {
  channel: z.enum(SUPPRESSIBLE_CHANNELS),
  recipient: z.string().check(z.maxLength(MAX_RECIPIENT)),
};
const newSuppression = z.strictObject({ ...recipientFields, reason: oneLineText });
const suppressionSearch = z.strictObject(recipientFields);
// In the query: clients and proxies drop the body of a DELETE.
const lifting = z.strictObject({ reason: oneLineText });

/**
 * Creates the routes of suppressions: recipients to whom a service may not send on a channel. They list, search, show,
 * add and lift (end) suppressions.
 */
export function createSuppressionRoutes(
  { accounts, store, clock, suppressions }: ManagePorts,
) {
  const manage = createSuppressions({ clock, suppressions });
  return new Hono<ServiceEnv>()
    .use(serviceId, loadService(store), recordReads(accounts.audit, "suppressions"))
    .get(
      "/",
      describe(`List the suppressed recipients, newest first, ${MAX_LISTED} a page`, {
        200: "The suppressions; `links.next` is the address of the next page",
      }),
      query(suppressionsQuery),
      async (c) => {
        const { state = "in_force", older_than: olderThan } = c.req.valid("query");
        const page = await suppressions.list(c.var.service.id, {
          lifted: state === "lifted",
          olderThan,
          limit: MAX_LISTED,
        });
        const last = page.length === MAX_LISTED ? page.at(-1) : undefined;
        return c.json({
          suppressions: page.map(present),
          links: last === undefined
            ? {}
            : { next: `${c.req.path}?state=${state}&older_than=${last.id}` },
        });
      },
    )
    .post(
      "/",
      describe("Suppress a recipient: the service may not send to it any more", {
        200: "The recipient was suppressed before: that suppression, unchanged",
        201: "The suppression",
        409: `The service has ${MAX_SUPPRESSIONS_FOR_ADDING} suppressions, the most to add to`,
      }),
      jsonBody(newSuppression),
      async (c) => {
        const { access, service } = c.var;
        const added = await manage.add(access.actor, service, c.req.valid("json"));
        if (!added.ok) return answerRefusal(c, added.refusal);
        const { suppression, isNew } = added.value;
        return c.json(present(suppression), isNew ? 201 : 200);
      },
    )
    .post(
      "/search",
      describe("Search for the suppression of a recipient, in force or lifted", {
        200: "The suppressions: one, or an empty list",
      }),
      jsonBody(suppressionSearch),
      async (c) => {
        const found = await manage.find(c.var.service, c.req.valid("json"));
        if (!found.ok) return answerRefusal(c, found.refusal);
        return c.json({ suppressions: found.value === undefined ? [] : [present(found.value)] });
      },
    )
    .get(
      "/:suppression_id",
      describe("Show a suppression", { 200: "The suppression" }),
      suppressionId,
      async (c) => {
        const { suppression_id } = c.req.valid("param");
        const suppression = await suppressions.get(c.var.service.id, suppression_id);
        return suppression === undefined
          ? problem(c, 404, NO_SUPPRESSION)
          : c.json(present(suppression));
      },
    )
    .delete(
      "/:suppression_id",
      describe("Lift a suppression, with a reason: the service may send to the recipient again", {
        200: "The suppression, lifted",
        409: "The suppression was lifted before",
      }),
      suppressionId,
      query(lifting),
      async (c) => {
        const { suppression_id } = c.req.valid("param");
        const { reason } = c.req.valid("query");
        const { access, service } = c.var;
        const lifted = await manage.lift(access.actor, service.id, suppression_id, reason);
        return lifted.ok ? c.json(present(lifted.value)) : answerRefusal(c, lifted.refusal);
      },
    );
}

function answerRefusal(c: Context, refusal: SuppressionRefusal): Response {
  switch (refusal.kind) {
    case "recipient": {
      const kind = refusal.channel === "sms" ? "a telephone number" : "an e-mail address";
      const message = `must be ${kind}`;
      return problem(c, 400, INVALID_REQUEST, [{ field: "recipient", message }]);
    }
    case "full":
      return problem(
        c,
        409,
        `The service has ${MAX_SUPPRESSIONS_FOR_ADDING} suppressions, the most to add to`,
      );
    case "not-found":
      return problem(c, 404, NO_SUPPRESSION);
    case "lifted":
      return problem(c, 409, "The suppression was lifted before");
  }
}

function present(suppression: Suppression): Readonly<Record<string, unknown>> {
  const { liftedAt } = suppression;
  return {
    id: suppression.id,
    channel: suppression.channel,
    recipient: suppression.recipient ?? null,
    because: suppression.because,
    reason: suppression.reason ?? null,
    notification_id: suppression.notificationId ?? null,
    created_at: new Date(suppression.createdAt).toISOString(),
    lifted_at: liftedAt === undefined ? null : new Date(liftedAt).toISOString(),
    lift_reason: suppression.liftReason ?? null,
  };
}
