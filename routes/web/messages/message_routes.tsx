import type { Hono } from "hono";
import { readDeletedMessage } from "../../../application/messages/deleted_message.ts";
import { composeContent, type SentContent } from "../../../application/messages/sent_content.ts";
import { readMessage, type SeenRecord } from "../../../application/messages/seen_messages.ts";
import { accessTo } from "../../../domain/accounts/account.ts";
import { may } from "../../../domain/accounts/roles.ts";
import { type NotificationRef, parseNotificationId } from "../../../domain/ids.ts";
import type { Service } from "../../../domain/service/service.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import { timeOfId } from "../../../domain/time/time_of_id.ts";
import { answerPage } from "../../pages/answer_page.ts";
import { serviceOf, sessionOf, type WebContext, type WebEnv } from "../context.ts";
import { PageError } from "../page_error.ts";
import { PAGES } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import { DeletedMessagePage } from "./deleted_page.tsx";
import { DONE, MessagePage } from "./message_page.tsx";
import { seesRecipients } from "./routes.tsx";
import { TimelinePage } from "./timeline_page.tsx";

/** Adds the page of one message, and the frame with its content. */
export function addMessagePage(app: Hono<WebEnv>, ports: WebPorts): void {
  app.get(PAGES.message.path, async (c) => {
    const service = serviceOf(c);
    const ref = refOf(c);
    const viewer = { seesRecipients: seesRecipients(c) };
    const record = ref && await readMessage(ports.messagePages, viewer, ref);
    if (ref === undefined || record === undefined) return await answerDeleted(c, ports, ref);
    const language = c.req.query("language");
    const page = (
      <MessagePage
        view={c.var.view}
        service={service}
        record={record}
        sent={await contentOf(c, ports, ref, record, language)}
        language={language}
        maySend={may(accessTo(sessionOf(c), service.id), "send")}
        done={DONE.find((one) => one === c.req.query("done"))}
      />
    );
    return await answerPage(c, page);
  });

  // The answer has a policy of its own, which runs no script and asks no other server.
  app.get(PAGES.messageContent.path, async (c) => {
    const ref = refOf(c);
    const record = ref && await readMessage(ports.messagePages, { seesRecipients: true }, ref);
    if (ref === undefined || record === undefined) throw new PageError(404);
    const sent = await contentOf(c, ports, ref, record, c.req.query("language"));
    if (sent?.html === undefined) throw new PageError(404);
    return c.html(sent.html);
  });
}

/** Answers with what is left of a message that is not stored any more, or never was. */
async function answerDeleted(
  c: WebContext,
  { messagePages, clock }: WebPorts,
  ref: NotificationRef | undefined,
): Promise<Response> {
  const { view } = c.var;
  const service = serviceOf(c);
  const now = clock.now();
  const record = ref && await readDeletedMessage(messagePages, ref, now);
  if (record !== undefined) {
    return await answerPage(c, <TimelinePage view={view} service={service} record={record} />);
  }
  if (!isOld(ref, service, now)) throw new PageError(404);
  return await answerPage(c, <DeletedMessagePage view={view} service={service} />, 410);
}

/** The message that the address names; `undefined` for a text that is no id. */
export function refOf(c: WebContext): NotificationRef | undefined {
  const notificationId = parseNotificationId(c.req.param("message_id"));
  return notificationId && { serviceId: serviceOf(c).id, notificationId };
}

/** Whether a message with this id would have been deleted already, if there was one. */
function isOld(ref: NotificationRef | undefined, { settings }: Service, now: number): boolean {
  // Only ids of version 7 have a time.
  if (ref?.notificationId[14] !== "7") return false;
  const shortest = Math.min(...Object.values(settings.retention_days));
  return timeOfId(ref.notificationId) < now - shortest * DAY_MS;
}

/** What the recipient got; `undefined` when the visitor may not see it, or it cannot be read. */
async function contentOf(
  c: WebContext,
  { management }: WebPorts,
  { serviceId }: NotificationRef,
  { message, content }: SeenRecord,
  language: string | undefined,
): Promise<SentContent | undefined> {
  if (content.kind !== "shown") return undefined;
  const { personal, reference } = content;
  return await composeContent(management, {
    notification: { ...message, serviceId, personal, reference },
    service: serviceOf(c),
    root: c.var.root,
    language,
  });
}
