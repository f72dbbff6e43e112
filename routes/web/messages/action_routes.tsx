import type { Hono } from "hono";
import type { ResendRefusal } from "../../../application/sending/resend.ts";
import { type NotificationRef, parseNotificationId, parseUuid } from "../../../domain/ids.ts";
import { isBlank, isOneLine, MAX_NAME } from "../../../domain/service/one_line_name.ts";
import { SUPPRESSIBLE_CHANNELS } from "../../../domain/suppression/suppression.ts";
import { waitUntil } from "../../http/context.ts";
import { answerPage } from "../../pages/answer_page.ts";
import type { FormFault } from "../components/error_summary.tsx";
import { actorOf, serviceOf, sessionOf, type WebContext, type WebEnv } from "../context.ts";
import { readForm } from "../forms.ts";
import { PageError } from "../page_error.ts";
import { PAGES, pathOf } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import type { Texts } from "../texts/texts.ts";
import { ActionPage } from "./action_pages.tsx";
import type { DONE } from "./message_page.tsx";
import { refOf } from "./message_routes.tsx";
import { seesRecipients } from "./routes.tsx";

type Action = Parameters<typeof ActionPage>[0]["action"];

/** Adds the pages that cancel a message, send it again, or suppress its recipient. */
export function addMessageActions(app: Hono<WebEnv>, ports: WebPorts): void {
  app.get(PAGES.cancelMessage.path, (c) => showAction(c, "cancel", {}));
  app.post(PAGES.cancelMessage.path, async (c) => {
    await readForm(c);
    const ref = requireRef(c);
    const notification = await ports.notifications.cancel(ref, undefined, ports.clock.now(), {
      chain: ref.serviceId,
      actor: actorOf(c),
      action: "message-cancelled",
      subject: ref.notificationId,
    });
    if (notification === undefined) throw new PageError(404);
    if (notification.status === "cancelled") return toMessage(c, ref, "cancelled");
    const faults = [{ message: c.var.view.texts.message.cancelTooLate }];
    return await showAction(c, "cancel", { faults });
  });

  app.get(PAGES.resendMessage.path, (c) => showAction(c, "resend", { id: ports.clock.newId() }));
  app.post(PAGES.resendMessage.path, async (c) => await resendMessage(c, ports));

  app.get(
    PAGES.suppressRecipient.path,
    (c) => showAction(c, "suppress", { id: ports.clock.newId() }),
  );
  app.post(PAGES.suppressRecipient.path, async (c) => await suppressRecipient(c, ports));
}

/** @throws PageError 404 for an address without a message's id */
function requireRef(c: WebContext): NotificationRef {
  const ref = refOf(c);
  if (ref === undefined) throw new PageError(404);
  return ref;
}

function showAction(
  c: WebContext,
  action: Action,
  { faults = [], ...rest }: {
    readonly id?: string;
    readonly reason?: string;
    readonly faults?: readonly FormFault[];
  },
): Response | Promise<Response> {
  const { notificationId } = requireRef(c);
  const page = (
    <ActionPage
      view={c.var.view}
      service={serviceOf(c)}
      messageId={notificationId}
      action={action}
      faults={faults}
      {...rest}
    />
  );
  return answerPage(c, page, faults.length > 0 ? 422 : 200);
}

function toMessage(
  c: WebContext,
  { serviceId, notificationId }: NotificationRef,
  done: typeof DONE[number],
): Response {
  const path = pathOf(PAGES.message, { service_id: serviceId, message_id: notificationId });
  return c.redirect(`${path}?${new URLSearchParams({ done })}`, 303);
}

/** Sends a message again. A form that is sent twice sends it once. */
async function resendMessage(c: WebContext, { resend }: WebPorts): Promise<Response> {
  const form = await readForm(c);
  const ref = requireRef(c);
  const id = parseUuid(form.text("id"));
  if (id === undefined) throw new PageError(403);
  // The answer tells whether the recipient may be sent to.
  if (!seesRecipients(c)) throw new PageError(404);
  const sent = await resend.send({ ref, authorId: sessionOf(c).user.id, root: c.var.root }, {
    path: c.req.path,
    idempotencyKey: id,
    present: ({ notification }) => notification.id,
    waitUntil: waitUntil(c),
    waitForDuplicate: c.req.raw.signal,
  });
  if (!sent.ok) {
    if (sent.refusal.kind === "notification-not-found") throw new PageError(404);
    const faults = [{ message: refusalText(sent.refusal, c.var.view.texts) }];
    return await showAction(c, "resend", { id, faults });
  }
  // A form that was sent before has its first answer.
  const notificationId = parseNotificationId(sent.value.answer) ?? ref.notificationId;
  return toMessage(c, { ...ref, notificationId }, "resent");
}

function refusalText({ kind }: ResendRefusal, { message: { refused } }: Texts): string {
  switch (kind) {
    case "recipient-not-allowed":
      return refused.trial;
    case "recipient-suppressed":
      return refused.suppressed;
    case "daily-limit":
    case "rate-limited":
      return refused.limit;
    case "template-deleted":
    case "service-archived":
      return refused.archived;
    default:
      return refused.other;
  }
}

/** Suppresses the recipient of a message, for its channel. */
async function suppressRecipient(c: WebContext, ports: WebPorts): Promise<Response> {
  const form = await readForm(c);
  const ref = requireRef(c);
  const id = parseUuid(form.text("id"));
  if (id === undefined) throw new PageError(403);
  const { message: texts } = c.var.view.texts;
  const reason = form.text("reason").trim();
  const fault = isBlank(reason)
    ? texts.reasonMissing
    : reason.length > MAX_NAME || !isOneLine(reason)
    ? texts.reasonNotValid(MAX_NAME)
    : undefined;
  if (fault !== undefined) {
    const faults = [{ field: "reason", message: fault }];
    return await showAction(c, "suppress", { id, reason, faults });
  }
  // Who may not see the recipient cannot suppress it either.
  const notification = seesRecipients(c) ? await ports.notifications.get(ref) : undefined;
  const channel = SUPPRESSIBLE_CHANNELS.find((one) => one === notification?.channel);
  if (notification === undefined || channel === undefined) throw new PageError(404);
  const added = await ports.suppressions.add(
    {
      ...{ serviceId: ref.serviceId, id, channel, reason, because: "operator" },
      recipient: notification.personal.recipient,
    },
    ports.clock.now(),
    {
      chain: ref.serviceId,
      actor: actorOf(c),
      action: "recipient-suppressed",
      subject: id,
    },
  );
  if (added.kind === "full") {
    const faults = [{ message: texts.suppressFull }];
    return await showAction(c, "suppress", { id, reason, faults });
  }
  return toMessage(c, ref, added.kind === "added" ? "suppressed" : "suppressedBefore");
}
