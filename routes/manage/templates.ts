import { Hono } from "hono";
import type * as z from "zod/mini";
import { createTemplateEditor } from "../../application/templates/edit_template.ts";
import { createTemplateOrganiser } from "../../application/templates/organise_templates.ts";
import { previewTemplate } from "../../application/templates/preview_template.ts";
import { describe, NO_CONTENT } from "../http/openapi.ts";
import { loadService, loadTemplate, type ServiceEnv, serviceId, templateId } from "./load.ts";
import type { ManagePorts } from "./ports.ts";
import { answerLargeJson } from "../http/large_json.ts";
import { presentPreview } from "./present_preview.ts";
import {
  answerFolderRefusal,
  answerTemplateRefusal,
  ID_TAKEN,
  presentTemplate,
} from "./present_template.ts";
import {
  archivedTemplates,
  changedTemplate,
  draftTemplate,
  movedTemplates,
  newTemplate,
} from "./schemas.ts";
import { jsonBody } from "./validation.ts";

/**
 * Creates the routes of a service's templates: create, list, preview a draft, show, change (a new version) and archive.
 */
export function createTemplateRoutes({ clock, store }: ManagePorts) {
  const editor = createTemplateEditor({ clock, store });
  const organiser = createTemplateOrganiser({ clock, store });
  const template = loadTemplate(store);
  return new Hono<ServiceEnv>()
    .use(serviceId, loadService(store))
    .post(
      "/",
      describe("Create a template", { 201: "The template", 409: ID_TAKEN }),
      jsonBody(newTemplate),
      async (c) => {
        const {
          unsubscribe_link,
          sender_id,
          folder_id,
          syntax = "notify",
          subject = null,
          ...rest
        } = c.req.valid("json");
        const created = await editor.create(c.var.service.id, {
          ...rest,
          senderId: sender_id,
          folderId: folder_id,
          subject,
          syntax,
          unsubscribeLink: unsubscribe_link ?? false,
        }, c.var.access.actor);
        return created.ok
          ? c.json(presentTemplate(created.value), 201)
          : answerTemplateRefusal(c, created.refusal);
      },
    )
    .get(
      "/",
      describe("List the newest versions of the templates, archived ones left out", {
        200: "The templates",
      }),
      async (c) => {
        const templates = await store.listTemplates(c.var.service.id, undefined);
        return c.json({ templates: templates.map(presentTemplate) });
      },
    )
    .post(
      "/preview",
      describe("Preview a draft. Nothing is stored or sent", { 200: "The preview" }),
      jsonBody(draftTemplate),
      async (c) => {
        const { channel, subject = null, body, syntax, personalisation } = c.req.valid("json");
        const source = { channel, subject, body, syntax };
        const preview = await previewTemplate(
          c.var.service,
          source,
          personalisation ?? {},
          c.req.raw.signal,
        );
        if (!preview.ok) return answerTemplateRefusal(c, preview.refusal);
        return await answerLargeJson(c, { channel, ...presentPreview(preview.value) });
      },
    )
    .post(
      "/move",
      describe("Move templates into a folder, or out of folders", {
        200: "The ids of the templates that are there now",
        404: "There is no such folder",
      }),
      jsonBody(movedTemplates),
      async (c) => {
        const { template_ids, folder_id } = c.req.valid("json");
        const { actor } = c.var.access;
        const moved = await organiser.move(c.var.service.id, template_ids, folder_id, actor);
        return moved.ok
          ? c.json({ template_ids: moved.value })
          : answerFolderRefusal(c, moved.refusal);
      },
    )
    .post(
      "/archive",
      describe("Archive templates. Accepted messages keep them", {
        200: "The ids of the templates that are archived now",
      }),
      jsonBody(archivedTemplates),
      async (c) => {
        const { template_ids } = c.req.valid("json");
        const { actor } = c.var.access;
        const archived = await organiser.archive(c.var.service.id, template_ids, actor);
        return c.json({ template_ids: archived });
      },
    )
    .get(
      "/:template_id",
      describe("Show the newest version of a template", { 200: "The template" }),
      templateId,
      template,
      (c) => c.json(presentTemplate(c.var.template)),
    )
    .put(
      "/:template_id",
      describe("Save a new version of a template. Absent fields stay as they are", {
        200: "The template",
        409: "The template is archived, or has a newer version than the change was made from",
      }),
      templateId,
      template,
      jsonBody(changedTemplate),
      async (c) => {
        const change = toChange(c.req.valid("json"));
        const changed = await editor.change(
          c.var.service.id,
          c.var.template,
          change,
          c.var.access.actor,
        );
        return changed.ok
          ? c.json(presentTemplate(changed.value))
          : answerTemplateRefusal(c, changed.refusal);
      },
    )
    .delete(
      "/:template_id",
      describe("Archive a template. Accepted messages keep it", { 204: NO_CONTENT }),
      templateId,
      template,
      async (c) => {
        await organiser.archive(c.var.service.id, [c.var.template.id], c.var.access.actor);
        return c.body(null, 204);
      },
    )
    .post(
      "/:template_id/restore",
      describe("Restore an archived template, so that it can be used again", {
        200: "The template",
      }),
      templateId,
      template,
      async (c) => {
        const { service, template: { id }, access: { actor } } = c.var;
        await organiser.restore(service.id, id, actor);
        const restored = await store.getTemplate(service.id, id);
        return restored === undefined
          ? answerTemplateRefusal(c, { kind: "no-such-service" })
          : c.json(presentTemplate(restored));
      },
    );
}

function toChange(body: z.output<typeof changedTemplate>) {
  const { unsubscribe_link, sender_id, based_on_version, ...rest } = body;
  return {
    channel: rest.channel,
    name: rest.name,
    subject: rest.subject,
    body: rest.body,
    unsubscribeLink: unsubscribe_link,
    syntax: rest.syntax,
    senderId: sender_id,
    basedOn: based_on_version,
  };
}
