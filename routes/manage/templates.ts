import { type Context, Hono } from "hono";
import type * as z from "zod/mini";
import { runInSlices } from "../../application/event_loop.ts";
import {
  createTemplateEditor,
  findBodyFault,
  type TemplateRefusal,
} from "../../application/templates/edit_template.ts";
import { previewDraftInSteps } from "../../domain/template/preview.ts";
import type { TemplateVersion } from "../../domain/template/template_record.ts";
import { describe, NO_CONTENT } from "../http/openapi.ts";
import { loadService, loadTemplate, type ServiceEnv, serviceId, templateId } from "./load.ts";
import type { ManagePorts } from "./ports.ts";
import { answerLargeJson } from "../http/large_json.ts";
import { presentPreview } from "./present_preview.ts";
import { problem } from "./problem.ts";
import { changedTemplate, draftTemplate, newTemplate } from "./schemas.ts";
import { INVALID_REQUEST, jsonBody } from "./validation.ts";

const ID_TAKEN = "The service has a template with this id";

/**
 * Creates the routes of a service's templates: create, list, preview a draft, show, change (a new version) and archive.
 */
export function createTemplateRoutes({ clock, store }: ManagePorts) {
  const editor = createTemplateEditor({ clock, store });
  const template = loadTemplate(store);
  return new Hono<ServiceEnv>()
    .use(serviceId, loadService(store))
    .post(
      "/",
      describe("Create a template", { 201: "The template", 409: ID_TAKEN }),
      jsonBody(newTemplate),
      async (c) => {
        const { unsubscribe_link, syntax = "notify", subject = null, ...rest } = c.req.valid(
          "json",
        );
        const created = await editor.create(c.var.service.id, {
          ...rest,
          subject,
          syntax,
          unsubscribeLink: unsubscribe_link ?? false,
        });
        return created.ok ? c.json(present(created.value), 201) : answerRefusal(c, created.refusal);
      },
    )
    .get(
      "/",
      describe("List the newest versions of the templates, archived ones left out", {
        200: "The templates",
      }),
      async (c) => {
        const templates = await store.listTemplates(c.var.service.id, undefined);
        return c.json({ templates: templates.map(present) });
      },
    )
    .post(
      "/preview",
      describe("Preview a draft. Nothing is stored or sent", { 200: "The preview" }),
      jsonBody(draftTemplate),
      async (c) => {
        const { channel, subject = null, body, syntax, personalisation } = c.req.valid("json");
        const source = { channel, subject, body, syntax };
        const fault = await runInSlices(findBodyFault(source), c.req.raw.signal);
        if (fault !== undefined) return answerRefusal(c, fault);
        const steps = previewDraftInSteps(c.var.service, source, personalisation ?? {});
        const preview = await runInSlices(steps, c.req.raw.signal);
        return await answerLargeJson(c, { channel, ...presentPreview(preview) });
      },
    )
    .get(
      "/:template_id",
      describe("Show the newest version of a template", { 200: "The template" }),
      templateId,
      template,
      (c) => c.json(present(c.var.template)),
    )
    .put(
      "/:template_id",
      describe("Save a new version of a template. Absent fields stay as they are", {
        200: "The template",
        409: "The template is archived",
      }),
      templateId,
      template,
      jsonBody(changedTemplate),
      async (c) => {
        const change = toChange(c.req.valid("json"));
        const changed = await editor.change(c.var.service.id, c.var.template, change);
        return changed.ok ? c.json(present(changed.value)) : answerRefusal(c, changed.refusal);
      },
    )
    .delete(
      "/:template_id",
      describe("Archive a template. Accepted messages keep it", { 204: NO_CONTENT }),
      templateId,
      template,
      async (c) => {
        await store.archiveTemplate(c.var.service.id, c.var.template.id, clock.now());
        return c.body(null, 204);
      },
    );
}

function toChange(body: z.output<typeof changedTemplate>) {
  const { channel, name, subject, body: text, unsubscribe_link, syntax } = body;
  return { channel, name, subject, body: text, unsubscribeLink: unsubscribe_link, syntax };
}

function answerRefusal(c: Context, refusal: TemplateRefusal): Response {
  switch (refusal.kind) {
    case "invalid-field": {
      const { field, message } = refusal;
      return problem(c, 400, INVALID_REQUEST, [{ field, message }]);
    }
    case "id-taken":
      return problem(c, 409, ID_TAKEN, [{ field: "id", message: "is taken" }]);
    case "no-such-service":
      return problem(c, 404, "There is no such service");
    case "channel-fixed":
      return problem(c, 400, "A template keeps its channel", [
        { field: "channel", message: `is ${refusal.channel}` },
      ]);
    case "archived":
      return problem(c, 409, "The template is archived");
  }
}

function present(template: TemplateVersion): Readonly<Record<string, unknown>> {
  return {
    id: template.id,
    number: template.number,
    version: template.version,
    channel: template.channel,
    name: template.name,
    subject: template.subject,
    body: template.body,
    unsubscribe_link: template.unsubscribeLink,
    // Diia's templates have a syntax of their own.
    syntax: template.channel === "diia" ? null : template.syntax,
    placeholders: template.parsed.placeholders,
    archived: template.archived,
    created_at: new Date(template.createdAt).toISOString(),
    updated_at: template.updatedAt === null ? null : new Date(template.updatedAt).toISOString(),
  };
}
