import type { JSX } from "hono/jsx/jsx-runtime";
import type { SessionEntry, User } from "../../../domain/accounts/account.ts";
import { Form, SubmitButton } from "../components/form.tsx";
import { Tag } from "../components/tag.tsx";
import type { View } from "../context.ts";
import { Layout } from "../layout.tsx";
import { PAGES } from "../pages.ts";
import { formatTime } from "../texts/dates.ts";

interface AccountPageProps {
  readonly view: View;
  readonly user: User;
  readonly sessions: readonly SessionEntry[];
}

/** The person's details, ways to sign in, and sessions. */
export function AccountPage({ view, user, sessions }: AccountPageProps): JSX.Element {
  const { account, fields } = view.texts;
  const details = [
    { label: fields.name, value: user.name, path: PAGES.accountName.path },
    { label: fields.email, value: user.emailAddress, path: PAGES.accountEmail.path },
  ];
  const ways = [
    { label: fields.password, value: account.passwordSet, path: PAGES.accountPassword.path },
    {
      label: fields.mobile,
      value: user.mobileNumber ?? account.noNumber,
      path: PAGES.accountMobile.path,
    },
    {
      label: account.app,
      value: user.hasTotp ? account.appOn : account.appOff,
      path: PAGES.accountApp.path,
    },
    { label: account.codes, value: account.codesText, path: PAGES.accountCodes.path },
  ];
  return (
    <Layout view={view} title={account.title} width="middle">
      <h1>{account.title}</h1>
      <div class="card">
        <Facts view={view} rows={details} />
      </div>
      <div class="card">
        <h2>{account.signIn}</h2>
        <Facts view={view} rows={ways} />
      </div>
      <Sessions view={view} sessions={sessions} />
      <p>
        <a href={PAGES.deactivate.path}>{account.leave}</a>
      </p>
    </Layout>
  );
}

interface FactsProps {
  readonly view: View;
  readonly rows: readonly {
    readonly label: string;
    readonly value: string;
    readonly path: string;
  }[];
}

function Facts({ view, rows }: FactsProps): JSX.Element {
  const { account } = view.texts;
  return (
    <dl class="facts">
      {rows.map(({ label, value, path }) => (
        <div key={path}>
          <dt>{label}</dt>
          <dd dir="auto">{value}</dd>
          <dd>
            <a href={path} aria-label={account.changeOf(label)}>{account.change}</a>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Sessions(
  { view, sessions }: { readonly view: View; readonly sessions: readonly SessionEntry[] },
): JSX.Element {
  const { account } = view.texts;
  const hasOthers = sessions.some(({ id, isActive }) => isActive && id !== view.session?.id);
  return (
    <div class="card">
      <h2>{account.sessions}</h2>
      <ul class="list">
        {sessions.map((session) => <SessionItem key={session.id} view={view} session={session} />)}
      </ul>
      {hasOthers
        ? (
          <Form view={view} action={PAGES.accountSessions.path} class="buttons">
            <SubmitButton kind="plain">{account.endOthers}</SubmitButton>
          </Form>
        )
        : null}
    </div>
  );
}

function SessionItem(
  { view, session }: { readonly view: View; readonly session: SessionEntry },
): JSX.Element {
  const { account } = view.texts;
  const browser = browserName(session.browser) ?? account.unknownBrowser;
  const isThis = session.id === view.session?.id;
  // A person has no time zone of their own.
  const timeOf = (at: number) => `${formatTime(at, view.language, "UTC")} UTC`;
  return (
    <li>
      <div>
        <b>{browser}</b> {isThis ? <Tag kind="good">{account.thisBrowser}</Tag> : null}
        <SessionTag view={view} session={session} />
        <div class="hint">
          {[
            account.since(timeOf(session.createdAt)),
            account.seen(timeOf(session.seenAt)),
            ...(session.address === undefined ? [] : [session.address]),
          ].join(" · ")}
        </div>
      </div>
      {isThis || !session.isActive ? null : (
        <Form
          view={view}
          action={PAGES.accountSessions.path}
          class="buttons"
          hidden={{ session_id: session.id }}
        >
          <SubmitButton kind="link" label={account.endOf(browser)}>{account.end}</SubmitButton>
        </Form>
      )}
    </li>
  );
}

function SessionTag(
  { view, session }: { readonly view: View; readonly session: SessionEntry },
): JSX.Element | null {
  const { account } = view.texts;
  if (!session.isActive) return <Tag>{account.ended}</Tag>;
  return session.stage === "complete" ? null : <Tag>{account.waiting}</Tag>;
}

/** Browsers and systems by the words of their `User-Agent` headers, the more special first. */
const BROWSERS = [["Edg", "Edge"], ["OPR", "Opera"], ["Firefox", "Firefox"], [
  "Chrome",
  "Chrome",
], ["Safari", "Safari"]] as const;
const SYSTEMS = [
  ["Android", "Android"],
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  [
    "Windows",
    "Windows",
  ],
  ["Mac OS", "macOS"],
  ["Linux", "Linux"],
] as const;

/** Names the browser and system of a `User-Agent` header; `undefined` for others. */
function browserName(header: string): string | undefined {
  const named = (names: readonly (readonly [string, string])[]) =>
    names.find(([word]) => header.includes(word))?.[1];
  const parts = [named(BROWSERS), named(SYSTEMS)].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(", ");
}
