import { Hono } from "hono";
import { etag } from "hono/etag";
import { html } from "hono/html";
import { NONCE, secureHeaders } from "hono/secure-headers";
import type { Mailbox } from "../../domain/ports/mailbox.ts";
import { type AppEnv, rootOf } from "../http/context.ts";
import { notFound } from "../http/plain_errors.ts";
import script from "./mailbox_client.js" with { type: "text" };
import { MailboxPage } from "./mailbox_page.tsx";
import messageStyles from "./message.css" with { type: "text" };
import pageStyles from "./page.css" with { type: "text" };

/** What the pages for development need. */
export interface DevPorts {
  readonly mailbox: Mailbox;
  /** Gives commands that send a first message, shown while the mailbox is empty; `root` ends in a slash. */
  readonly firstSteps?: ((root: string) => string) | undefined;
  /** Whether there is a page of a demo citizen's inbox. */
  readonly hasInbox?: boolean | undefined;
}

/** An e-mail is a stranger's page: it runs nothing, sends nothing, and belongs to no origin. */
const EMAIL_POLICY = "sandbox; default-src 'none'; img-src https: data:; style-src 'unsafe-inline'";

/** A mailbox is of one machine and one moment: it may be kept, but is asked for again each time. */
const REVALIDATE = "private, no-cache";

/** Without an opener policy: by the HTML standard a page that has one and is sandboxed is a network error. */
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

/** Steps that fit every service. */
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
 * Makes `/dev/…`, for development only: it shows messages to whoever asks.
 *
 * `GET /dev/mailbox` is a page that refreshes itself, `GET /dev/mailbox.json` the same as data.
 */
export function createDev(
  { mailbox, firstSteps = defaultSteps, hasInbox = false }: DevPorts,
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
        nonce={c.get("secureHeadersNonce") ?? ""}
        firstSteps={firstSteps(rootOf(c, undefined))}
        hasInbox={hasInbox}
      />
    );
    return c.html(html`<!DOCTYPE html>${page}`);
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
    return c.body(pageStyles + messageStyles);
  });

  app.all("/dev/*", notFound);
  return app;
}
