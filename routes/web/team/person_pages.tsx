import type { JSX } from "hono/jsx/jsx-runtime";
import { type Member, type Role, ROLES } from "../../../domain/accounts/roles.ts";
import { Choices } from "../components/choices.tsx";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import type { TeamPartProps } from "./team_pages.tsx";

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

interface InvitePageProps extends TeamPartProps {
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

interface MemberPageProps extends TeamPartProps {
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
