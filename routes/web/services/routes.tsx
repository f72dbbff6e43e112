import type { Hono } from "hono";
import { accessTo } from "../../../domain/accounts/account.ts";
import { may } from "../../../domain/accounts/roles.ts";
import { parseServiceId } from "../../../domain/ids.ts";
import { nameFaultOf } from "../../../domain/service/one_line_name.ts";
import { changeSettings, DEFAULT_SETTINGS } from "../../../domain/service/service.ts";
import { answerPage } from "../../pages/answer_page.ts";
import type { FormFault } from "../components/error_summary.tsx";
import { serviceOf, sessionOf, type WebEnv } from "../context.ts";
import { readForm } from "../forms.ts";
import { PageError } from "../page_error.ts";
import { PAGES, pathOf } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import type { Texts } from "../texts/texts.ts";
import { OverviewPage } from "./overview_page.tsx";
import { purposeFaultsOf } from "./purpose_field.tsx";
import { NewServicePage, SERVICE_CHANNELS, ServicesPage } from "./services_pages.tsx";

/** Adds the pages of the visitor's services, of a new one, and the overview of one. */
export function addServicePages(app: Hono<WebEnv>, { accounts, clock }: WebPorts): void {
  app.get(PAGES.services.path, async (c) => {
    const services = await accounts.services.list(sessionOf(c));
    return answerPage(
      c,
      <ServicesPage
        view={c.var.view}
        services={services}
        offersCodes={c.req.query("recovery_codes") !== undefined}
      />,
    );
  });

  app.get(
    PAGES.newService.path,
    (c) => answerPage(c, <NewServicePage view={c.var.view} id={clock.newId()} />),
  );
  app.post(PAGES.newService.path, async (c) => {
    const form = await readForm(c);
    const session = sessionOf(c);
    const id = parseServiceId(form.text("id"));
    if (id === undefined) throw new PageError(403);
    const toService = pathOf(PAGES.service, { service_id: id });
    // The form was sent before.
    if (session.memberships.some(({ serviceId }) => serviceId === id)) {
      return c.redirect(toService, 303);
    }
    const { view } = c.var;
    const name = form.text("name").trim();
    const purpose = form.text("purpose").trim();
    const chosen = form.all("channels");
    const channels = SERVICE_CHANNELS.filter((channel) => chosen.includes(channel));
    const faults = faultsOf({ name, purpose, channels }, view.texts);
    const settings = changeSettings(DEFAULT_SETTINGS, {
      channels,
      language: view.language,
      purpose,
    });
    let isTaken = false;
    if (faults.length === 0) {
      const created = await accounts.services.create(session, { id, name, settings });
      if (created.ok) return c.redirect(toService, 303);
      const { kind } = created.refusal;
      if (kind !== "too-many-services" && kind !== "id-taken") throw new PageError(403);
      const { tooMany, idTaken } = view.texts.services;
      faults.push({ message: kind === "id-taken" ? idTaken : tooMany });
      isTaken = kind === "id-taken";
    }
    const page = (
      <NewServicePage
        view={view}
        id={isTaken ? clock.newId() : id}
        name={name}
        purpose={purpose}
        channels={channels}
        faults={faults}
      />
    );
    return answerPage(c, page, 422);
  });

  app.get(PAGES.service.path, async (c) => {
    const service = serviceOf(c);
    const summary = await accounts.services.summary(service);
    const access = accessTo(sessionOf(c), service.id);
    const page = (
      <OverviewPage
        view={c.var.view}
        service={service}
        mayChangeKeys={may(access, "change-keys")}
        mayChangeTeam={may(access, "change-team")}
        mayChangePurpose={may(access, "change-settings")}
        summary={summary}
        now={clock.now()}
        seesRecipients={may(access, "see-messages")}
      />
    );
    return answerPage(c, page);
  });
}

/** What was typed into the form of a new service, trimmed. */
interface TypedService {
  readonly name: string;
  readonly purpose: string;
  readonly channels: readonly string[];
}

function faultsOf({ name, purpose, channels }: TypedService, { services }: Texts): FormFault[] {
  const nameFault = nameFaultOf(name);
  const messages = {
    missing: services.nameMissing,
    "too-long": services.nameTooLong,
    "not-one-line": services.nameNotOneLine,
    invisible: services.nameInvisible,
  } as const;
  return [
    ...(nameFault === undefined ? [] : [{ field: "name", message: messages[nameFault] }]),
    ...purposeFaultsOf(purpose, services),
    ...(channels.length > 0 ? [] : [{ field: "channels", message: services.channelsMissing }]),
  ];
}
