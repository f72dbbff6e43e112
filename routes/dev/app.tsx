import { Hono } from "hono";
import { etag } from "hono/etag";
import { NONCE, secureHeaders } from "hono/secure-headers";
import type { Mailbox } from "../../domain/ports/mailbox.ts";
import { type AppEnv, rootOf } from "../http/context.ts";
import { notFound } from "../http/plain_errors.ts";
import { answerPage, nonceOf } from "../pages/answer_page.ts";
import { BASE_STYLES } from "../pages/shell.tsx";
import { addClockRoutes, type ClockPorts } from "./clock.ts";
import script from "./mailbox_client.js" with { type: "text" };
import { MailboxPage } from "./mailbox_page.tsx";
import messageStyles from "./message.css" with { type: "text" };
import pageStyles from "./page.css" with { type: "text" };

/** Dependencies of {@link createDev}. */
export interface DevPorts extends ClockPorts {
  readonly mailbox: Mailbox;
  /**
   * Returns shell commands that send a first message; the page shows them while the mailbox is empty. `root` is the
   * server's URL and ends in a slash. The default is commands with a placeholder for the template's id.
   */
  readonly firstSteps?: ((root: string) => string) | undefined;
  /** Whether to link `/dev/inbox`, the page with a demo citizen's inbox; default `false`. */
  readonly hasInbox?: boolean | undefined;
}

/** An e-mail is untrusted HTML: it runs no script, submits no form and has an opaque origin. */
const EMAIL_POLICY = "sandbox; default-src 'none'; img-src https: data:; style-src 'unsafe-inline'";

/** A browser may store the response but revalidates it each time: the mailbox changes with every message. */
const REVALIDATE = "private, no-cache";

/** Without an opener policy: by the HTML standard a sandboxed page that has one is a network error. */
const commonHeaders = secureHeaders({
  strictTransportSecurity: false,
  crossOriginOpenerPolicy: false,
});

const pageHeaders = secureHeaders({
  strictTransportSecurity: false,
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: [NONCE],
    styleSrc: [NONCE],
    imgSrc: ["data:"],
    connectSrc: ["'self'"],
    frameSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
});

/** Commands that work for every service. */
function defaultSteps(root: string): string {
  return `AUTH="Authorization: Bearer $(npx -y deno@2.9.6 task --quiet token)"

# the templates, with their ids
curl -H "$AUTH" ${root}v2/templates

curl -H "$AUTH" ${root}v2/notifications/sms \\
  -H "Content-Type: application/json" \\
  -d '{"phone_number": "07700900123",
       "template_id": "…",
       "personalisation": {}}'`;
}

/**
 * Creates the routes of `/dev/…`. For development only: they show messages without authentication.
 *
 * `GET /dev/mailbox` is a page that refreshes itself. `GET /dev/mailbox.json` returns the same messages as JSON, and
 * `GET /dev/mailbox/{id}/html` the HTML of one e-mail. `/dev/clock` is in `clock.ts`.
 */
export function createDev(
  { mailbox, firstSteps = defaultSteps, hasInbox = false, ...clockPorts }: DevPorts,
): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use("/dev/*", commonHeaders);

  app.get("/dev/mailbox.json", etag(), (c) => {
    c.header("Cache-Control", REVALIDATE);
    return c.json(mailbox.list());
  });

  app.get("/dev/mailbox", pageHeaders, (c) => {
    c.header("Cache-Control", "no-store");
    const page = (
      <MailboxPage
        entries={mailbox.list()}
        nonce={nonceOf(c)}
        firstSteps={firstSteps(rootOf(c, undefined))}
        hasInbox={hasInbox}
      />
    );
    return answerPage(c, page);
  });

  app.get("/dev/mailbox/:id/html", (c) => {
    const email = mailbox.get(c.req.param("id"))?.html;
    if (typeof email !== "string") return notFound(c);
    c.header("Content-Security-Policy", EMAIL_POLICY);
    c.header("Cache-Control", REVALIDATE);
    return c.html(email);
  });

  app.get("/dev/mailbox.js", etag(), (c) => {
    c.header("Cache-Control", REVALIDATE);
    c.header("Content-Type", "text/javascript; charset=utf-8");
    return c.body(script);
  });

  app.get("/dev/mailbox.css", etag(), (c) => {
    c.header("Cache-Control", REVALIDATE);
    c.header("Content-Type", "text/css; charset=utf-8");
    return c.body(BASE_STYLES + pageStyles + messageStyles);
  });

  addClockRoutes(app, clockPorts);
  app.all("/dev/*", notFound);
  return app;
}
