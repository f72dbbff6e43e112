import type { Hono } from "hono";
import { createTemplateOrganiser } from "../../../application/templates/organise_templates.ts";
import { accessTo } from "../../../domain/accounts/account.ts";
import { may } from "../../../domain/accounts/roles.ts";
import { parseTemplateId, type TemplateId } from "../../../domain/ids.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import { answerPage } from "../../pages/answer_page.ts";
import { actorOf, serviceOf, sessionOf, type WebContext, type WebEnv } from "../context.ts";
import { readForm } from "../forms.ts";
import { PageError } from "../page_error.ts";
import { PAGES, pathOf } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import { openDraft } from "./draft.ts";
import { TemplatePage } from "./template_page.tsx";
import { typedOf } from "./typed_template.ts";

/** For how many days, today included, the page of a template shows how often it was used. */
const USE_DAYS = 30;

/** Adds the page of a template, and its archiving and restoring. */
export function addTemplatePages(app: Hono<WebEnv>, ports: WebPorts): void {
  const { clock, management, senderDefaults } = ports;
  const organiser = createTemplateOrganiser({ clock, store: management });

  app.get(PAGES.template.path, async (c) => {
    const service = serviceOf(c);
    const id = templateIdOf(c);
    const today = Math.floor(clock.now() / DAY_MS);
    const opened = await management.openTemplate(service.id, id, {
      days: { from: today - USE_DAYS + 1, to: today },
    });
    if (opened === undefined) throw new PageError(404);
    const { template } = opened;
    const access = accessTo(sessionOf(c), service.id);
    const page = (
      <TemplatePage
        {...opened}
        view={c.var.view}
        service={service}
        draft={await openDraft(service, typedOf(template))}
        defaults={senderDefaults}
        mayChange={service.active && may(access, "change-templates")}
        maySend={service.active && may(access, "send")}
        root={c.var.root}
        done={c.req.query("saved") !== undefined
          ? "saved"
          : c.req.query("tested") !== undefined
          ? "tested"
          : undefined}
      />
    );
    return answerPage(c, page);
  });

  app.post(PAGES.templateState.path, async (c) => {
    const form = await readForm(c);
    const service = serviceOf(c);
    const opened = await management.openTemplate(service.id, templateIdOf(c));
    if (opened === undefined) throw new PageError(404);
    if (opened.isOfRegistry) throw new PageError(403);
    const { id } = opened.template;
    if (form.text("do") === "restore") await organiser.restore(service.id, id, actorOf(c));
    else await organiser.archive(service.id, [id], actorOf(c));
    return c.redirect(pathOf(PAGES.template, { service_id: service.id, template_id: id }), 303);
  });
}

/** The id of the template that the address names. @throws PageError 404 when it is no id */
export function templateIdOf(c: WebContext): TemplateId {
  const id = parseTemplateId(c.req.param("template_id"));
  if (id === undefined) throw new PageError(404);
  return id;
}
