import type { Hono } from "hono";
import type { Invitation } from "../../../domain/accounts/invitations.ts";
import type { FieldRefusal, TeamRefusal } from "../../../domain/accounts/refusals.ts";
import { parseRoles, type Role } from "../../../domain/accounts/roles.ts";
import { parseInvitationId, parseUserId, type UserId } from "../../../domain/ids.ts";
import { answerPage } from "../../pages/answer_page.ts";
import type { FormFault } from "../components/error_summary.tsx";
import { serviceOf, sessionOf, type WebContext, type WebEnv } from "../context.ts";
import { faultOf } from "../faults.ts";
import { type Form, readForm } from "../forms.ts";
import { PageError } from "../page_error.ts";
import { PAGES, pathOf } from "../pages.ts";
import { requestOf, type WebPorts } from "../ports.ts";
import { InvitePage, MemberPage } from "./person_pages.tsx";
import { teamFaultOf } from "./team_faults.ts";
import { TeamPage } from "./team_pages.tsx";

/** For how long the same form of the same person counts as sent twice, in milliseconds. */
const SENT_TWICE_MS = 60_000;

/** Adds the pages of a service's team: its people, a person, and invitations. */
export function addTeamPages(app: Hono<WebEnv>, ports: WebPorts): void {
  app.get(PAGES.team.path, (c) => showTeam(c, ports, []));
  addInvitePages(app, ports);
  addMemberPage(app, ports);
}

async function showTeam(
  c: WebContext,
  { accounts }: WebPorts,
  faults: readonly FormFault[],
): Promise<Response> {
  const service = serviceOf(c);
  const { members, invitations } = await accounts.members.readTeam(service.id);
  const page = (
    <TeamPage
      view={c.var.view}
      service={service}
      members={members}
      invitations={invitations}
      faults={faults}
    />
  );
  return await answerPage(c, page, faults.length > 0 ? 422 : 200);
}

function addInvitePages(app: Hono<WebEnv>, ports: WebPorts): void {
  const { accounts: { invitations }, clock } = ports;

  app.get(
    PAGES.invite.path,
    (c) => answerPage(c, <InvitePage view={c.var.view} service={serviceOf(c)} />),
  );
  app.post(PAGES.invite.path, async (c) => {
    const form = await readForm(c);
    const { user } = sessionOf(c);
    const service = serviceOf(c);
    const { view } = c.var;
    const email = form.text("email_address").trim();
    const roles = rolesOf(form);
    const invited = await invitations.invite(
      actorOf(c),
      service.id,
      { emailAddress: email, roles },
      { isOperator: user.isOperator, name: user.name, serviceName: service.name },
      requestOf(c),
    );
    if (invited.ok) return c.redirect(toTeam(c), 303);
    const { refusal } = invited;
    if (refusal.kind === "already-invited") {
      const all = await invitations.list(service.id);
      if (all.some((one) => isSame(one, email, roles, user.id, clock.now()))) {
        return c.redirect(toTeam(c), 303);
      }
    }
    const fault = isFieldRefusal(refusal)
      ? faultOf(refusal, view.texts)
      : teamFaultOf(refusal, view.texts);
    return answerPage(
      c,
      <InvitePage view={view} service={service} email={email} roles={roles} faults={[fault]} />,
      422,
    );
  });

  app.post(PAGES.changeInvitation.path, async (c) => {
    const form = await readForm(c);
    const id = parseInvitationId(c.req.param("invitation_id"));
    if (id === undefined) throw new PageError(404);
    const service = serviceOf(c);
    const changed = form.text("action") === "withdraw"
      ? await invitations.withdraw(actorOf(c), service.id, id)
      : await invitations.sendAgain(
        actorOf(c),
        service.id,
        id,
        { name: sessionOf(c).user.name, serviceName: service.name },
        requestOf(c),
      );
    if (changed.ok) return c.redirect(toTeam(c), 303);
    return await showTeam(c, ports, [teamFaultOf(changed.refusal, c.var.view.texts)]);
  });
}

function addMemberPage(app: Hono<WebEnv>, { accounts }: WebPorts): void {
  const { members } = accounts;

  async function memberOf(c: WebContext) {
    const id = parseUserId(c.req.param("user_id"));
    const member = (await members.list(serviceOf(c).id)).find(({ userId }) => userId === id);
    if (member === undefined) throw new PageError(404);
    return member;
  }

  app.get(PAGES.member.path, async (c) => {
    const member = await memberOf(c);
    return await answerPage(
      c,
      <MemberPage view={c.var.view} service={serviceOf(c)} member={member} />,
    );
  });
  app.post(PAGES.member.path, async (c) => {
    const form = await readForm(c);
    const member = await memberOf(c);
    const service = serviceOf(c);
    const { view } = c.var;
    const isRemoved = form.text("action") === "remove";
    const roles = isRemoved ? member.roles : rolesOf(form);
    const changed = isRemoved
      ? await members.remove(actorOf(c), service.id, member.userId)
      : await members.setRoles(actorOf(c), service.id, member.userId, roles);
    if (changed.ok) {
      // A person who left the team does not see the service any more.
      const isSelf = member.userId === sessionOf(c).user.id;
      return c.redirect(isRemoved && isSelf ? PAGES.services.path : toTeam(c), 303);
    }
    const faults = [teamFaultOf(changed.refusal, view.texts)];
    return await answerPage(
      c,
      <MemberPage view={view} service={service} member={member} roles={roles} faults={faults} />,
      422,
    );
  });
}

/** Whether an invitation is the result of the same form, which was sent twice. */
function isSame(
  { emailAddress, roles, invitedBy, createdAt }: Invitation,
  email: string,
  chosen: readonly Role[],
  userId: UserId,
  now: number,
): boolean {
  return emailAddress.toLowerCase() === email.toLowerCase() &&
    invitedBy.kind === "user" && invitedBy.id === userId && now - createdAt < SENT_TWICE_MS &&
    roles.join() === chosen.join();
}

function isFieldRefusal(refusal: TeamRefusal | FieldRefusal): refusal is FieldRefusal {
  return "because" in refusal;
}

function rolesOf(form: Form): readonly Role[] {
  const roles = parseRoles(form.all("roles"));
  if (roles === undefined) throw new PageError(403);
  return roles;
}

function actorOf(c: WebContext) {
  return { kind: "user", id: sessionOf(c).user.id } as const;
}

function toTeam(c: WebContext): string {
  return pathOf(PAGES.team, { service_id: serviceOf(c).id });
}
