import type { Hono } from "hono";
import { accessTo } from "../../../domain/accounts/account.ts";
import { may } from "../../../domain/accounts/roles.ts";
import { parseNotificationId, parseUuid } from "../../../domain/ids.ts";
import { previewDraft } from "../../../domain/template/preview_draft.ts";
import { answerPage } from "../../pages/answer_page.ts";
import { sessionOf, type WebEnv } from "../context.ts";
import { readForm } from "../forms.ts";
import { keptForm } from "../kept_fields.ts";
import { PageError } from "../page_error.ts";
import { PAGES } from "../pages.ts";
import { type WebPorts } from "../ports.ts";
import { ChoosePage, MAX_CHOICES } from "./choose_page.tsx";
import { emptyForm, personalisationOf, readMessageForm } from "./message_form.ts";
import { MessagePage } from "./message_page.tsx";
import { SentPage } from "./sent_page.tsx";
import { loadTemplate, sendingServiceOf, takeForm } from "./take_form.tsx";

/** Adds the pages by which a person sends one message. */
export function addSendPages(app: Hono<WebEnv>, ports: WebPorts): void {
  const { clock, management, notifications } = ports;

  app.get(PAGES.send.path, async (c) => {
    const service = sendingServiceOf(c);
    const search = (c.req.query("name") ?? "").trim();
    const wanted = search.toLocaleLowerCase();
    const templates = (await management.listTemplates(service.id, undefined)).filter((template) =>
      !template.archived && template.name.toLocaleLowerCase().includes(wanted)
    );
    const page = (
      <ChoosePage
        view={c.var.view}
        service={service}
        templates={templates.slice(0, MAX_CHOICES)}
        hasMore={templates.length > MAX_CHOICES}
        search={search}
      />
    );
    return answerPage(c, page);
  });

  app.get(PAGES.sendOne.path, async (c) => {
    const service = sendingServiceOf(c);
    const template = await loadTemplate(c, ports);
    if (template.archived) throw new PageError(404);
    const kept = keptForm();
    const form = kept === undefined
      ? emptyForm(clock.newId(), template)
      : readMessageForm(kept, parseUuid(kept.text("id")) ?? clock.newId(), template);
    return answerPage(
      c,
      <MessagePage view={c.var.view} service={service} template={template} form={form} />,
    );
  });
  app.post(PAGES.sendOne.path, async (c) => await takeForm(c, ports));

  // The answer has a policy of its own, which runs no script and asks no other server.
  app.post(PAGES.sendOneMail.path, async (c) => {
    const fields = await readForm(c);
    const service = sendingServiceOf(c);
    const template = await loadTemplate(c, ports);
    if (template.channel !== "email") throw new PageError(404);
    const { values } = readMessageForm(fields, "", template);
    return c.html(previewDraft(service, template, personalisationOf(values)).html ?? "");
  });

  app.get(PAGES.sentOne.path, async (c) => {
    const service = sendingServiceOf(c);
    const notificationId = parseNotificationId(c.req.param("notification_id"));
    const notification = notificationId &&
      await notifications.get({ serviceId: service.id, notificationId });
    const session = sessionOf(c);
    // An operator who is not of the team sees its own messages only.
    const maySee = notification?.authorId === session.user.id ||
      may(accessTo(session, service.id), "see-messages");
    if (!notification || !maySee) throw new PageError(404);
    return answerPage(
      c,
      <SentPage view={c.var.view} service={service} notification={notification} />,
    );
  });
}
