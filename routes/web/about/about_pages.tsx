import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { Layout } from "../layout.tsx";
import type { View } from "../context.ts";
import { LANGUAGE_COOKIE, PREFERENCE_DAYS, THEME_COOKIE } from "../preferences.ts";

/** What the deployment's own settings say on these pages. */
export interface AboutFacts {
  /** Whom users write to. */
  readonly contact: string;
  /** How many days messages are kept when a service sets nothing else. */
  readonly retentionDays: { readonly sms: number; readonly email: number };
  readonly cookies: {
    readonly session: { readonly name: string; readonly hours: number };
    readonly remembered: { readonly name: string; readonly days: number };
  };
}

interface AboutPageProps {
  readonly view: View;
  readonly facts: AboutFacts;
}

function Prose(
  { view, title, children }: {
    readonly view: View;
    readonly title: string;
    readonly children: Child;
  },
): JSX.Element {
  return (
    <Layout view={view} title={title} width="middle">
      <div class="prose">
        <h1>{title}</h1>
        {children}
      </div>
    </Layout>
  );
}

/** What is stored of the users, how long, and who reads it. */
export function PrivacyPage({ view, facts }: AboutPageProps): JSX.Element {
  const { legal } = view.texts;
  const { sms, email } = facts.retentionDays;
  return (
    <Prose view={view} title={legal.privacyTitle}>
      <p class="lead">{legal.privacyLead}</p>
      <h2>{legal.stored}</h2>
      <ul>
        <li>{legal.privacyYou}</li>
        <li>{legal.privacyPassword}</li>
        <li>{legal.privacySessions}</li>
        <li>{legal.privacyAudit}</li>
        <li>{legal.privacyMessages(legal.days(sms), legal.days(email))}</li>
      </ul>
      <h2>{legal.who}</h2>
      <p>{legal.whoText}</p>
      <h2>{legal.rights}</h2>
      <p>{legal.rightsText(facts.contact)}</p>
    </Prose>
  );
}

/** The cookies with their purposes and how long they are kept. */
export function CookiesPage({ view, facts }: AboutPageProps): JSX.Element {
  const { legal } = view.texts;
  const { session, remembered } = facts.cookies;
  const rows = [
    [session.name, legal.cookieSession, legal.hours(session.hours)],
    [remembered.name, legal.cookieRemembered, legal.days(remembered.days)],
    [LANGUAGE_COOKIE, legal.cookieLanguage, legal.days(PREFERENCE_DAYS)],
    [THEME_COOKIE, legal.cookieTheme, legal.days(PREFERENCE_DAYS)],
  ] as const;
  return (
    <Prose view={view} title={legal.cookiesTitle}>
      <p class="lead">{legal.cookiesLead}</p>
      <div class="card">
        <table class="stacks">
          <thead>
            <tr>
              <th scope="col">{legal.cookieName}</th>
              <th scope="col">{legal.cookiePurpose}</th>
              <th scope="col">{legal.cookieExpires}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, purpose, expires]) => (
              <tr>
                <th scope="row">
                  <code>{name}</code>
                </th>
                <td>{purpose}</td>
                <td data-label={legal.cookieExpires}>{expires}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Prose>
  );
}

/** What the pages promise to everybody, and whom to tell when they fail. */
export function AccessibilityPage({ view, facts }: AboutPageProps): JSX.Element {
  const { legal } = view.texts;
  return (
    <Prose view={view} title={legal.accessibilityTitle}>
      <p class="lead">{legal.accessibilityLead}</p>
      <ul>{legal.accessibilityPoints.map((point) => <li>{point}</li>)}</ul>
      <p>{legal.accessibilityContact(facts.contact)}</p>
    </Prose>
  );
}
