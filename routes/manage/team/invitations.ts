import { type Context, Hono } from "hono";
import * as z from "zod/mini";
import type { AccountRequest } from "../../../application/accounts/account_request.ts";
import { ACCOUNT_LANGUAGES } from "../../../domain/accounts/account.ts";
import type { Invitation } from "../../../domain/accounts/invitations.ts";
import { parseInvitationId } from "../../../domain/ids.ts";
import type { Service } from "../../../domain/service/service.ts";
import { rootOf, waitUntil } from "../../http/context.ts";
import { describe, NO_CONTENT } from "../../http/openapi.ts";
import { id, loadService, type ServiceEnv, serviceId } from "../load.ts";
import type { ManagePorts } from "../ports.ts";
import { MAX_LISTED } from "../schemas.ts";
import { answerFirstProblem, jsonBody, pageId, pathIds, query } from "../validation.ts";
import { newInvitation } from "./schemas.ts";
import { answerTeamRefusal } from "./team_refusal.ts";

const NO_INVITATION = "The service has no such invitation that waits for its answer";
const TOO_MANY = "The service has invited as many people as it may in a day";
const invitationId = pathIds(
  z.looseObject({ invitation_id: id(parseInvitationId) }),
  NO_INVITATION,
);
const invitationsQuery = z.strictObject({
  older_than: pageId(parseInvitationId, "an invitation's id"),
});

/** Creates the routes of the invitations to a service's team: list, invite, send again and withdraw. */
export function createInvitationRoutes({ store, accounts, publicUrl }: ManagePorts) {
  const { invitations } = accounts;
  return new Hono<ServiceEnv>()
    .use(serviceId, loadService(store))
    .get(
      "/",
      describe(`List the invitations that wait for an answer, newest first, ${MAX_LISTED} a page`, {
        200: "The invitations, expired ones too; `links.next` is the address of the next page",
      }),
      query(invitationsQuery, answerFirstProblem),
      async (c) => {
        const { older_than: after } = c.req.valid("query");
        const page = await invitations.list(c.var.service.id, { after, limit: MAX_LISTED });
        const last = page.length === MAX_LISTED ? page.at(-1) : undefined;
        return c.json({
          invitations: page.map(present),
          links: last === undefined ? {} : { next: `${c.req.path}?older_than=${last.id}` },
        });
      },
    )
    .post(
      "/",
      describe("Invite an e-mail address to the team. It is sent a link, valid for seven days", {
        201: "The invitation",
        409: "The address is a member's, is invited already or has a domain that may not " +
          "register, or the deployment has no provider of e-mails",
        429: TOO_MANY,
      }),
      jsonBody(newInvitation),
      async (c) => {
        const { service, access } = c.var;
        const { email_address: emailAddress, roles } = c.req.valid("json");
        const invited = await invitations.invite(
          access.actor,
          service.id,
          { emailAddress, roles },
          // The token of a service is its team's, whose members may not invite every domain.
          { ...inviterOf(service), isOperator: access.serviceId === undefined },
          toRequest(c, service, publicUrl),
        );
        return invited.ok
          ? c.json(present(invited.value), 201)
          : answerTeamRefusal(c, invited.refusal, "There is no such service");
      },
    )
    .post(
      "/:invitation_id/send_again",
      describe("Send an invitation again, with a new link that is valid for seven days", {
        200: "The invitation",
        429: TOO_MANY,
      }),
      invitationId,
      async (c) => {
        const { service, access } = c.var;
        const sent = await invitations.sendAgain(
          access.actor,
          service.id,
          c.req.valid("param").invitation_id,
          inviterOf(service),
          toRequest(c, service, publicUrl),
        );
        return sent.ok
          ? c.json(present(sent.value))
          : answerTeamRefusal(c, sent.refusal, NO_INVITATION);
      },
    )
    .delete(
      "/:invitation_id",
      describe("Withdraw an invitation: its link no longer works", { 204: NO_CONTENT }),
      invitationId,
      async (c) => {
        const { service, access } = c.var;
        const { invitation_id } = c.req.valid("param");
        const withdrawn = await invitations.withdraw(access.actor, service.id, invitation_id);
        return withdrawn.ok
          ? c.body(null, 204)
          : answerTeamRefusal(c, withdrawn.refusal, NO_INVITATION);
      },
    );
}

/** A message says that the operator invites: a token has no person's name. */
function inviterOf(service: Service) {
  return { name: undefined, serviceName: service.name };
}

/** The message is in the service's language, where messages of accounts have it. */
function toRequest(
  c: Context,
  { settings }: Service,
  publicUrl: string | undefined,
): AccountRequest {
  const [language = ""] = settings.language.toLowerCase().split("-");
  return {
    address: undefined,
    browser: "",
    language: ACCOUNT_LANGUAGES.find((one) => one === language) ?? "en",
    root: rootOf(c, publicUrl),
    waitUntil: waitUntil(c),
  };
}

function present({ id, emailAddress, roles, invitedBy, createdAt, expiresAt }: Invitation) {
  return {
    id,
    email_address: emailAddress,
    roles,
    invited_by: invitedBy,
    created_at: new Date(createdAt).toISOString(),
    expires_at: new Date(expiresAt).toISOString(),
  };
}
