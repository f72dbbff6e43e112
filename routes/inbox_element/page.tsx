import type { JSX } from "hono/jsx/jsx-runtime";
import styles from "./page.css" with { type: "text" };

/** What the page is made from. */
export interface InboxPageProps {
  /** The demo citizen's access token. */
  readonly token: string;
  /** Where this Hark is; ends in a slash. */
  readonly root: string;
  /** The language of the element. */
  readonly language: "uk" | "en";
  /** A command that sends the citizen a message. */
  readonly firstSteps: string;
  /** The nonce of this answer's Content-Security-Policy. */
  readonly nonce: string;
}

/** What a portal writes. */
function embedding(root: string): string {
  return `<script type="module" src="${root}inbox.js"></script>
<hark-inbox base="${root.slice(0, -1)}"></hark-inbox>
<script type="module">
document.querySelector("hark-inbox").tokenProvider = () => portal.accessToken();
</script>`;
}

/** The element with a demo citizen's messages, and how to have it in a portal. */
export function InboxPage(
  { token, root, language, firstSteps, nonce }: InboxPageProps,
): JSX.Element {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>Inbox · Hark</title>
        <link rel="icon" href="data:," />
        <style nonce={nonce} dangerouslySetInnerHTML={{ __html: styles }}></style>
        <script type="module" src="/inbox.js" nonce={nonce}></script>
      </head>
      <body>
        <header>
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
            <p slot="sign-in">The demo token has run out. Reload the page for another.</p>
          </hark-inbox>
          <h2>Send a message</h2>
          <p>Paste this into a terminal, in Hark's folder; the message appears above by itself:</p>
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
            <code>lang</code>. Its attributes, events, custom properties and parts are listed in
            <code>docs/inbox_element.md</code>.
          </p>
        </main>
      </body>
    </html>
  );
}
