import type { JSX } from "hono/jsx/jsx-runtime";
import type { Invitation } from "../../../domain/accounts/invitations.ts";
import { accessTo } from "../../../domain/accounts/account.ts";
import { may, type Member, type Role, ROLES } from "../../../domain/accounts/roles.ts";
import type { Service } from "../../../domain/service/service.ts";
import { Choices } from "../components/choices.tsx";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { MailboxNote } from "../components/mailbox_note.tsx";
import { Tag } from "../components/tag.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { formatDate } from "../texts/dates.ts";
import type { Texts } from "../texts/texts.ts";

interface PageProps {
  readonly view: View;
  readonly service: Service;
}

interface TeamPageProps extends PageProps {
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

function RoleChoices(
  { view, roles, faults }: {
    readonly view: View;
    readonly roles: readonly Role[];
    readonly faults: readonly FormFault[];
  },
): JSX.Element {
  const { roles: texts, shell } = view.texts;
  return (
    <Choices
      name="roles"
      type="checkbox"
      legend={texts.legend}
      hint={texts.hint}
      fault={messageOf(faults, "roles")}
      faultPrefix={shell.errorPrefix}
      choices={ROLES.map((value) => {
        const [label, hint] = texts[value];
        return { value, label, hint };
      })}
      chosen={roles}
    />
  );
}

interface InvitePageProps extends PageProps {
  readonly email?: string;
  readonly roles?: readonly Role[];
  readonly faults?: readonly FormFault[];
}

/** Asks whom to invite, and to what. */
export function InvitePage(
  { view, service, email, roles = [], faults = [] }: InvitePageProps,
): JSX.Element {
  const { team, fields, shell } = view.texts;
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={team.inviteTitle}
      here="team"
      hasFaults={faults.length > 0}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{team.inviteTitle}</h1>
      <Form view={view} class="form card">
        <Field
          name="email_address"
          type="email"
          inputmode="email"
          autocomplete="off"
          spellcheck={false}
          label={fields.email}
          hint={team.inviteHint}
          fault={messageOf(faults, "email_address")}
          faultPrefix={shell.errorPrefix}
          value={email}
        />
        <RoleChoices view={view} roles={roles} faults={faults} />
        <div class="buttons">
          <SubmitButton>{team.inviteSend}</SubmitButton>
          <a href={pathOf(PAGES.team, { service_id: service.id })}>{fields.cancel}</a>
        </div>
      </Form>
    </ServiceLayout>
  );
}

interface MemberPageProps extends PageProps {
  readonly member: Member;
  readonly roles?: readonly Role[];
  readonly faults?: readonly FormFault[];
}

/** What a person of the team may do, and a button to remove them. */
export function MemberPage(
  { view, service, member, roles = member.roles, faults = [] }: MemberPageProps,
): JSX.Element {
  const { team, fields, shell } = view.texts;
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={member.name}
      here="team"
      hasFaults={faults.length > 0}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <div>
        <h1 dir="auto">{member.name}</h1>
        <p class="quiet">{member.emailAddress}</p>
      </div>
      <Form view={view} class="form card">
        <RoleChoices view={view} roles={roles} faults={faults} />
        <div class="buttons">
          <SubmitButton name="action" value="save">{team.save}</SubmitButton>
          <a href={pathOf(PAGES.team, { service_id: service.id })}>{fields.cancel}</a>
        </div>
      </Form>
      <details>
        <summary>{team.remove}</summary>
        <Form view={view} class="stack">
          <p>{team.removeText}</p>
          <div class="buttons">
            <SubmitButton kind="danger" name="action" value="remove">{team.remove}</SubmitButton>
          </div>
        </Form>
      </details>
    </ServiceLayout>
  );
}
