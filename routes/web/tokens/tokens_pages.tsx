import type { JSX } from "hono/jsx/jsx-runtime";
import { type ManagementToken, tokenFaultOf } from "../../../domain/accounts/management_tokens.ts";
import { Choices } from "../components/choices.tsx";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import type { PageOfRows } from "../components/page_of_rows.ts";
import { Pagination } from "../components/pagination.tsx";
import { Table } from "../components/table.tsx";
import { Tag } from "../components/tag.tsx";
import type { View } from "../context.ts";
import { Layout } from "../layout.tsx";
import { PAGES, pathOf } from "../pages.ts";
import { formatDate } from "../texts/dates.ts";

/** The time zone of the days of tokens, which belong to no service with a zone of its own. */
export const TOKEN_ZONE = "UTC";

/** What a token reaches. */
export const REACHES = ["all", "service"] as const;
/** Whether a token may change something. */
export const RIGHTS = ["read", "write"] as const;

interface TokensPageProps {
  readonly view: View;
  readonly page: PageOfRows<ManagementToken, string>;
  readonly now: number;
}

/** The management tokens of the deployment, newest first. */
export function TokensPage(props: TokensPageProps): JSX.Element {
  const { view, page } = props;
  const { tokens: texts } = view.texts;
  return (
    <Layout view={view} title={texts.title} width="middle">
      <div class="head">
        <h1>{texts.title}</h1>
        <a class="button" href={PAGES.newToken.path}>{texts.create}</a>
      </div>
      <p>{texts.lead}</p>
      <section class="card" aria-label={texts.title}>
        {page.rows.length === 0 ? <p class="quiet">{texts.none}</p> : <TokenTable {...props} />}
      </section>
      <Pagination view={view} path={PAGES.tokens.path} page={page} />
    </Layout>
  );
}

function TokenTable({ view, page, now }: TokensPageProps): JSX.Element {
  const { tokens: texts } = view.texts;
  const dateOf = (at: number | undefined) =>
    at === undefined ? texts.never : formatDate(at, view.language, TOKEN_ZONE);
  return (
    <Table
      rows={page.rows}
      keyOf={({ id }) => id}
      columns={[
        {
          label: texts.name,
          kind: "name",
          cell: (token) => (
            <>
              {token.name}
              <Reach view={view} token={token} />
            </>
          ),
        },
        {
          label: texts.may,
          cell: ({ isReadOnly }) => texts.rights[isReadOnly ? "read" : "write"][0],
        },
        { label: texts.created, cell: ({ createdAt }) => dateOf(createdAt) },
        { label: texts.lastUsed, cell: ({ lastUsedAt }) => dateOf(lastUsedAt) },
        {
          label: texts.expires,
          cell: ({ expiresAt }) => dateOf(expiresAt === undefined ? undefined : expiresAt - 1),
        },
        { label: texts.state, cell: (token) => <State view={view} token={token} now={now} /> },
      ]}
    />
  );
}

/** What a token reaches: everything, or the page of its service. */
function Reach(
  { view, token: { serviceId } }: { readonly view: View; readonly token: ManagementToken },
): JSX.Element {
  const { tokens } = view.texts;
  return (
    <div class="hint" dir="ltr">
      {serviceId === undefined
        ? tokens.reaches.all[0]
        : <a href={pathOf(PAGES.service, { service_id: serviceId })}>{serviceId}</a>}
    </div>
  );
}

function State(
  { view, token, now }: {
    readonly view: View;
    readonly token: ManagementToken;
    readonly now: number;
  },
): JSX.Element {
  const { tokens } = view.texts;
  if (token.revokedAt !== undefined) {
    return <Tag>{tokens.revoked(formatDate(token.revokedAt, view.language, TOKEN_ZONE))}</Tag>;
  }
  if (tokenFaultOf(token, now) === "expired") return <Tag>{tokens.expired}</Tag>;
  return (
    <a
      href={pathOf(PAGES.revokeToken, { token_id: token.id })}
      aria-label={tokens.revokeOf(token.name)}
    >
      {tokens.revoke}
    </a>
  );
}

/** The fields of a new token, as typed. */
export interface TokenFields {
  /** The id that the token will have: a form that is sent twice creates one token. */
  readonly id: string;
  readonly name: string;
  /** One of {@link REACHES}, or empty. */
  readonly reach: string;
  readonly serviceId: string;
  /** One of {@link RIGHTS}, or empty. */
  readonly rights: string;
  /** The last day of the token, empty for none. */
  readonly lastDay: string;
}

interface NewTokenPageProps {
  readonly view: View;
  readonly fields: TokenFields;
  readonly faults?: readonly FormFault[];
}

/** Asks for the name, the reach and the rights of a new token. */
export function NewTokenPage(
  { view, fields, faults = [] }: NewTokenPageProps,
): JSX.Element {
  const { tokens, fields: buttons, shell } = view.texts;
  const fault = (name: string) => ({
    fault: messageOf(faults, name),
    faultPrefix: shell.errorPrefix,
  });
  return (
    <Layout view={view} title={tokens.newTitle} hasFaults={faults.length > 0}>
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{tokens.newTitle}</h1>
      <Form view={view} class="form card" hidden={{ id: fields.id }}>
        <Field
          name="name"
          label={tokens.newName}
          hint={tokens.newNameHint}
          autocomplete="off"
          value={fields.name}
          {...fault("name")}
        />
        <Choices
          name="reach"
          type="radio"
          legend={tokens.newReach}
          choices={REACHES.map((value) => {
            const [label, hint] = tokens.reaches[value];
            return { value, label, hint };
          })}
          chosen={[fields.reach]}
          {...fault("reach")}
        />
        <Field
          name="service_id"
          label={tokens.serviceId}
          hint={tokens.serviceIdHint}
          autocomplete="off"
          spellcheck={false}
          value={fields.serviceId}
          {...fault("service_id")}
        />
        <Choices
          name="rights"
          type="radio"
          legend={tokens.newRights}
          choices={RIGHTS.map((value) => {
            const [label, hint] = tokens.rights[value];
            return { value, label, hint };
          })}
          chosen={[fields.rights]}
          {...fault("rights")}
        />
        <Field
          name="last_day"
          type="date"
          label={tokens.lastDay}
          hint={tokens.lastDayHint}
          autocomplete="off"
          class="short"
          value={fields.lastDay}
          {...fault("last_day")}
        />
        <div class="buttons">
          <SubmitButton>{tokens.create}</SubmitButton>
          <a href={PAGES.tokens.path}>{buttons.cancel}</a>
        </div>
      </Form>
    </Layout>
  );
}

/** Asks whether to revoke a token. */
export function RevokeTokenPage(
  { view, tokenName }: { readonly view: View; readonly tokenName: string },
): JSX.Element {
  const { tokens, fields } = view.texts;
  const title = tokens.revokeTitle(tokenName);
  return (
    <Layout view={view} title={title}>
      <h1>{title}</h1>
      <p>{tokens.revokeText}</p>
      <Form view={view} class="buttons">
        <SubmitButton kind="danger">{tokens.revokeButton}</SubmitButton>
        <a href={PAGES.tokens.path}>{fields.cancel}</a>
      </Form>
    </Layout>
  );
}
