import type { JSX } from "hono/jsx/jsx-runtime";
import type { View } from "../context.ts";
import { Notice } from "./notice.tsx";

/** In development: where the message that was just sent is. */
export function MailboxNote({ view }: { readonly view: View }): JSX.Element | null {
  if (!view.hasMailbox) return null;
  const { shell } = view.texts;
  return (
    <Notice kind="development">
      <p>{shell.mailboxHint}</p>
      <p>
        <a href="/dev/mailbox" target="_blank" rel="noopener">{shell.mailbox}</a>
      </p>
    </Notice>
  );
}
