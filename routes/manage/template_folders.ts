import { Hono } from "hono";
import * as z from "zod/mini";
import { createTemplateOrganiser } from "../../application/templates/organise_templates.ts";
import { parseFolderId } from "../../domain/ids.ts";
import { describe, NO_CONTENT } from "../http/openapi.ts";
import { id, loadService, type ServiceEnv, serviceId } from "./load.ts";
import type { ManagePorts } from "./ports.ts";
import { answerFolderRefusal, presentFolder } from "./present_template.ts";
import { changedFolder, newFolder } from "./schemas.ts";
import { jsonBody, pathIds } from "./validation.ts";

const folderId = pathIds(
  z.looseObject({ folder_id: id(parseFolderId) }),
  "The service has no such folder",
);

const TAKEN = "A folder has this name, or there are as many as there may be";

/** Creates the routes of a service's folders of templates: list, create, rename and delete. */
export function createTemplateFolderRoutes({ clock, store }: ManagePorts) {
  const organiser = createTemplateOrganiser({ clock, store });
  return new Hono<ServiceEnv>()
    .use(serviceId, loadService(store))
    .get(
      "/",
      describe("List the folders of templates, by name", { 200: "The folders" }),
      async (c) => {
        const folders = await store.listFolders(c.var.service.id);
        return c.json({ folders: folders.map(presentFolder) });
      },
    )
    .post(
      "/",
      describe("Create a folder of templates", { 201: "The folder", 409: TAKEN }),
      jsonBody(newFolder),
      async (c) => {
        const folder = c.req.valid("json");
        const created = await organiser.createFolder(c.var.service.id, folder, c.var.access.actor);
        return created.ok
          ? c.json(presentFolder(created.value), 201)
          : answerFolderRefusal(c, created.refusal);
      },
    )
    .patch(
      "/:folder_id",
      describe("Rename a folder of templates", { 200: "The folder", 409: TAKEN }),
      folderId,
      jsonBody(changedFolder),
      async (c) => {
        const folder = { id: c.req.valid("param").folder_id, ...c.req.valid("json") };
        const renamed = await organiser.renameFolder(c.var.service.id, folder, c.var.access.actor);
        return renamed.ok
          ? c.json(presentFolder(renamed.value))
          : answerFolderRefusal(c, renamed.refusal);
      },
    )
    .delete(
      "/:folder_id",
      describe("Delete a folder. Its templates stay, in no folder", { 204: NO_CONTENT }),
      folderId,
      async (c) => {
        const { folder_id } = c.req.valid("param");
        const { service, access: { actor } } = c.var;
        return await organiser.deleteFolder(service.id, folder_id, actor)
          ? c.body(null, 204)
          : answerFolderRefusal(c, { kind: "no-such-folder" });
      },
    );
}
