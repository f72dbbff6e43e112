import type { JSX } from "hono/jsx/jsx-runtime";
import type { MailboxEntry } from "../../domain/ports/mailbox.ts";
import { Shell } from "../pages/shell.tsx";
import { count, Message } from "./message.tsx";

/** Properties of {@link MailboxPage}. */
export interface MailboxPageProps {
  /** The messages that the sandbox providers received, newest first. */
  readonly entries: readonly MailboxEntry[];
  /** The nonce of this response's Content-Security-Policy. */
  readonly nonce: string;
  /** Shell commands that send a first message; shown while the mailbox is empty. */
  readonly firstSteps: string;
  /** Whether to link `/dev/inbox`, the page with a demo citizen's inbox. */
  readonly hasInbox: boolean;
}

const ICON = "data:image/svg+xml," + encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">' +
    '<rect width="16" height="16" rx="4" fill="#0b6e5f"/>' +
    '<path d="M3 5l5 4 5-4v6H3z" fill="none" stroke="#fff" stroke-linejoin="round"/></svg>',
);

interface EmptyProps {
  readonly hidden: boolean;
  readonly firstSteps: string;
}

function Empty({ hidden, firstSteps }: EmptyProps) {
  return (
    <section id="empty" hidden={hidden} aria-labelledby="empty-heading" class="card">
      <h2 id="empty-heading">No messages yet</h2>
      <p>
        While a channel has no provider, nothing leaves this machine: every text and e-mail that
        Hark sends arrives here. Send the first one from a terminal, in Hark's folder:
      </p>
      <pre
        tabindex={0}
        role="region"
        aria-label="Commands that send a message"
      ><code>{firstSteps}</code></pre>
      <p>
        It appears without a reload. The mailbox is kept in memory and is empty after a restart.
      </p>
    </section>
  );
}

/**
 * Shows every message of the mailbox or, when there is none, how to send the first one. The page's script adds new
 * messages; without the script the page shows those of when it was loaded.
 */
export function MailboxPage(
  { entries, nonce, firstSteps, hasInbox }: MailboxPageProps,
): JSX.Element {
  return (
    <Shell
      title={entries.length === 0 ? "Mailbox · Hark" : `(${entries.length}) Mailbox · Hark`}
      nonce={nonce}
      styles={{ href: "/dev/mailbox.css" }}
      icon={ICON}
      head={<script src="/dev/mailbox.js" nonce={nonce} defer></script>}
    >
      <a class="skip" href="#main">Skip to the messages</a>
      <header class="top">
        <div>
          <h1>Mailbox</h1>
          <p class="hint">Messages that Hark's sandbox providers received. For development.</p>
        </div>
        <nav aria-label="Mailbox">
          {hasInbox && <a href="/dev/inbox">Inbox</a>}
          <a href="/dev/mailbox.json">JSON</a>
          <a href="/dev/mailbox">Reload</a>
        </nav>
      </header>
      <main id="main" tabindex={-1}>
        <div class="line">
          <p id="count">{count(entries.length, "message")}</p>
          <p id="connection" role="status" hidden></p>
          <noscript>
            <p>Reload the page to see new messages.</p>
          </noscript>
        </div>
        <p id="news" class="unseen" role="status"></p>
        <Empty hidden={entries.length > 0} firstSteps={firstSteps} />
        <ol id="messages" hidden={entries.length === 0}>
          {entries.map((entry) => <Message key={entry.id} entry={entry} />)}
        </ol>
      </main>
    </Shell>
  );
}
