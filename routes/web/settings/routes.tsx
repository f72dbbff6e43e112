import type { Hono } from "hono";
import { changeService } from "../../../application/services/change_service.ts";
import type { ServiceChange } from "../../../domain/ports/management_store.ts";
import type { Service } from "../../../domain/service/service.ts";
import { answerPage } from "../../pages/answer_page.ts";
import type { FormFault } from "../components/error_summary.tsx";
import { actorOf, serviceOf, sessionOf, type WebContext, type WebEnv } from "../context.ts";
import { readForm } from "../forms.ts";
import { PageError } from "../page_error.ts";
import { PAGES, pathOf } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import type { Texts } from "../texts/texts.ts";
import { ArchivePage } from "./archive_page.tsx";
import {
  defaultsOf,
  parseSection,
  type SectionName,
  SECTIONS,
  type Typed,
  typedOf,
} from "./sections.ts";
import { addReplyToPage } from "./reply_to_page.tsx";
import { addSenderForms, type TypedSender } from "./sender_routes.tsx";
import { SENDER_FIELDS } from "./senders.tsx";
import { SettingsPage } from "./settings_page.tsx";

/** Adds the pages of a service's settings: its sections, archiving and restoring. */
export function addSettingsPages(app: Hono<WebEnv>, ports: WebPorts): void {
  const { accounts: { services }, clock } = ports;

  async function show(
    c: WebContext,
    sent: { readonly name: SectionName; readonly typed: Typed } | undefined,
    faults: readonly FormFault[],
    sender?: TypedSender,
  ) {
    const service = serviceOf(c);
    const typed = typedOf(service);
    const page = (
      <SettingsPage
        view={c.var.view}
        service={service}
        stored={await services.readSettings(service)}
        sections={SECTIONS.map((name) => name === sent?.name ? sent : { name, typed })}
        newSender={{ id: clock.newId(), typed: sender }}
        isSent={c.req.query("sent") !== undefined && faults.length === 0}
        isSaved={c.req.query("saved") !== undefined && faults.length === 0}
        faults={faults}
      />
    );
    return await answerPage(c, page, faults.length === 0 ? 200 : 422);
  }

  addReplyToPage(app, ports);
  addSenderForms(app, ports, (c, sender) => {
    const { channel, message } = sender;
    return show(c, undefined, [{ field: SENDER_FIELDS[channel], message }], sender);
  });
  app.get(PAGES.settings.path, (c) => show(c, undefined, []));
  app.post(PAGES.settings.path, async (c) => {
    const form = await readForm(c);
    const service = serviceOf(c);
    const name = SECTIONS.find((one) => one === form.text("section"));
    if (name === undefined) throw new PageError(403);
    const typed = Object.fromEntries(
      Object.keys(typedOf(service)).map((field) => [field, form.text(field).trim()]),
    );
    const parsed = form.text("action") === "defaults"
      ? { kind: "change", change: defaultsOf(name, service) } as const
      : parseSection(name, typed, service);
    if (parsed.kind === "faults") {
      const { settings } = c.var.view.texts;
      const faults = parsed.fields.map((field) => faultOf(field, settings));
      return await show(c, { name, typed }, faults);
    }
    await change(c, ports, service, parsed.change);
    return c.redirect(`${pathOf(PAGES.settings, { service_id: service.id })}?saved=1`, 303);
  });

  app.get(PAGES.archive.path, (c) => {
    const service = serviceOf(c);
    if (!service.active) return c.redirect(toSettings(service), 303);
    return answerPage(c, <ArchivePage view={c.var.view} service={service} />);
  });
  app.post(PAGES.archive.path, async (c) => {
    const typed = (await readForm(c)).text("name").trim();
    const service = serviceOf(c);
    const { view } = c.var;
    if (typed !== service.name) {
      const faults = [{ field: "name", message: view.texts.settings.archiveWrong }];
      const page = <ArchivePage view={view} service={service} typed={typed} faults={faults} />;
      return answerPage(c, page, 422);
    }
    await change(c, ports, service, { active: false });
    return c.redirect(toSettings(service), 303);
  });
  app.post(PAGES.restore.path, async (c) => {
    await readForm(c);
    const service = serviceOf(c);
    if (!service.active) await change(c, ports, service, { active: true });
    return c.redirect(toSettings(service), 303);
  });
}

function toSettings(service: Service): string {
  return pathOf(PAGES.settings, { service_id: service.id });
}

/** @throws PageError 403 for a change that the person may not make */
async function change(
  c: WebContext,
  { clock, management: store }: WebPorts,
  service: Service,
  wanted: ServiceChange,
): Promise<void> {
  const by = { actor: actorOf(c), isOperator: sessionOf(c).user.isOperator };
  const changed = await changeService({ clock, store }, by, service, wanted);
  if (!changed.ok) throw new PageError(changed.refusal.kind === "service-not-found" ? 404 : 403);
}

function faultOf(field: string, { faults }: Texts["settings"]): FormFault {
  const group = field.startsWith("retention_")
    ? "retention"
    : field.startsWith("limit_") || field === "rate_limit"
    ? "limit"
    : field.startsWith("quiet_")
    ? "quiet"
    : FIELD_FAULTS.find((one) => one === field) ?? "name";
  return { field, message: faults[group] };
}

const FIELD_FAULTS = [
  "name",
  "language",
  "sms_encoding",
  "time_zone",
  "pause_at_failures",
] as const;
