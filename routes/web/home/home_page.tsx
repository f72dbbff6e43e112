import type { JSX } from "hono/jsx/jsx-runtime";
import type { View } from "../context.ts";
import { Layout } from "../layout.tsx";

interface HomePageProps {
  readonly view: View;
  /** The server's URL, ending in a slash. */
  readonly root: string;
}

/** What Hark is, on one screen, for visitors who are not signed in. */
export function HomePage({ view, root }: HomePageProps): JSX.Element {
  const { home, shell } = view.texts;
  return (
    <Layout view={view} title={home.title} width="middle">
      <div class="hero">
        <div class="hero-text">
          <h1>{home.title}</h1>
          <p class="lead">{home.lead}</p>
          <p class="buttons">
            <a class="button" href="/register">{shell.register}</a>
            <a class="button plain" href="/sign-in">{shell.signIn}</a>
          </p>
        </div>
        <FirstCall view={view} root={root} />
      </div>
      <ul class="points">
        {home.points.map(([title, text]) => (
          <li class="card">
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
    <section class="card" aria-labelledby="first-call">
      <h2 id="first-call">{home.firstCall}</h2>
      <pre
        tabindex={0}
        role="region"
        aria-labelledby="first-call"
      ><code>{commandOf(root)}</code></pre>
      <p class="hint">{home.firstCallHint}</p>
    </section>
  );
}

function commandOf(root: string): string {
  return `curl ${root}v2/notifications/sms \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"phone_number": "+447700900123",
       "template_id": "…",
       "personalisation": {"name": "Ann"}}'`;
}
