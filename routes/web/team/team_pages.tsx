import type { JSX } from "hono/jsx/jsx-runtime";
import type { Invitation } from "../../../domain/accounts/invitations.ts";
import { accessTo } from "../../../domain/accounts/account.ts";
import { may, type Member, type Role } from "../../../domain/accounts/roles.ts";
import type { Service } from "../../../domain/service/service.ts";
import { ErrorSummary, type FormFault } from "../components/error_summary.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { MailboxNote } from "../components/mailbox_note.tsx";
import { Tag } from "../components/tag.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { formatDate } from "../texts/dates.ts";
import type { Texts } from "../texts/texts.ts";

/** Properties of every page of a team. */
export interface TeamPartProps {
  readonly view: View;
  readonly service: Service;
}

interface TeamPageProps extends TeamPartProps {
  readonly members: readonly Member[];
  readonly invitations: readonly Invitation[];
  readonly faults?: readonly FormFault[];
}

/** The people of a service's team, and those who are invited. */
export function TeamPage(props: TeamPageProps): JSX.Element {
  const { view, service, invitations, faults = [] } = props;
  const { team, shell } = view.texts;
  const mayChange = service.active && view.session !== undefined &&
    may(accessTo(view.session, service.id), "change-team");
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={team.title}
      here="team"
      hasFaults={faults.length > 0}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <div class="head">
        <h1>{team.title}</h1>
        {mayChange
          ? (
            <a class="button" href={pathOf(PAGES.invite, { service_id: service.id })}>
              {team.invite}
            </a>
          )
          : null}
      </div>
      <MemberTable {...props} mayChange={mayChange} />
      {mayChange && invitations.length > 0
        ? (
          <>
            <InvitationTable {...props} />
            <MailboxNote view={view} />
          </>
        )
        : null}
    </ServiceLayout>
  );
}

function MemberTable(
  { view, service, members, mayChange }: TeamPageProps & { readonly mayChange: boolean },
): JSX.Element {
  const { team } = view.texts;
  return (
    <div class="card">
      <table class="stacks">
        <thead>
          <tr>
            <th scope="col">{team.person}</th>
            <th scope="col">{team.may}</th>
            {mayChange ? <th scope="col">{team.action}</th> : null}
          </tr>
        </thead>
        <tbody>
          {members.map(({ userId, name, emailAddress, roles }) => (
            <tr key={userId}>
              <th scope="row">
                <bdi>{name}</bdi> {userId === view.session?.user.id ? <Tag>{team.you}</Tag> : null}
                <div class="hint">{emailAddress}</div>
              </th>
              <td>{rolesText(roles, view.texts)}</td>
              {mayChange
                ? (
                  <td>
                    <a
                      href={pathOf(PAGES.member, { service_id: service.id, user_id: userId })}
                      aria-label={team.changeOf(name)}
                    >
                      {team.change}
                    </a>
                  </td>
                )
                : null}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function InvitationTable({ view, service, invitations }: TeamPageProps): JSX.Element {
  const { team } = view.texts;
  return (
    <div class="card">
      <h2>{team.invited}</h2>
      <ul class="list">
        {invitations.map(({ id, emailAddress, roles, expiresAt }) => (
          <li key={id}>
            <div>
              <b>{emailAddress}</b>
              <div class="hint">
                {rolesText(roles, view.texts)} ·{" "}
                {team.until(formatDate(expiresAt, view.language, service.settings.time_zone))}
              </div>
            </div>
            <Form
              view={view}
              class="buttons"
              action={pathOf(PAGES.changeInvitation, {
                service_id: service.id,
                invitation_id: id,
              })}
            >
              <SubmitButton
                kind="link"
                name="action"
                value="again"
                label={team.againTo(emailAddress)}
              >
                {team.again}
              </SubmitButton>
              <SubmitButton
                kind="link"
                name="action"
                value="withdraw"
                label={team.withdrawOf(emailAddress)}
              >
                {team.withdraw}
              </SubmitButton>
            </Form>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The names of roles, separated by commas. */
function rolesText(roles: readonly Role[], { roles: texts }: Texts): string {
  return roles.length === 0 ? texts.none : roles.map((role) => texts[role][0]).join(", ");
}
