import { Hono } from "hono";
import * as z from "zod/mini";
import { createTemplateEditor } from "../../application/templates/edit_template.ts";
import { describe } from "../http/openapi.ts";
import { firstOf, parsed } from "../http/validation.ts";
import { id, loadService, loadTemplate, serviceId, type TemplateEnv, templateId } from "./load.ts";
import type { ManagePorts } from "./ports.ts";
import { answerTemplateRefusal, presentTemplate, presentVersion } from "./present_template.ts";
import { MAX_LISTED } from "./schemas.ts";
import { pathIds, query } from "./validation.ts";

/** A version's number; `undefined` for another text. */
function parseVersion(text: string): number | undefined {
  const version = Number(text);
  return Number.isSafeInteger(version) && version > 0 && String(version) === text
    ? version
    : undefined;
}

const version = pathIds(
  z.looseObject({ version: id(parseVersion) }),
  "The template has no such version",
);

const versionsQuery = z.strictObject({
  older_than: z.optional(firstOf(parsed(parseVersion, "must be the number of a version"))),
});

/** Creates the routes of a template's history: list its versions, show one, and save one anew. */
export function createTemplateVersionRoutes({ clock, store }: ManagePorts) {
  const editor = createTemplateEditor({ clock, store });
  return new Hono<TemplateEnv>()
    .use(serviceId, loadService(store))
    .get(
      "/",
      describe("List the versions of a template, newest first, with their authors", {
        200: "The versions, without their content",
      }),
      templateId,
      loadTemplate(store),
      query(versionsQuery),
      async (c) => {
        const { service, template } = c.var;
        const { older_than } = c.req.valid("query");
        const page = { olderThan: older_than, limit: MAX_LISTED };
        const versions = await store.listVersions(service.id, template.id, page);
        return c.json({ versions: versions.map(presentVersion) });
      },
    )
    .get(
      "/:version",
      describe("Show a version of a template", { 200: "The template in this version" }),
      templateId,
      version,
      async (c) => {
        const { template_id } = c.req.valid("param");
        const number = c.req.valid("param").version;
        const found = await store.getTemplate(c.var.service.id, template_id, number);
        return found === undefined
          ? answerTemplateRefusal(c, { kind: "no-such-version" })
          : c.json(presentTemplate(found));
      },
    )
    .post(
      "/:version/restore",
      describe("Save the content of an earlier version as a new one", {
        200: "The new version",
        409: "The template is archived",
      }),
      templateId,
      loadTemplate(store),
      version,
      async (c) => {
        const { service, template, access: { actor } } = c.var;
        const earlier = { version: c.req.valid("param").version };
        const restored = await editor.restoreVersion(service.id, template, earlier, actor);
        return restored.ok
          ? c.json(presentTemplate(restored.value))
          : answerTemplateRefusal(c, restored.refusal);
      },
    );
}
