import { Hono } from "hono";
import { etag, RETAINED_304_HEADERS } from "hono/etag";
import { html } from "hono/html";
import { NONCE, secureHeaders } from "hono/secure-headers";
import { type AppEnv, rootOf } from "../http/context.ts";
import { methodNotAllowed } from "../http/plain_errors.ts";
import { InboxPage } from "./page.tsx";
import { INBOX_SCRIPT } from "./script.ts";

/** What the page of a demo citizen's inbox shows. */
export interface InboxDemo {
  /** Gives an access token of the citizen's, which the page gives to whoever asks. */
  readonly token: () => Promise<string>;
  /** Gives a command that sends the citizen a message; `root` ends in a slash. */
  readonly firstSteps: (root: string) => string;
}

/** What the element's routes need. */
export interface InboxElementPorts {
  /** Only in development: a page with a demo citizen's inbox. */
  readonly demo?: InboxDemo;
}

/** Portals name no version: soon after an upgrade each should have the new one. */
const CACHE = "public, max-age=300";

/** The script is for pages of any origin. */
const SCRIPT_HEADERS = {
  "Access-Control-Allow-Origin": "*",
  "Cross-Origin-Resource-Policy": "cross-origin",
  "X-Content-Type-Options": "nosniff",
} as const;

const pageHeaders = secureHeaders({
  strictTransportSecurity: false,
  referrerPolicy: "no-referrer",
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: [NONCE],
    styleSrc: [NONCE],
    imgSrc: ["data:"],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    requireTrustedTypesFor: ["'script'"],
    trustedTypes: ["hark-inbox"],
  },
});

/**
 * Makes `GET /inbox.js`, the custom element `<hark-inbox>` for portals, and, for development, `GET /dev/inbox`, a page that
 * shows it.
 */
export function createInboxElementRoutes({ demo }: InboxElementPorts): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  const retainedHeaders = [...RETAINED_304_HEADERS, ...Object.keys(SCRIPT_HEADERS)];
  app.get("/inbox.js", etag({ retainedHeaders }), (c) => {
    for (const [name, value] of Object.entries(SCRIPT_HEADERS)) c.header(name, value);
    c.header("Cache-Control", CACHE);
    c.header("Content-Type", "text/javascript; charset=utf-8");
    return c.body(INBOX_SCRIPT);
  });
  app.all("/inbox.js", methodNotAllowed);

  if (demo !== undefined) {
    app.get("/dev/inbox", pageHeaders, async (c) => {
      c.header("Cache-Control", "no-store");
      const root = rootOf(c, undefined);
      const page = (
        <InboxPage
          token={await demo.token()}
          root={root}
          language={c.req.query("lang") === "uk" ? "uk" : "en"}
          firstSteps={demo.firstSteps(root)}
          nonce={c.get("secureHeadersNonce") ?? ""}
        />
      );
      return c.html(html`<!DOCTYPE html>${page}`);
    });
  }
  return app;
}
