/** Answers of the management API about templates and their folders. */
import type { Context } from "hono";
import type { TemplateRefusal } from "../../application/templates/edit_template.ts";
import type { FolderRefusal } from "../../application/templates/organise_templates.ts";
import type { TemplateFolder } from "../../domain/ports/template_library.ts";
import { MAX_TEMPLATE_FOLDERS } from "../../domain/template/template_folders.ts";
import type { TemplateVersion, VersionRecord } from "../../domain/template/template_record.ts";
import { problem } from "./problem.ts";
import { INVALID_REQUEST } from "./validation.ts";

/** The answer to an id of the caller's that a template has. */
export const ID_TAKEN = "The service has a template with this id";

/** Answers why a template was neither created nor changed. */
export function answerTemplateRefusal(c: Context, refusal: TemplateRefusal): Response {
  switch (refusal.kind) {
    case "invalid-field": {
      const { field, message } = refusal;
      return problem(c, 400, INVALID_REQUEST, [{ field, message }]);
    }
    case "id-taken":
      return problem(c, 409, ID_TAKEN, [{ field: "id", message: "is taken" }]);
    case "no-such-service":
      return problem(c, 404, "There is no such service");
    case "no-such-folder":
      return problem(c, 400, INVALID_REQUEST, [
        { field: "folder_id", message: "the service has no such folder" },
      ]);
    case "no-such-version":
      return problem(c, 404, "The template has no such version");
    case "channel-fixed":
      return problem(c, 400, "A template keeps its channel", [
        { field: "channel", message: `is ${refusal.channel}` },
      ]);
    case "archived":
      return problem(c, 409, "The template is archived");
    case "outdated":
      return problem(c, 409, "The template has a newer version than the change was made from", [
        { field: "based_on_version", message: "is not the newest" },
      ]);
  }
}

/** Answers why a folder was neither created nor changed. */
export function answerFolderRefusal(c: Context, refusal: FolderRefusal): Response {
  switch (refusal.kind) {
    case "no-such-service":
      return problem(c, 404, "There is no such service");
    case "no-such-folder":
      return problem(c, 404, "The service has no such folder");
    case "name-taken":
      return problem(c, 409, "The service has a folder with this name", [
        { field: "name", message: "is taken" },
      ]);
    case "too-many-folders":
      return problem(c, 409, `The service has ${MAX_TEMPLATE_FOLDERS} folders, which is the most`);
  }
}

/** Converts a template to the JSON of the management API. */
export function presentTemplate(template: TemplateVersion): Readonly<Record<string, unknown>> {
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
    sender_id: template.senderId,
    folder_id: template.folderId,
    placeholders: template.parsed.placeholders,
    archived: template.archived,
    created_at: new Date(template.createdAt).toISOString(),
    updated_at: template.updatedAt === null ? null : new Date(template.updatedAt).toISOString(),
  };
}

/** Converts a folder to the JSON of the management API. */
export function presentFolder(folder: TemplateFolder): Readonly<Record<string, unknown>> {
  return { ...folder };
}

/** Converts a version in a template's history to the JSON of the management API. Names of people are left out. */
export function presentVersion(
  { version, name, at, author }: VersionRecord,
): Readonly<Record<string, unknown>> {
  const id = author !== undefined && "id" in author ? { id: author.id } : {};
  return {
    version,
    name,
    created_at: new Date(at).toISOString(),
    author: author === undefined ? null : { kind: author.kind, ...id },
  };
}
