import { Hono } from "hono";
import { NONCE, secureHeaders } from "hono/secure-headers";
import { parseNotificationId } from "../../domain/ids.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { UnsubscribeLink, UnsubscribeStore } from "../../domain/ports/unsubscribe_store.ts";
import { isLinkInTime } from "../../domain/unsubscribe/unsubscribe.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { internalError, methodNotAllowed } from "../http/plain_errors.ts";
import {
  isStoreUnavailable,
  setStoreRetryAfter,
  STORE_UNAVAILABLE_MESSAGE,
} from "../http/store_unavailable.ts";
import { answerPage, nonceOf } from "../pages/answer_page.ts";
import { type PageState, UnsubscribePage } from "./page.tsx";

/** Dependencies of {@link createUnsubscribe}. */
export interface UnsubscribePorts {
  readonly clock: Clock;
  readonly unsubscribes: Pick<UnsubscribeStore, "find" | "request">;
}

const PATH = "/unsubscribe/:notification_id/:token";

/** The page runs no script, loads no resource and submits only its own form. No other site receives its address. */
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

/** The messages of GOV.UK Notify. */
const MESSAGES = {
  forged: { "unsubscribe request": "This is not a valid unsubscribe link." },
  gone: "This unsubscribe link is invalid or expired.",
} as const;

/**
 * Creates the routes of `/unsubscribe/{notification_id}/{token}`, the address of unsubscribe links in e-mails. The
 * token authorises the request; there is no sign-in.
 *
 * `GET` shows a confirmation page, or that the request was made before, and changes nothing, because mail programs
 * follow links by themselves. `POST` records the request, for the service to read: Hark itself blocks no e-mail because
 * of it. A repeated `POST` succeeds and records nothing. `POST` answers with a page where the client accepts HTML
 * (the page's own form), with JSON otherwise (RFC 8058). The request body is not read.
 *
 * Both answer 404 to a link that is not valid, has expired or whose message is deleted, and 503 when the store is
 * unavailable.
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
    if (link.kind === "message") c.get("requestLog").serviceId = link.ref.serviceId;
    return isLinkInTime(id, clock.now()) ? link : { kind: "gone" };
  }

  function showPage(c: AppContext, state: PageState, status: 200 | 404 | 503) {
    return answerPage(c, <UnsubscribePage state={state} nonce={nonceOf(c)} />, status);
  }

  app.onError((error, c) => {
    if (!isStoreUnavailable(error)) return internalError(c);
    setStoreRetryAfter(c);
    return c.req.method !== "POST" || acceptsHtml(c)
      ? showPage(c, { kind: "unavailable" }, 503)
      : c.json({ result: "error", message: STORE_UNAVAILABLE_MESSAGE }, 503);
  });

  app.get(PATH, async (c) => {
    const link = await findLink(c);
    if (link.kind !== "message") return showPage(c, link, 404);
    const { serviceName, requested } = link;
    return showPage(c, { kind: requested ? "done" : "confirm", serviceName }, 200);
  });

  app.post(PATH, async (c) => {
    const link = await findLink(c);
    const isUnsubscribed = link.kind === "message" &&
      (link.requested || await unsubscribes.request(link.ref, clock.now()));
    if (link.kind === "message" && isUnsubscribed) {
      return acceptsHtml(c)
        ? showPage(c, { kind: "done", serviceName: link.serviceName }, 200)
        : c.json({ result: "success", message: "Unsubscribe successful" });
    }
    const kind = link.kind === "forged" ? "forged" : "gone";
    return acceptsHtml(c)
      ? showPage(c, { kind }, 404)
      : c.json({ result: "error", message: MESSAGES[kind] }, 404);
  });

  app.all(PATH, methodNotAllowed);
  return app;
}

function acceptsHtml(c: AppContext): boolean {
  return (c.req.header("accept") ?? "").includes("text/html");
}
