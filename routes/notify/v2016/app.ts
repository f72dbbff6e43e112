import { type Context, Hono } from "hono";
import type { Authenticator } from "../../../application/sending/authenticate.ts";
import type { ServiceSlots } from "../../../application/sending/service_slots.ts";
import { parseNotificationId } from "../../../domain/ids.ts";
import type { StoredNotification } from "../../../domain/notification/notification.ts";
import { word2016 } from "../../../domain/notification/status.ts";
import type { NotificationStore } from "../../../domain/ports/notification_store.ts";
import { authenticateCaller } from "../../http/authenticate_caller.ts";
import { toTimestamp, toTimestampOrNull } from "../../../domain/time/timestamp.ts";
import { type AppEnv, rootOf } from "../../http/context.ts";
import { methodNotAllowed } from "../../http/plain_errors.ts";
import { refusalOfError } from "../errors.ts";
import { secureHeaders } from "../headers.ts";
import { createSendHandler, type SendHandlerPorts } from "../send_handler.ts";
import type { Refusal2016 } from "./errors.ts";
import { FORMAT_2016, refuse2016 } from "./format.ts";

/** How many notifications a page holds. */
const PAGE_SIZE_2016 = 50;
/** The last page that can be requested: numbered pages are counted from the newest notification. */
const MAX_PAGE = 10_000;

/** Dependencies of {@link create2016}. */
export interface Ports2016 extends SendHandlerPorts {
  readonly authenticator: Authenticator;
  readonly slots: ServiceSlots;
  readonly notifications: NotificationStore;
}

/**
 * Creates GOV.UK Notify's first API of 2016, `/notifications…`, for old clients: send a text message or an e-mail, list
 * notifications by page, and show one.
 */
export function create2016(ports: Ports2016): Hono<AppEnv> {
  const { authenticator, notifications, publicUrl, slots } = ports;
  const app = new Hono<AppEnv>();
  const refuse = (c: Context, refusal: Refusal2016) => refuse2016(c, refusal, rootOf(c, publicUrl));
  const authenticated = authenticateCaller(authenticator, { fresh: true, slots, refuse });
  const authenticatedSender = authenticateCaller(authenticator, { fresh: false, slots, refuse });

  app.onError((error, c) => refuse(c, refusalOfError(error)));
  app.use("/notifications/*", secureHeaders);

  for (const channel of ["sms", "email"] as const) {
    const handler = createSendHandler(ports, FORMAT_2016, channel);
    app.post(`/notifications/${channel}`, authenticatedSender, handler);
  }

  app.get("/notifications", authenticated, async (c) => {
    const { context: { service }, key } = c.var.caller;
    const page = parsePage(new URL(c.req.url).searchParams.get("page") ?? "1");
    if (page === undefined) {
      const problems = { page: [`Not a page number: 1 to ${MAX_PAGE}.`] };
      return refuse(c, { kind: "fields", problems });
    }
    // Reads one more than a page holds, to know whether there is a next page.
    const listed = await notifications.list(service.id, {
      keyKind: key.kind,
      channels: [],
      statuses: [],
      reference: undefined,
      includeJobs: true,
      olderThan: undefined,
      offset: (page - 1) * PAGE_SIZE_2016,
      limit: PAGE_SIZE_2016 + 1,
    });
    const address = (number: number) => `${rootOf(c, publicUrl)}notifications?page=${number}`;
    const hasNext = listed.length > PAGE_SIZE_2016 && page < MAX_PAGE;
    return c.json({
      data: listed.slice(0, PAGE_SIZE_2016).map((notification) => ({
        notification: present2016(notification),
      })),
      links: {
        ...(page > 1 ? { prev: address(page - 1) } : {}),
        ...(hasNext ? { next: address(page + 1) } : {}),
      },
    });
  });

  app.get("/notifications/:id", authenticated, async (c) => {
    const notificationId = parseNotificationId(c.req.param("id"));
    if (notificationId === undefined) {
      const problems = { notification_id: ["Not a valid UUID."] };
      return refuse(c, { kind: "fields", problems });
    }
    const { id: serviceId } = c.var.caller.context.service;
    const notification = await notifications.get({ serviceId, notificationId });
    if (notification === undefined) return refuse(c, { kind: "no-result" });
    return c.json({ data: { notification: present2016(notification) } });
  });

  for (const path of ["/notifications", "/notifications/:id"]) app.all(path, methodNotAllowed);
  return app;
}

/** Parses a page number from 1 to {@link MAX_PAGE}. */
function parsePage(text: string): number | undefined {
  const page = Number(text);
  return /^[1-9][0-9]*$/.test(text) && page <= MAX_PAGE ? page : undefined;
}

function present2016(notification: StoredNotification): Readonly<Record<string, unknown>> {
  const { channel, status, complainedAt } = notification;
  return {
    status: word2016(status, channel, complainedAt !== null),
    createdAt: toTimestamp(notification.createdAt),
    to: notification.personal.to,
    method: channel,
    sentAt: toTimestampOrNull(notification.sentAt),
    id: notification.id,
    message: notification.personal.body,
    jobId: null,
    sender: notification.provider,
  };
}
