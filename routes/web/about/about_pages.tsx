import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { DEFAULT_SETTINGS } from "../../../domain/service/service.ts";
import type { View } from "../context.ts";
import type { Cookies } from "../cookie_names.ts";
import { KEPT_FORM_COOKIE, KEPT_FORM_MINUTES } from "../kept_form.ts";
import { Layout } from "../layout.tsx";
import { LANGUAGE_COOKIE, PREFERENCE_DAYS, THEME_COOKIE } from "../preferences.ts";

/** How long a session lasts, in hours. */
const SESSION_HOURS = 20;
/** For how long a browser is remembered, in days. */
const REMEMBERED_DAYS = 30;

interface AboutPageProps {
  readonly view: View;
  readonly cookies: Cookies;
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
export function PrivacyPage({ view }: AboutPageProps): JSX.Element {
  const { legal } = view.texts;
  const { sms, email } = DEFAULT_SETTINGS.retention_days;
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
      <p>{legal.rightsText(view.contact)}</p>
    </Prose>
  );
}

/** The cookies with their purposes and how long they are kept. */
export function CookiesPage({ view, cookies }: AboutPageProps): JSX.Element {
  const { legal } = view.texts;
  const rows = [
    [cookies.sessionName, legal.cookieSession, legal.hours(SESSION_HOURS)],
    [cookies.browserName, legal.cookieRemembered, legal.days(REMEMBERED_DAYS)],
    [KEPT_FORM_COOKIE, legal.cookieForm, view.texts.waits.minutes(KEPT_FORM_MINUTES)],
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
              <tr key={name}>
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
export function AccessibilityPage({ view }: AboutPageProps): JSX.Element {
  const { legal } = view.texts;
  return (
    <Prose view={view} title={legal.accessibilityTitle}>
      <p class="lead">{legal.accessibilityLead}</p>
      <ul>{legal.accessibilityPoints.map((point) => <li key={point}>{point}</li>)}</ul>
      <p>{legal.accessibilityContact(view.contact)}</p>
    </Prose>
  );
}
