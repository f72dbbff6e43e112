import type { JSX } from "hono/jsx/jsx-runtime";
import { Shell } from "../pages/shell.tsx";

/** The state of the link that was followed. */
export type PageState =
  | { readonly kind: "confirm" | "done"; readonly serviceName: string }
  /** This service did not issue the link. */
  | { readonly kind: "forged" }
  /** The link has expired, or its message has been deleted. */
  | { readonly kind: "gone" }
  /** The store is unavailable: nothing is known about the link. */
  | { readonly kind: "unavailable" };

/** Properties of {@link UnsubscribePage}. */
export interface UnsubscribePageProps {
  readonly state: PageState;
  /** The nonce of this response's Content-Security-Policy. */
  readonly nonce: string;
}

const HEADINGS = {
  confirm: "Unsubscribe from these emails?",
  done: "You have unsubscribed",
  forged: "This link does not work",
  gone: "This link no longer works",
  unavailable: "The service is not available at the moment",
} as const satisfies Record<PageState["kind"], string>;

function Content({ state }: { readonly state: PageState }): JSX.Element {
  switch (state.kind) {
    case "confirm":
      return (
        <>
          <p>
            <strong>{state.serviceName}</strong>{" "}
            sent you an email. If you go on, it will know that you do not want more like it.
          </p>
          <form method="post">
            <button type="submit" class="button">Unsubscribe</button>
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
    case "unavailable":
      return <p>Wait a minute, then open the link in the email again. The link stays valid.</p>;
    case "gone":
      return (
        <p>
          You have not been unsubscribed. Use the link in a newer email, or ask those who sent it to
          take you off their list.
        </p>
      );
  }
}

/** The page that an unsubscribe link in an e-mail opens. It works without scripts. */
export function UnsubscribePage({ state, nonce }: UnsubscribePageProps): JSX.Element {
  const heading = HEADINGS[state.kind];
  return (
    <Shell title={heading} nonce={nonce} styles={{ inline: "" }} width="narrow">
      <main class="card">
        <h1>{heading}</h1>
        <Content state={state} />
      </main>
    </Shell>
  );
}
