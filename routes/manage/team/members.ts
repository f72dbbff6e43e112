import { Hono } from "hono";
import * as z from "zod/mini";
import type { Member } from "../../../domain/accounts/roles.ts";
import { parseUserId } from "../../../domain/ids.ts";
import { describe, NO_CONTENT } from "../../http/openapi.ts";
import { id, loadService, type ServiceEnv, serviceId } from "../load.ts";
import type { ManagePorts } from "../ports.ts";
import { problem } from "../problem.ts";
import { MAX_LISTED } from "../schemas.ts";
import { answerFirstProblem, jsonBody, pageId, pathIds, query } from "../validation.ts";
import { changedMember } from "./schemas.ts";
import { answerTeamRefusal } from "./team_refusal.ts";

const NO_MEMBER = "The service has no such member";
const userId = pathIds(z.looseObject({ user_id: id(parseUserId) }), NO_MEMBER);
const membersQuery = z.strictObject({ after: pageId(parseUserId, "a member's user_id") });

/** Creates the routes of a service's team: list, show, change the roles of a member, and remove one. */
export function createMemberRoutes({ store, accounts: { members } }: ManagePorts) {
  return new Hono<ServiceEnv>()
    .use(serviceId, loadService(store))
    .get(
      "/",
      describe(`List the members, those that joined first before others, ${MAX_LISTED} a page`, {
        200: "The members; `links.next` is the address of the next page",
      }),
      query(membersQuery, answerFirstProblem),
      async (c) => {
        const { after } = c.req.valid("query");
        const page = await members.list(c.var.service.id, { after, limit: MAX_LISTED });
        const last = page.length === MAX_LISTED ? page.at(-1) : undefined;
        return c.json({
          members: page.map(present),
          links: last === undefined ? {} : { next: `${c.req.path}?after=${last.userId}` },
        });
      },
    )
    .get("/:user_id", describe("Show a member", { 200: "The member" }), userId, async (c) => {
      const member = await members.get(c.var.service.id, c.req.valid("param").user_id);
      return member === undefined ? problem(c, 404, NO_MEMBER) : c.json(present(member));
    })
    .patch(
      "/:user_id",
      describe("Replace the roles of a member", {
        200: "The member",
        409: "The service would have no member with the role `manage`",
      }),
      userId,
      jsonBody(changedMember),
      async (c) => {
        const { service, access } = c.var;
        const { user_id } = c.req.valid("param");
        const { roles } = c.req.valid("json");
        const changed = await members.setRoles(access.actor, service.id, user_id, roles);
        if (!changed.ok) return answerTeamRefusal(c, changed.refusal, NO_MEMBER);
        const member = await members.get(service.id, user_id);
        return member === undefined ? problem(c, 404, NO_MEMBER) : c.json(present(member));
      },
    )
    .delete(
      "/:user_id",
      describe("Remove a member", {
        204: NO_CONTENT,
        409: "The service would have no member with the role `manage`",
      }),
      userId,
      async (c) => {
        const { service, access } = c.var;
        const { user_id } = c.req.valid("param");
        const removed = await members.remove(access.actor, service.id, user_id);
        return removed.ok ? c.body(null, 204) : answerTeamRefusal(c, removed.refusal, NO_MEMBER);
      },
    );
}

function present({ userId, name, emailAddress, roles, since }: Member) {
  return {
    user_id: userId,
    name,
    email_address: emailAddress,
    roles,
    since: new Date(since).toISOString(),
  };
}
