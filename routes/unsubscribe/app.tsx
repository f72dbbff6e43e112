import { Hono } from "hono";
import { html } from "hono/html";
import { NONCE, secureHeaders } from "hono/secure-headers";
import { parseNotificationId } from "../../domain/ids.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { UnsubscribeLink, UnsubscribeStore } from "../../domain/ports/unsubscribe_store.ts";
import { isLinkInTime } from "../../domain/unsubscribe/unsubscribe.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { methodNotAllowed } from "../http/plain_errors.ts";
import { type PageState, UnsubscribePage } from "./page.tsx";

/** What the surface works with. */
export interface UnsubscribePorts {
  readonly clock: Clock;
  readonly unsubscribes: Pick<UnsubscribeStore, "find" | "request">;
}

const PATH = "/unsubscribe/:notification_id/:token";

/** The page runs nothing, loads nothing and sends only its own form; it tells no other site where its reader was. */
const headers = secureHeaders({
  referrerPolicy: "no-referrer",
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    styleSrc: [NONCE],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
});

/** What the peer answers. */
const MESSAGES = {
  forged: { "unsubscribe request": "This is not a valid unsubscribe link." },
  gone: "This unsubscribe link is invalid or expired.",
} as const;

/**
 * Makes `/unsubscribe/{notification_id}/{token}`, which the links in e-mails lead to. Nobody signs in: the token is what
 * allows it.
 *
 * `GET` shows a page that asks, and changes nothing, for mail programs follow links by themselves. `POST` unsubscribes: with
 * a page to a browser (the page's own form), with JSON to anybody else (RFC 8058). The body says nothing and is not read.
 */
export function createUnsubscribe({ clock, unsubscribes }: UnsubscribePorts): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use("/unsubscribe/*", headers, async (c, next) => {
    await next();
    c.header("Cache-Control", "no-store");
    c.header("X-Robots-Tag", "noindex");
  });

  async function findLink(c: AppContext): Promise<UnsubscribeLink> {
    const id = parseNotificationId(c.req.param("notification_id"));
    if (id === undefined) return { kind: "forged" };
    const link = await unsubscribes.find(id, c.req.param("token") ?? "");
    if (link.kind === "forged") return link;
    if (link.kind === "message") c.get("facts").serviceId = link.ref.serviceId;
    return isLinkInTime(id, clock.now()) ? link : { kind: "gone" };
  }

  function showPage(c: AppContext, state: PageState, status: 200 | 404) {
    const page = <UnsubscribePage state={state} nonce={c.get("secureHeadersNonce") ?? ""} />;
    return c.html(html`<!DOCTYPE html>${page}`, status);
  }

  app.get(PATH, async (c) => {
    const link = await findLink(c);
    if (link.kind !== "message") return showPage(c, link, 404);
    const { serviceName, requested } = link;
    return showPage(c, { kind: requested ? "done" : "ask", serviceName }, 200);
  });

  app.post(PATH, async (c) => {
    const wantsPage = (c.req.header("accept") ?? "").includes("text/html");
    const link = await findLink(c);
    const written = link.kind === "message" &&
      (link.requested || await unsubscribes.request(link.ref, clock.now()));
    if (link.kind === "message" && written) {
      return wantsPage
        ? showPage(c, { kind: "done", serviceName: link.serviceName }, 200)
        : c.json({ result: "success", message: "Unsubscribe successful" });
    }
    const kind = link.kind === "forged" ? "forged" : "gone";
    return wantsPage
      ? showPage(c, { kind }, 404)
      : c.json({ result: "error", message: MESSAGES[kind] }, 404);
  });

  app.all(PATH, methodNotAllowed);
  return app;
}
