import type { JSX } from "hono/jsx/jsx-runtime";
import type { View } from "../context.ts";
import { Layout } from "../layout.tsx";
import { PAGES } from "../pages.ts";
import { DemoForm } from "../sign_in/demo_form.tsx";

interface HomePageProps {
  readonly view: View;
  /** The server's URL, ending in a slash. */
  readonly root: string;
}

/** What Hark is, on one screen, for visitors who are not signed in. */
export function HomePage(
  { view, root, hasDemo }: HomePageProps & { readonly hasDemo: boolean },
): JSX.Element {
  const { home, shell } = view.texts;
  return (
    <Layout view={view} title={home.title} width="middle">
      <div class="hero">
        <div class="hero-text">
          <h1>{home.title}</h1>
          <p class="lead">{home.lead}</p>
          {hasDemo ? <DemoForm view={view} returnTo={PAGES.services.path} /> : null}
          <p class="buttons">
            <a class={hasDemo ? "button plain" : "button"} href={PAGES.register.path}>
              {shell.register}
            </a>
            <a class="button plain" href={PAGES.signIn.path}>{shell.signIn}</a>
          </p>
        </div>
        <FirstCall view={view} root={root} />
      </div>
      <ul class="points">
        {home.points.map(([title, text]) => (
          <li class="card" key={title}>
            <h2>{title}</h2>
            <p class="quiet">{text}</p>
          </li>
        ))}
      </ul>
    </Layout>
  );
}

function FirstCall({ view, root }: HomePageProps): JSX.Element {
  const { home } = view.texts;
  return (
    <div class="card">
      <h2 id="first-call">{home.firstCall}</h2>
      <pre
        tabindex={0}
        role="region"
        aria-labelledby="first-call"
      ><code>{commandOf(root)}</code></pre>
      <p class="hint">{home.firstCallHint}</p>
    </div>
  );
}

function commandOf(root: string): string {
  return `curl -sS \\
  ${root}v2/notifications/sms \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"phone_number": "+447700900123",
       "template_id": "…",
       "personalisation": {"name": "Ann"}}'`;
}

/** How to make the first operator, while the database has no user. */
export function FirstOperatorPage({ view, root }: HomePageProps): JSX.Element {
  const { home, shell } = view.texts;
  return (
    <Layout view={view} title={home.noUserTitle} width="middle">
      <h1>{home.noUserTitle}</h1>
      <p class="lead">{home.noUserLead}</p>
      <section class="card" aria-label={home.noUserLead}>
        <p id="operator-command">{home.noUserCommand}</p>
        <pre
          tabindex={0}
          role="region"
          aria-labelledby="operator-command"
        ><code>deno task operator you@dept.gov.example</code></pre>
        <p id="operator-call">{home.noUserCall}</p>
        <pre
          tabindex={0}
          role="region"
          aria-labelledby="operator-call"
        ><code>{operatorCall(root)}</code></pre>
        <p class="hint">{home.noUserThen}</p>
      </section>
      <p class="buttons">
        <a class="button plain" href={PAGES.register.path}>{shell.register}</a>
        <a class="button plain" href={PAGES.signIn.path}>{shell.signIn}</a>
      </p>
    </Layout>
  );
}

function operatorCall(root: string): string {
  return `curl -X POST ${root}manage/operators \\
  -H "Authorization: Bearer $ADMIN_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"email_address": "you@dept.gov.example"}'`;
}
