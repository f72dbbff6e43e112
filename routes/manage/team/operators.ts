import { Hono } from "hono";
import { rootOf } from "../../http/context.ts";
import { describe } from "../../http/openapi.ts";
import type { ManageEnv } from "../context.ts";
import type { ManagePorts } from "../ports.ts";
import { jsonBody } from "../validation.ts";
import { newOperator } from "./schemas.ts";
import { answerTeamRefusal } from "./team_refusal.ts";

/** Creates the route that makes the link by which the owner of an address becomes an operator. */
export function createOperatorRoutes({ accounts: { operators }, publicUrl }: ManagePorts) {
  return new Hono<ManageEnv>().post(
    "/",
    describe("Create the link by which the owner of an address becomes an operator", {
      201: "The link, `url`, which works once until `expires_at`. It is shown this once",
    }),
    jsonBody(newOperator),
    async (c) => {
      const { email_address } = c.req.valid("json");
      const { actor } = c.var.access;
      const link = await operators.createLink(actor, email_address, rootOf(c, publicUrl));
      if (!link.ok) return answerTeamRefusal(c, link.refusal, "");
      const { url, expiresAt } = link.value;
      return c.json({ url, expires_at: new Date(expiresAt).toISOString() }, 201);
    },
  );
}
