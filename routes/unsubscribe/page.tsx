import { raw } from "hono/html";
import type { JSX } from "hono/jsx/jsx-runtime";
import styles from "./page.css" with { type: "text" };

/** What the page has to say. */
export type PageState =
  | { readonly kind: "ask" | "done"; readonly serviceName: string }
  /** The link is none of ours. */
  | { readonly kind: "forged" }
  /** Its time is over, or its message is no longer there. */
  | { readonly kind: "gone" };

/** What the page is made from. */
export interface UnsubscribePageProps {
  readonly state: PageState;
  /** The nonce of this answer's Content-Security-Policy. */
  readonly nonce: string;
}

const HEADINGS = {
  ask: "Unsubscribe from these emails?",
  done: "You have unsubscribed",
  forged: "This link does not work",
  gone: "This link no longer works",
} as const satisfies Record<PageState["kind"], string>;

function Content({ state }: { readonly state: PageState }): JSX.Element {
  switch (state.kind) {
    case "ask":
      return (
        <>
          <p>
            <strong>{state.serviceName}</strong>{" "}
            sent you an email. If you go on, it is told that you do not want more like it.
          </p>
          <form method="post">
            <button type="submit">Unsubscribe</button>
          </form>
        </>
      );
    case "done":
      return (
        <p role="status">
          <strong>{state.serviceName}</strong>{" "}
          has been told that you do not want more emails like the one that you had. You can close
          this page.
        </p>
      );
    case "forged":
      return (
        <p>
          Part of it may be missing. Open the link in the email again, or copy all of it into the
          address bar.
        </p>
      );
    case "gone":
      return (
        <p>
          You have not been unsubscribed. Use the link in a newer email, or ask those who sent it to
          take you off their list.
        </p>
      );
  }
}

/** A page for whoever follows the link of an e-mail. It works without scripts. */
export function UnsubscribePage({ state, nonce }: UnsubscribePageProps): JSX.Element {
  const heading = HEADINGS[state.kind];
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>{heading}</title>
        <style nonce={nonce}>{raw(styles)}</style>
      </head>
      <body>
        <main>
          <h1>{heading}</h1>
          <Content state={state} />
        </main>
      </body>
    </html>
  );
}
