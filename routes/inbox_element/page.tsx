import type { JSX } from "hono/jsx/jsx-runtime";
import { NO_ICON, Shell } from "../pages/shell.tsx";
import styles from "./page.css" with { type: "text" };

/** Properties of {@link InboxPage}. */
export interface InboxPageProps {
  /** The demo citizen's access token. */
  readonly token: string;
  /** The URL of this Hark server; ends in a slash. */
  readonly root: string;
  /** The language of the element. */
  readonly language: "uk" | "en";
  /** A shell command that sends the citizen a message. */
  readonly firstSteps: string;
  /** The nonce of this response's Content-Security-Policy. */
  readonly nonce: string;
}

/** The HTML with which a portal embeds the element. */
function embedding(root: string): string {
  return `<script type="module" src="${root}inbox.js"></script>
<hark-inbox base="${root.slice(0, -1)}"></hark-inbox>
<script type="module">
document.querySelector("hark-inbox").tokenProvider = () => portal.accessToken();
</script>`;
}

/** Shows the custom element `<hark-inbox>` with a demo citizen's messages, and how to embed it in a portal's page. */
export function InboxPage(
  { token, root, language, firstSteps, nonce }: InboxPageProps,
): JSX.Element {
  return (
    <Shell
      title="Inbox · Hark"
      nonce={nonce}
      styles={{ inline: styles }}
      icon={NO_ICON}
      head={<script type="module" src="/inbox.js" nonce={nonce}></script>}
    >
      <header class="top">
        <div>
          <h1>Inbox</h1>
          <p class="hint">What a demo citizen sees in a portal, live. For development.</p>
        </div>
        <nav aria-label="Development">
          {language === "en"
            ? <a href="/dev/inbox?lang=uk" lang="uk">Українською</a>
            : <a href="/dev/inbox">In English</a>}
          <a href="/dev/mailbox">Mailbox</a>
        </nav>
      </header>
      <main>
        <hark-inbox token={token} lang={language}>
          <p slot="sign-in">The demo token has expired. Reload the page for a new one.</p>
        </hark-inbox>
        <h2>Send a message</h2>
        <p>
          Paste this into a terminal, in Hark's folder; the message appears above without a reload:
        </p>
        <pre
          tabindex={0}
          role="region"
          aria-label="A command that sends a message"
        ><code>{firstSteps}</code></pre>
        <h2>In your portal</h2>
        <p>
          It is one element, <code>&lt;hark-inbox&gt;</code>, in one script without dependencies:
        </p>
        <pre
          tabindex={0}
          role="region"
          aria-label="How to embed the inbox"
        ><code>{embedding(root)}</code></pre>
        <p>
          It speaks Ukrainian and English, by the nearest{" "}
          <code>lang</code>. Its attributes, events, custom properties and parts are listed in{" "}
          <code>docs/inbox_element.md</code>.
        </p>
      </main>
    </Shell>
  );
}
