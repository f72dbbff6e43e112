import { type Context, Hono } from "hono";
import * as z from "zod/mini";
import { type NotificationRef, parseNotificationId } from "../../domain/ids.ts";
import type { StoredNotification } from "../../domain/notification/notification.ts";
import type { ProcessContext } from "../../domain/notification/process_context.ts";
import type { NotificationStore } from "../../domain/ports/notification_store.ts";
import type { Realm } from "../../domain/recipient/realm.ts";
import { formatRecipient } from "../../domain/recipient/recipient.ts";
import { describe } from "../http/openapi.ts";
import { isStoreUnavailable } from "../http/store_unavailable.ts";
import { firstOf, parsed } from "../http/validation.ts";
import { loadService, type ServiceEnv, serviceId } from "./load.ts";
import { NO_NOTIFICATION, notificationId } from "./notification_id.ts";
import { presentNotification } from "./present_notification.ts";
import { recordRead, recordReads } from "./record_reads.ts";
import type { ManagePorts } from "./ports.ts";
import { problem } from "./problem.ts";
import { createResendRoute } from "./resend.ts";
import { MAX_LISTED } from "./schemas.ts";
import { answerFirstProblem, jsonBody, pageId, query } from "./validation.ts";

/** The longest recipient or reference that a request may search for, in UTF-16 units. Longer ones are never stored. */
export const MAX_SEARCHED = 1_000;

/** When `to` in the list's query was deprecated, in seconds since 1970 (RFC 9745). */
const TO_DEPRECATED_AT_S = Date.UTC(2026, 10, 29) / 1_000;

const text = z.optional(firstOf(z.string()));
// A recipient in an address ends in the logs of proxies; the search has it in its body.
const deprecatedText = z.optional(firstOf(z.string()));
z.globalRegistry.add(deprecatedText, { deprecated: true });
/** The query of a list: the notifications to one recipient, or pages of all of them. */
const notificationsQuery = z.pipe(
  z.strictObject({ to: deprecatedText, reference: text, process_instance: text, older_than: text }),
  z.transform(({ to, reference, process_instance: processInstance, older_than }, context) => {
    // The list by recipient has no pages: its other parameters are ignored.
    if (to !== undefined) return { by: "recipient", to } as const;
    const olderThan = older_than === undefined ? undefined : parseNotificationId(older_than);
    if (older_than === undefined || olderThan !== undefined) {
      return { by: "page", reference, processInstance, olderThan } as const;
    }
    context.issues.push({
      code: "custom",
      path: ["older_than"],
      message: "must be a notification's id",
      input: older_than,
    });
    return z.NEVER;
  }),
);

const searched = z.string().check(z.maxLength(MAX_SEARCHED));

/** The body of a search: a recipient, and the filters of the list. */
const notificationSearch = z.strictObject({
  to: searched,
  reference: z.optional(searched),
  older_than: z.optional(parsed(parseNotificationId, "must be a notification's id")),
});

/** The query of a search: the address of a further page has it. */
const searchQuery = z.strictObject({
  older_than: pageId(parseNotificationId, "a notification's id"),
});

/**
 * Creates the routes of a service's notifications: list, search by recipient, timeline, cancel and send again. They do
 * not show a message's subject and body, which only the service's own API keys may read.
 */
