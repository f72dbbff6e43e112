import type { Hono } from "hono";
import { renderDiiaPreview } from "../../../domain/template/diia_preview.ts";
import { renderInbox } from "../../../domain/template/inbox.ts";
import { emailOptionsOf, smsOptionsOf, type Writer } from "../../../domain/template/rendering.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import type { TemplateVersion } from "../../../domain/template/template_record.ts";
import { ok, refuse as refused, type Result } from "../../../domain/result.ts";
import { LONGEST_FILLED } from "../../../domain/sending/plan_content.ts";
import { runInSlices } from "../../../application/event_loop.ts";
import { renderEmailInSteps } from "../../../domain/template/email/email.ts";
import { filledSize } from "../../../domain/template/filled_size.ts";
import { hasTooManyTokens } from "../../../domain/template/markup_tokens.ts";
import { renderSms } from "../../../domain/template/sms/sms.ts";
import { missingPersonalisation } from "../../../domain/template/template.ts";
import { cleanValues } from "../../../domain/text/clean_values.ts";
import { isJsonObject } from "../../../domain/json/json_object.ts";
import { parseFlatQuery } from "../../../domain/notify_v2/query.ts";
import { type ParsedV2, validateV2 } from "../../../domain/notify_v2/validate_v2.ts";
import type { CallerContext } from "../../http/authenticate_caller.ts";
import { bytesOfFault, type ReadBody, readBody } from "../../http/body.ts";
import type { AppEnv } from "../../http/context.ts";
import { keepLongNumbers } from "../../http/json.ts";
import { methodNotAllowed } from "../../http/plain_errors.ts";
import type { NotifyRefusal } from "../errors.ts";
import type { V2Routes } from "./ports.ts";
import { presentTemplate } from "./present.ts";

const PREVIEW = "POST /v2/template/{id}/preview";

/**
 * Adds the routes of `/v2` that show a template or one of its versions, list the templates, and preview a template with
 * a personalisation. A preview with a large body counts against the service's rate limit.
 */
export function addTemplateRoutes(app: Hono<AppEnv>, routes: V2Routes): void {
  const { authenticated, bodyCost, clock, refuse, templates, templateAuthor } = routes;

  /** Answers a template. @param version `null` for the newest one */
  async function answerTemplate(c: CallerContext, version: number | null): Promise<Response> {
    const params = { id: c.req.param("id"), version };
    const parsed = validateV2("GET /v2/template/{id}/version/{version}", params, clock.now());
    if (!parsed.ok) return refuse(c, { kind: "validation", problems: parsed.refusal });
    const template = await templates.getTemplate(
      c.var.caller.context.service.id,
      parsed.value.id,
      parsed.value.version ?? undefined,
    );
    if (template === undefined) return refuse(c, { kind: "no-result" });
    return c.json(presentTemplate(template, templateAuthor));
  }

  app.get("/v2/template/:id", authenticated, (c) => answerTemplate(c, null));
  // GOV.UK Notify reads version 0 as the newest one.
  app.get(
    "/v2/template/:id/version/:version{[0-9]+}",
    authenticated,
    (c) =>
      answerTemplate(c, Math.min(Number(c.req.param("version")), Number.MAX_SAFE_INTEGER) || null),
  );

  app.get("/v2/templates", authenticated, async (c) => {
    const params = new URL(c.req.url).searchParams;
    const query = validateV2("GET /v2/templates", parseFlatQuery(params), clock.now());
    if (!query.ok) return refuse(c, { kind: "validation", problems: query.refusal });
    const { type } = query.value;
    const channel = CHANNELS.find((candidate) => candidate === type);
    const found = type !== undefined && channel === undefined
      ? []
      : await templates.listTemplates(c.var.caller.context.service.id, channel);
    return c.json({
      templates: found.map((template) => presentTemplate(template, templateAuthor)),
    });
  });

  app.post("/v2/template/:id/preview", authenticated, async (c) => {
    const body = await readBody(c);
    const { context: { service }, key } = c.var.caller;
    if (!body.ok) {
      await bodyCost.charge(service, key, bytesOfFault(body.refusal));
      return refuse(c, body.refusal);
    }
    // A preview sends nothing, so that it has no rate; a large one has.
    const limited = bodyCost.check(service, key, body.value.bytes);
    if (limited !== undefined) return refuse(c, limited);
    await bodyCost.charge(service, key, body.value.bytes);
    const request = readPreview(c, body.value, clock.now());
    if (!request.ok) return refuse(c, request.refusal);
    const { id } = request.value;
    const personalisation = cleanValues(request.value.personalisation ?? {});
    const template = await templates.getTemplate(service.id, id);
    if (template === undefined) return refuse(c, { kind: "no-result" });
    const refusal = checkPersonalisation(template, personalisation);
    if (refusal !== undefined) return refuse(c, refusal);
    return c.json({
      id: template.id,
      type: template.channel,
      version: template.version,
      ...await render(template, personalisation, service, c.req.raw.signal),
      postage: null,
    });
  });

  for (
    const path of [
      "/v2/template/:id",
      "/v2/template/:id/version/:version{[0-9]+}",
      "/v2/template/:id/preview",
      "/v2/templates",
    ]
  ) app.all(path, methodNotAllowed);
}

function readPreview(
  c: CallerContext,
  { bytes, text, json, limit }: ReadBody,
  now: number,
): Result<ParsedV2[typeof PREVIEW], NotifyRefusal> {
  const body = bytes === 0 ? {} : keepLongNumbers(text, json);
  if (body === undefined) return refused(limit ?? { kind: "not-json" });
  const id = c.req.param("id");
  const parsed = validateV2(PREVIEW, isJsonObject(body) ? { ...body, id } : { id }, now);
  return parsed.ok ? ok(parsed.value) : refused({ kind: "validation", problems: parsed.refusal });
}

/** Why a template cannot be rendered with a personalisation. */
function checkPersonalisation(
  { channel, parsed }: TemplateVersion,
  personalisation: Readonly<Record<string, unknown>>,
): NotifyRefusal | undefined {
  const names = missingPersonalisation(parsed, personalisation);
  if (names.length > 0) return { kind: "missing-personalisation", names };
  const length = filledSize(parsed, personalisation);
  if (length > LONGEST_FILLED[channel]) return { kind: "message-too-long", channel, length };
  return hasTooManyTokens(parsed, personalisation, length)
    ? { kind: "too-much-markup" }
    : undefined;
}

async function render(
  { channel, parsed }: TemplateVersion,
  personalisation: Readonly<Record<string, unknown>>,
  service: Writer,
  signal: AbortSignal,
): Promise<
  { readonly body: string; readonly html: string | null; readonly subject: string | null }
> {
  switch (channel) {
    case "sms": {
      const body = renderSms(parsed, personalisation, smsOptionsOf(service));
      return { body, html: null, subject: null };
    }
    case "inbox": {
      const { subject, body } = renderInbox(parsed, personalisation);
      return { body, html: body, subject };
    }
    case "diia": {
      const { title, fullText } = renderDiiaPreview(parsed, personalisation);
      return { body: fullText, html: null, subject: title };
    }
    case "email": {
      const steps = renderEmailInSteps(parsed, personalisation, emailOptionsOf(service));
      const email = await runInSlices(steps, signal);
      return { body: email.body, html: email.htmlBody, subject: email.subject };
    }
  }
}
