import { type Context, type Hono } from "hono";
import type { NotificationQuery } from "../../../domain/ports/notification_store.ts";
import type { NotificationId } from "../../../domain/ids.ts";
import type { StoredNotification } from "../../../domain/notification/notification.ts";
import { parseListQuery } from "../../../domain/notify_v2/query.ts";
import { statusesInFilter } from "../../../domain/notify_v2/status_filter.ts";
import { type ParsedV2, validateV2 } from "../../../domain/notify_v2/validate_v2.ts";
import { ok, refuse as refused, type Result } from "../../../domain/result.ts";
import { CHANNELS, type KeyKind } from "../../../domain/service/service.ts";
import type { CallerContext } from "../../http/authenticate_caller.ts";
import { type AppEnv, rootOf } from "../../http/context.ts";
import { answerJson } from "../headers.ts";
import { methodNotAllowed } from "../../http/plain_errors.ts";
import type { NotifyRefusal } from "../errors.ts";
import type { V2Routes } from "./ports.ts";
import { presentNotification } from "./present.ts";

/** How many notifications a page holds. */
const PAGE_SIZE = 250;

/**
 * Adds the routes that read notifications: `GET /v2/notifications` (pages of 250, newest first), `…/{id}`, and
 * `…/{id}/pdf`, which always answers with an error, as no notification is a letter.
 */
export function addNotificationRoutes(app: Hono<AppEnv>, routes: V2Routes): void {
  const { authenticated, clock, notifications, publicUrl, refuse } = routes;

  app.get("/v2/notifications", authenticated, async (c) => {
    const { context: { service }, key } = c.var.caller;
    const params = new URL(c.req.url).searchParams;
    const parsed = validateV2("GET /v2/notifications", parseListQuery(params), clock.now());
    if (!parsed.ok) return refuse(c, { kind: "validation", problems: parsed.refusal });
    const query = toQuery(parsed.value, key.kind);
    const page = query === undefined ? [] : await notifications.list(service.id, query);
    const root = rootOf(c, publicUrl);
    const answer = {
      notifications: page.map((notification) => presentNotification(notification, root)),
      links: linksOf(`${root}v2/notifications`, params, page.at(-1)?.id),
    };
    return answerJson(c, JSON.stringify(answer), 200);
  });

  async function findNotification(
    c: CallerContext,
  ): Promise<Result<StoredNotification, NotifyRefusal>> {
    const id = parseNotificationParam(c, clock.now());
    if (!id.ok) return id;
    const { id: serviceId } = c.var.caller.context.service;
    const notification = await notifications.get({ serviceId, notificationId: id.value });
    return notification === undefined ? refused({ kind: "no-result" }) : ok(notification);
  }

  app.get("/v2/notifications/:id", authenticated, async (c) => {
    const notification = await findNotification(c);
    if (!notification.ok) return refuse(c, notification.refusal);
    const answer = presentNotification(notification.value, rootOf(c, publicUrl));
    return answerJson(c, JSON.stringify(answer), 200);
  });

  app.get("/v2/notifications/:id/pdf", authenticated, async (c) => {
    const notification = await findNotification(c);
    return refuse(c, notification.ok ? { kind: "not-a-letter" } : notification.refusal);
  });

  for (const path of ["/v2/notifications", "/v2/notifications/:id", "/v2/notifications/:id/pdf"]) {
    app.all(path, methodNotAllowed);
  }
}

/**
 * Parses the path parameter `id`, a notification's id. The refusal has the validation error of `/v2` when it is not a
 * UUID.
 *
 * @param now epoch milliseconds
 */
export function parseNotificationParam(
  c: Context,
  now: number,
): Result<NotificationId, NotifyRefusal> {
  const params = { notification_id: c.req.param("id") };
  const parsed = validateV2("GET /v2/notifications/{notification_id}", params, now);
  return parsed.ok
    ? ok(parsed.value.notification_id)
    : refused({ kind: "validation", problems: parsed.refusal });
}

/** The query of a page; `undefined` when its filters match nothing. */
function toQuery(
  query: ParsedV2["GET /v2/notifications"],
  keyKind: KeyKind,
): NotificationQuery | undefined {
  const { reference, process_instance, status, template_type, include_jobs, older_than } = query;
  const statuses = statusesInFilter(status ?? []);
  const types: readonly string[] | undefined = template_type;
  const channels = CHANNELS.filter((channel) => types?.includes(channel));
  const matchesNothing = (status !== undefined && statuses.length === 0) ||
    (template_type !== undefined && channels.length === 0);
  if (matchesNothing) return undefined;
  return {
    keyKind,
    channels,
    statuses,
    reference,
    processInstance: process_instance,
    includeJobs: include_jobs !== undefined,
    olderThan: older_than,
    offset: 0,
    limit: PAGE_SIZE,
  };
}

/** The links of a page. @param lastId the id of its last notification; without one there is no next page */
function linksOf(
  address: string,
  params: URLSearchParams,
  lastId: NotificationId | undefined,
): { readonly current: string; readonly next?: string } {
  const current = params.size === 0 ? address : `${address}?${params}`;
  if (lastId === undefined) return { current };
  const next = new URLSearchParams(params);
  next.set("older_than", lastId);
  return { current, next: `${address}?${next}` };
}