export function createNotificationRoutes(ports: ManagePorts) {
  const { accounts, store, notifications, clock } = ports;
  return new Hono<ServiceEnv>()
    .use(serviceId, loadService(store), recordReads(accounts.audit, "notifications"))
    .get(
      "/",
      describe(`List the notifications, newest first, ${MAX_LISTED} a page`, {
        200: "The notifications; `links.next` is the address of the next page",
      }),
      query(notificationsQuery, answerFirstProblem),
      async (c) => {
        const { service } = c.var;
        const filter = c.req.valid("query");
        if (filter.by === "recipient") {
          const recipient = formatRecipient(filter.to, service.settings.country);
          const matches = await notifications.findByRecipient(service.id, recipient, MAX_LISTED);
          c.header("Deprecation", `@${TO_DEPRECATED_AT_S}`);
          c.header("Link", `<${c.req.path}/search>; rel="successor-version"`);
          return c.json({ notifications: matches.map(presentNotification), links: {} });
        }
        const page = await notifications.list(service.id, {
          keyKind: undefined,
          channels: [],
          statuses: [],
          reference: filter.reference,
          processInstance: filter.processInstance,
          includeJobs: true,
          olderThan: filter.olderThan,
          offset: 0,
          limit: MAX_LISTED,
        });
        return answerPage(c, page);
      },
    )
    .post(
      "/search",
      describe(`Search for the notifications to a recipient, newest first, ${MAX_LISTED} a page`, {
        200: "The notifications; `links.next` is the address to send the same body to for the " +
          "next page",
      }),
      query(searchQuery, answerFirstProblem),
      jsonBody(notificationSearch),
      async (c) => {
        const { service } = c.var;
        const { to, reference, older_than } = c.req.valid("json");
        const recipient = formatRecipient(to, service.settings.country);
        const filter = { reference, olderThan: c.req.valid("query").older_than ?? older_than };
        return answerPage(
          c,
          await notifications.findByRecipient(service.id, recipient, MAX_LISTED, filter),
        );
      },
    )
    .get(
      "/:notification_id/timeline",
      describe("Show what happened to a notification, oldest first", {
        200:
          "The events. `realm` is the recipient's, and `context` what the sender's program was " +
          "doing, where a registry told them",
      }),
      notificationId,
      async (c) => {
        const { notification_id } = c.req.valid("param");
        const ref = { serviceId: c.var.service.id, notificationId: notification_id };
        const events = await notifications.timeline(ref);
        if (events === undefined) return problem(c, 404, NO_NOTIFICATION);
        return c.json({
          notification_id,
          ...await readOrigin(notifications, ref),
          events: events.map(({ at, kind, facts }) => ({
            at: new Date(at).toISOString(),
            kind,
            ...facts,
          })),
        });
      },
    )
    .post(
      "/:notification_id/cancel",
      describe("Cancel a notification that no provider has received", {
        200: "The notification",
        409: "The notification cannot be cancelled any more",
      }),
      notificationId,
      async (c) => {
        const now = clock.now();
        const ref = {
          serviceId: c.var.service.id,
          notificationId: c.req.valid("param").notification_id,
        };
        const notification = await notifications.cancel(ref, undefined, now, {
          chain: ref.serviceId,
          actor: c.var.access.actor,
          action: "message-cancelled",
          subject: ref.notificationId,
        });
        if (notification === undefined) return problem(c, 404, NO_NOTIFICATION);
        const { status, completedAt } = notification;
        if (status === "cancelled") {
          // It was cancelled before: the request has read it, and changed nothing.
          if (completedAt !== now) await recordRead(c.var, accounts.audit, "notifications");
          return c.json(presentNotification(notification));
        }
        const reason = status === "created" ? "it is being sent" : `its status is ${status}`;
        return problem(c, 409, `The notification cannot be cancelled: ${reason}`);
      },
    )
    .route("/", createResendRoute(ports));
}

/**
 * What a registry told about a notification: the recipient's realm, and what its program was doing. A notification that
 * cannot be decrypted has neither here, so that its timeline is shown all the same.
 */
async function readOrigin(
  notifications: Pick<NotificationStore, "get">,
  ref: NotificationRef,
): Promise<{ readonly realm?: Realm; readonly context?: ProcessContext }> {
  try {
    const { realm, context } = (await notifications.get(ref))?.personal ?? {};
    return {
      ...(realm === undefined ? {} : { realm }),
      ...(context === undefined ? {} : { context }),
    };
  } catch (error) {
    if (error instanceof Error && isStoreUnavailable(error)) throw error;
    return {};
  }
}

/** Answers with a page of a list. The address of the next page has the query of this one. */
function answerPage(c: Context, page: readonly StoredNotification[]): Response {
  const last = page.length === MAX_LISTED ? page.at(-1) : undefined;
  const next = new URLSearchParams(new URL(c.req.url).searchParams);
  if (last !== undefined) next.set("older_than", last.id);
  return c.json({
    notifications: page.map(presentNotification),
    links: last === undefined ? {} : { next: `${c.req.path}?${next}` },
  });
}
