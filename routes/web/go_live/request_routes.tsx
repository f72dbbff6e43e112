import type { Hono } from "hono";
import type { AnswerRefusal } from "../../../application/accounts/go_live.ts";
import { runInSlices } from "../../../application/event_loop.ts";
import {
  evaluateChecklist,
  type GoLiveFacts,
  realTemplateOf,
} from "../../../domain/going_live/checklist.ts";
import {
  type AnswerFault,
  type GoLiveRequest,
  limitsOf,
} from "../../../domain/going_live/request.ts";
import { parseGoLiveRequestId } from "../../../domain/ids.ts";
import type { Service } from "../../../domain/service/service.ts";
import { previewDraftInSteps } from "../../../domain/template/preview_draft.ts";
import { answerPage } from "../../pages/answer_page.ts";
import type { FormFault } from "../components/error_summary.tsx";
import { actorOf, type WebContext, type WebEnv } from "../context.ts";
import { type Form, readForm } from "../forms.ts";
import { PageError } from "../page_error.ts";
import { PAGES } from "../pages.ts";
import { requestOf, type WebPorts } from "../ports.ts";
import type { Texts } from "../texts/texts.ts";
import { AnsweredPage } from "./answered_page.tsx";
import { parseCount } from "./counts.ts";
import { type AnswerFields, DECISIONS, RequestPage, type SampleMessage } from "./request_page.tsx";
import { RequestsPage } from "./requests_page.tsx";

/** How many requests a page shows. */
const PAGE_REQUESTS = 50;

/** Adds the pages of requests to go live, for operators. */
export function addGoLiveRequestPages(app: Hono<WebEnv>, ports: WebPorts): void {
  const { accounts: { goLive } } = ports;

  app.get(PAGES.goLiveRequests.path, async (c) => {
    const after = parseGoLiveRequestId(c.req.query("after"));
    const found = await goLive.listWaiting(after, PAGE_REQUESTS + 1);
    const requests = found.slice(0, PAGE_REQUESTS);
    const last = found.length > PAGE_REQUESTS ? requests.at(-1)?.request.id : undefined;
    return answerPage(c, <RequestsPage view={c.var.view} requests={requests} after={last} />);
  });

  async function read(c: WebContext) {
    const id = parseGoLiveRequestId(c.req.param("request_id"));
    const found = id && await goLive.readRequest(id);
    if (found === undefined) throw new PageError(404);
    return found;
  }

  async function show(
    c: WebContext,
    { service, request, facts }: Awaited<ReturnType<typeof read>>,
    fields: AnswerFields,
    faults: readonly FormFault[] = [],
  ) {
    const page = (
      <RequestPage
        view={c.var.view}
        service={service}
        request={request}
        items={evaluateChecklist(service, facts, true)}
        message={await sampleOf(ports, service, facts)}
        fields={fields}
        faults={faults}
      />
    );
    return await answerPage(c, page, faults.length === 0 ? 200 : 422);
  }

  app.get(PAGES.goLiveRequest.path, async (c) => {
    const found = await read(c);
    const { service, request } = found;
    if (request.answer !== undefined) return showAnswered(c, service, request);
    return await show(c, found, { decision: "", reason: "", limits: givenLimits(service) });
  });

  app.post(PAGES.goLiveRequest.path, async (c) => {
    const form = await readForm(c);
    const found = await read(c);
    const { service, request } = found;
    const fields = fieldsOf(form, service);
    const decision = DECISIONS.find((one) => one === fields.decision);
    const { goLiveRequests: texts } = c.var.view.texts;
    if (decision === undefined) {
      return await show(c, found, fields, [
        { field: "decision", message: texts.decisionMissing },
      ]);
    }
    const answer = {
      isApproved: decision === "approved",
      reason: fields.reason === "" ? undefined : fields.reason,
      limits: Object.fromEntries(
        Object.entries(fields.limits).map(([limit, typed]) => [
          limit,
          typed === "" ? null : parseCount(typed),
        ]),
      ),
    };
    const answered = await goLive.answer(actorOf(c), service, request.id, answer, requestOf(c));
    if (answered.ok) return c.redirect(c.req.path, 303);
    const { refusal } = answered;
    if (refusal.kind === "already-answered") return showAnswered(c, service, refusal.request);
    return await show(c, found, fields, faultsOf(refusal, texts));
  });
}

/** Shows the answer that counts: a second operator is notified of it by the status 409. */
function showAnswered(
  c: WebContext,
  service: Service,
  { answer }: GoLiveRequest,
): Response | Promise<Response> {
  if (answer === undefined) throw new Error("the request has no answer");
  const status = c.req.method === "POST" ? 409 : 200;
  return answerPage(
    c,
    <AnsweredPage view={c.var.view} service={service} answer={answer} />,
    status,
  );
}

/** The limits that the service has of its own, as typed. */
function givenLimits({ settings }: Service): Readonly<Record<string, string>> {
  return Object.fromEntries(
    limitsOf(settings).map((limit) => [limit, String(settings.daily_limits[limit] ?? "")]),
  );
}

function fieldsOf(form: Form, { settings }: Service): AnswerFields {
  return {
    decision: form.text("decision"),
    reason: form.text("reason").trim(),
    limits: Object.fromEntries(
      limitsOf(settings).map((limit) => [limit, form.text(`limit_${limit}`).trim()]),
    ),
  };
}

function faultsOf(
  refusal: Exclude<AnswerRefusal, { kind: "already-answered" }>,
  texts: Texts["goLiveRequests"],
): readonly FormFault[] {
  if (refusal.kind === "answer") return refusal.faults.map((fault) => answerFaultOf(fault, texts));
  if (refusal.kind === "not-found") throw new PageError(404);
  return [{ field: "decision", message: texts.archived }];
}

function answerFaultOf(
  { field, because }: AnswerFault,
  texts: Texts["goLiveRequests"],
): FormFault {
  return field === "reason"
    ? { field, message: because === "missing" ? texts.reasonMissing : texts.reasonNotValid }
    : { field: `limit_${field}`, message: texts.limitNotValid };
}

/** A message of the service's first real template, without values: operators see no recipient and no content. */
async function sampleOf(
  { management }: WebPorts,
  service: Service,
  facts: GoLiveFacts,
): Promise<SampleMessage | undefined> {
  const real = realTemplateOf(facts);
  const template = real && await management.getTemplate(service.id, real.id);
  if (template === undefined) return undefined;
  const { channel, subject, body, syntax, name } = template;
  const steps = previewDraftInSteps(service, { channel, subject, body, syntax }, {});
  const preview = await runInSlices(steps);
  return {
    templateId: template.id,
    templateName: name,
    subject: preview.subject,
    text: preview.text,
  };
}
