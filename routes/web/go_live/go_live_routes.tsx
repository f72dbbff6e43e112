import type { Hono } from "hono";
import type { AskRefusal } from "../../../application/accounts/go_live.ts";
import { evaluateChecklist } from "../../../domain/going_live/checklist.ts";
import { type GoLiveFault, isLimit } from "../../../domain/going_live/request.ts";
import { parseGoLiveRequestId } from "../../../domain/ids.ts";
import type { Service } from "../../../domain/service/service.ts";
import { answerPage } from "../../pages/answer_page.ts";
import type { FormFault } from "../components/error_summary.tsx";
import { actorOf, serviceOf, sessionOf, type WebContext, type WebEnv } from "../context.ts";
import { type Form, readForm } from "../forms.ts";
import { PageError } from "../page_error.ts";
import { PAGES, pathOf } from "../pages.ts";
import { requestOf, type WebPorts } from "../ports.ts";
import type { Texts } from "../texts/texts.ts";
import { type GoLiveFields, GoLivePage } from "./go_live_page.tsx";
import { parseCount } from "./counts.ts";

/** Adds the page on which a team asks to go live. */
export function addGoLivePage(app: Hono<WebEnv>, ports: WebPorts): void {
  const { clock, accounts: { goLive } } = ports;

  async function show(c: WebContext, fields: GoLiveFields, faults: readonly FormFault[] = []) {
    const service = serviceOf(c);
    const { facts, requests } = await goLive.read(service.id);
    const [request] = requests;
    const isSent = request !== undefined && request.answer?.isApproved !== false;
    const page = (
      <GoLivePage
        view={c.var.view}
        service={service}
        items={evaluateChecklist(service, facts, isSent)}
        request={request}
        fields={fields}
        faults={faults}
      />
    );
    return await answerPage(c, page, faults.length === 0 ? 200 : 422);
  }

  app.get(PAGES.goLive.path, (c) =>
    show(c, {
      id: clock.newId(),
      volumes: {},
      contact: sessionOf(c).user.emailAddress,
      terms: [],
    }));

  app.post(PAGES.goLive.path, async (c) => {
    const service = serviceOf(c);
    const fields = fieldsOf(await readForm(c), service);
    const id = parseGoLiveRequestId(fields.id);
    if (id === undefined) throw new PageError(403);
    const form = {
      volumes: Object.fromEntries(
        Object.entries(fields.volumes).map(([channel, typed]) => [channel, parseCount(typed)]),
      ),
      contact: fields.contact,
      acceptsTerms: fields.terms.includes("accepted"),
    };
    const asked = await goLive.ask(actorOf(c), service, id, form, requestOf(c));
    if (asked.ok || asked.refusal.kind === "already-live") {
      return c.redirect(pathOf(PAGES.goLive, { service_id: service.id }), 303);
    }
    return await show(c, fields, faultsOf(asked.refusal, fields, c.var.view.texts));
  });
}

function fieldsOf(form: Form, { settings }: Service): GoLiveFields {
  return {
    id: form.text("id"),
    volumes: Object.fromEntries(
      settings.channels.map((channel) => [channel, form.text(`volume_${channel}`).trim()]),
    ),
    contact: form.text("contact").trim(),
    terms: form.all("terms"),
  };
}

function faultsOf(
  refusal: AskRefusal,
  { volumes }: GoLiveFields,
  { goLive }: Texts,
): readonly FormFault[] {
  switch (refusal.kind) {
    case "form":
      return refusal.faults.map((fault) => formFaultOf(fault, volumes, goLive));
    case "undone":
      return [{ field: "checklist", message: goLive.undone }];
    case "already-waiting":
      return [{ message: goLive.alreadyWaiting }];
    case "too-many-requests":
      return [{ message: goLive.tooMany }];
    case "already-live":
    case "archived":
    case "not-found":
      throw new PageError(403);
  }
}

function formFaultOf(
  { field, because }: GoLiveFault,
  volumes: GoLiveFields["volumes"],
  goLive: Texts["goLive"],
): FormFault {
  const isMissing = because === "missing";
  switch (field) {
    case "volumes": {
      const channels = Object.keys(volumes);
      const wrong = channels.find((channel) => !isLimit(parseCount(volumes[channel] ?? "")));
      return {
        field: `volume_${(isMissing ? undefined : wrong) ?? channels[0]}`,
        message: isMissing ? goLive.volumesMissing : goLive.volumeNotValid,
      };
    }
    case "contact":
      return { field, message: isMissing ? goLive.contactMissing : goLive.contactNotValid };
    case "terms":
      return { field, message: goLive.termsMissing };
  }
}
