import { Hono } from "hono";
import { etag, RETAINED_304_HEADERS } from "hono/etag";
import { NONCE, secureHeaders } from "hono/secure-headers";
import { type AppEnv, rootOf } from "../http/context.ts";
import { methodNotAllowed } from "../http/plain_errors.ts";
import { answerPage, nonceOf } from "../pages/answer_page.ts";
import { InboxPage } from "./page.tsx";
import { INBOX_SCRIPT } from "./script.ts";

/** The demo citizen of the development page. */
export interface InboxDemo {
  /** Issues an access token of the citizen. The page contains the token, so everyone who opens the page can read it. */
  readonly token: () => Promise<string>;
  /** Returns a shell command that sends the citizen a message. `root` is the server's URL and ends in a slash. */
  readonly firstSteps: (root: string) => string;
}

/** Dependencies of {@link createInboxElementRoutes}. */
export interface InboxElementPorts {
  /** When given, `GET /dev/inbox` shows this citizen's inbox. For development only. */
  readonly demo?: InboxDemo;
}

/** Portals load the script without a version in its address; a short lifetime brings them an upgrade soon. */
const CACHE = "public, max-age=300";

/** Pages of any origin may load the script. */
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
 * Creates `GET /inbox.js`, the script of the custom element `<hark-inbox>`, which shows a recipient's messages in a
 * page of any origin. With `demo` it creates `GET /dev/inbox` too, a page that shows the element.
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
          nonce={nonceOf(c)}
        />
      );
      return answerPage(c, page);
    });
  }
  return app;
}
