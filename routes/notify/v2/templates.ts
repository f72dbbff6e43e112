import type { Hono } from "hono";
import { renderDiiaPreview } from "../../../domain/template/diia_preview.ts";
import { renderInbox } from "../../../domain/template/inbox.ts";
import { emailOptionsOf, smsOptionsOf, type Writer } from "../../../domain/template/rendering.ts";
import { ok, refuse as refused } from "../../../domain/result.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import type { TemplateVersion } from "../../../domain/template/template_record.ts";
import { LONGEST_FILLED } from "../../../domain/sending/plan_content.ts";
import { renderEmail } from "../../../domain/template/email/email.ts";
import { filledSize } from "../../../domain/template/filled_size.ts";
import { renderSms } from "../../../domain/template/sms/sms.ts";
import { missingPersonalisation } from "../../../domain/template/template.ts";
import { isJsonObject } from "../../../domain/notify_v2/fields.ts";
import { parseFlatQuery } from "../../../domain/notify_v2/query.ts";
import { validateV2 } from "../../../domain/notify_v2/validate_v2.ts";
import { readBody } from "../../http/body.ts";
import type { AppContext, AppEnv } from "../../http/context.ts";
import { keepLongNumbers } from "../../http/json.ts";
import { methodNotAllowed } from "../../http/plain_errors.ts";
import type { V2Refusal } from "./errors.ts";
import type { Refuse, V2Ports } from "./ports.ts";
import { presentTemplate } from "./present.ts";

/** Adds reading and previewing of templates. */
export function addTemplateRoutes(app: Hono<AppEnv>, ports: V2Ports, refuse: Refuse): void {
  const { callers, clock, templates, templateAuthor } = ports;

  async function getOne(c: AppContext, version: number | null): Promise<Response> {
    const asked = { id: c.req.param("id"), version };
    const found = await callers.read(c.req.header("authorization"), async ({ context }) => {
      c.get("facts").serviceId = context.service.id;
      const parsed = validateV2("GET /v2/template/{id}/version/{version}", asked, clock.now());
      if (!parsed.ok) return refused<V2Refusal>({ kind: "validation", problems: parsed.refusal });
      const { id } = parsed.value;
      const template = await templates.getTemplate(
        context.service.id,
        id,
        parsed.value.version ?? undefined,
      );
      return template === undefined ? refused<V2Refusal>({ kind: "no-result" }) : ok(template);
    });
    if (!found.ok) return refuse(c, found.refusal);
    return c.json(presentTemplate(found.value, templateAuthor));
  }

  app.get("/v2/template/:id", (c) => getOne(c, null));
  // The peer reads version 0 as the newest one.
  app.get(
    "/v2/template/:id/version/:version{[0-9]+}",
    (c) => getOne(c, Math.min(Number(c.req.param("version")), Number.MAX_SAFE_INTEGER) || null),
  );

  app.get("/v2/templates", async (c) => {
    const params = new URL(c.req.url).searchParams;
    const found = await callers.read(c.req.header("authorization"), async ({ context }) => {
      c.get("facts").serviceId = context.service.id;
      const query = validateV2("GET /v2/templates", parseFlatQuery(params), clock.now());
      if (!query.ok) return refused<V2Refusal>({ kind: "validation", problems: query.refusal });
      const { type } = query.value;
      const channel = CHANNELS.find((candidate) => candidate === type);
      if (type !== undefined && channel === undefined) return ok([]);
      return ok(await templates.listTemplates(context.service.id, channel));
    });
    if (!found.ok) return refuse(c, found.refusal);
    return c.json({
      templates: found.value.map((template) => presentTemplate(template, templateAuthor)),
    });
  });

  app.post("/v2/template/:id/preview", async (c) => {
    const found = await callers.read(c.req.header("authorization"), async ({ context }) => {
      c.get("facts").serviceId = context.service.id;
      const read = await readBody(c);
      if (!read.ok) return refused<V2Refusal>(read.refusal);
      const { isEmpty, text, json } = read.value;
      const body = isEmpty ? {} : keepLongNumbers(text, json);
      if (body === undefined) return refused<V2Refusal>({ kind: "not-json" });
      const asked = validateV2(
        "POST /v2/template/{id}/preview",
        isJsonObject(body) ? { ...body, id: c.req.param("id") } : { id: c.req.param("id") },
        clock.now(),
      );
      if (!asked.ok) return refused<V2Refusal>({ kind: "validation", problems: asked.refusal });
      const { service } = context;
      const template = await templates.getTemplate(service.id, asked.value.id);
      if (template === undefined) return refused<V2Refusal>({ kind: "no-result" });
      const personalisation = asked.value.personalisation ?? {};
      const names = missingPersonalisation(template.parsed, personalisation);
      if (names.length > 0) return refused<V2Refusal>({ kind: "missing-personalisation", names });
      const length = filledSize(template.parsed, personalisation);
      if (length > LONGEST_FILLED[template.channel]) {
        const { channel } = template;
        return refused<V2Refusal>({ kind: "message-too-long", channel, length });
      }
      return ok({ template, content: render(template, personalisation, service) });
    });
    if (!found.ok) return refuse(c, found.refusal);
    const { template, content } = found.value;
    return c.json({
      id: template.id,
      type: template.channel,
      version: template.version,
      ...content,
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

function render(
  { channel, parsed }: TemplateVersion,
  personalisation: Readonly<Record<string, unknown>>,
  service: Writer,
): { readonly body: string; readonly html: string | null; readonly subject: string | null } {
  if (channel === "sms") {
    const body = renderSms(parsed, personalisation, smsOptionsOf(service));
    return { body, html: null, subject: null };
  }
  if (channel === "inbox") {
    const { subject, body } = renderInbox(parsed, personalisation);
    return { body, html: body, subject };
  }
  if (channel === "diia") {
    const { title, fullText } = renderDiiaPreview(parsed, personalisation);
    return { body: fullText, html: null, subject: title };
  }
  const email = renderEmail(parsed, personalisation, emailOptionsOf(service));
  return { body: email.body, html: email.htmlBody, subject: email.subject };
}
