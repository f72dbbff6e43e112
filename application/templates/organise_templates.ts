/** Folders of templates, and what is done with templates as a whole: moving, archiving and restoring. */
import type { AuditActor, NewAuditEntry } from "../../domain/accounts/audit.ts";
import type { FolderId, ServiceId, TemplateId } from "../../domain/ids.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { ManagementStore } from "../../domain/ports/management_store.ts";
import type { TemplateFolder } from "../../domain/ports/template_library.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";

/** Why a folder was neither created nor renamed. */
export type FolderRefusal =
  | { readonly kind: "no-such-service" }
  | { readonly kind: "no-such-folder" }
  | { readonly kind: "name-taken" }
  /** The service has as many folders as it may. */
  | { readonly kind: "too-many-folders" };

/** Organises the templates of a service. Each change is one batch with its entry of the audit log. */
export interface TemplateOrganiser {
  /** Creates a folder. With the id of a folder that the service has, it returns that one. */
  createFolder(
    serviceId: ServiceId,
    folder: { readonly id?: FolderId | undefined; readonly name: string },
    actor: AuditActor,
  ): Promise<Result<TemplateFolder, FolderRefusal>>;
  renameFolder(
    serviceId: ServiceId,
    folder: Pick<TemplateFolder, "id" | "name">,
    actor: AuditActor,
  ): Promise<Result<TemplateFolder, FolderRefusal>>;
  /** Deletes a folder; its templates stay, in no folder. @returns `false` when there is no such folder */
  deleteFolder(serviceId: ServiceId, id: FolderId, actor: AuditActor): Promise<boolean>;
  /** Moves templates into a folder, or out of folders. @returns the ids of the templates that are there now */
  move(
    serviceId: ServiceId,
    ids: readonly TemplateId[],
    folderId: FolderId | null,
    actor: AuditActor,
  ): Promise<Result<readonly TemplateId[], FolderRefusal>>;
  /** Archives templates. @returns the ids of those that are archived now */
  archive(
    serviceId: ServiceId,
    ids: readonly TemplateId[],
    actor: AuditActor,
  ): Promise<readonly TemplateId[]>;
  /** Makes an archived template usable again. @returns `false` when there is no such template */
  restore(serviceId: ServiceId, id: TemplateId, actor: AuditActor): Promise<boolean>;
}

/** The dependencies of {@link createTemplateOrganiser}. */
export interface TemplateOrganiserPorts {
  readonly clock: Pick<Clock, "now" | "newId">;
  readonly store: Pick<
    ManagementStore,
    | "createFolder"
    | "renameFolder"
    | "deleteFolder"
    | "moveTemplates"
    | "archiveTemplates"
    | "restoreTemplate"
  >;
}

/** Creates the use cases of folders and of templates as a whole. */
export function createTemplateOrganiser(
  { clock, store }: TemplateOrganiserPorts,
): TemplateOrganiser {
  const entryOf = (
    chain: ServiceId,
    actor: AuditActor,
    entry: Pick<NewAuditEntry, "action" | "subject" | "facts">,
  ): NewAuditEntry => ({ chain, actor, ...entry });

  return {
    async createFolder(serviceId, { id = clock.newId() as FolderId, name }, actor) {
      const entry = entryOf(serviceId, actor, { action: "template-folder-created", subject: id });
      const created = await store.createFolder(serviceId, { id, name }, clock.now(), entry);
      switch (created) {
        case undefined:
          return refuse({ kind: "no-such-service" });
        case "name-taken":
          return refuse({ kind: "name-taken" });
        case "full":
          return refuse({ kind: "too-many-folders" });
        default:
          return ok(created);
      }
    },
    async renameFolder(serviceId, folder, actor) {
      const entry = entryOf(serviceId, actor, {
        action: "template-folder-changed",
        subject: folder.id,
      });
      const renamed = await store.renameFolder(serviceId, folder, clock.now(), entry);
      if (renamed === undefined) return refuse({ kind: "no-such-folder" });
      return renamed === "name-taken" ? refuse({ kind: "name-taken" }) : ok(renamed);
    },
    async deleteFolder(serviceId, id, actor) {
      const entry = entryOf(serviceId, actor, { action: "template-folder-deleted", subject: id });
      return await store.deleteFolder(serviceId, id, clock.now(), entry);
    },
    async move(serviceId, ids, folderId, actor) {
      const entry = entryOf(serviceId, actor, {
        action: "templates-moved",
        subject: folderId ?? undefined,
        facts: { templates: ids },
      });
      const moved = await store.moveTemplates(serviceId, ids, folderId, clock.now(), entry);
      return moved === undefined ? refuse({ kind: "no-such-folder" }) : ok(moved);
    },
    async archive(serviceId, ids, actor) {
      const [first, ...others] = ids;
      const entry = entryOf(serviceId, actor, {
        action: "template-archived",
        ...others.length === 0 ? { subject: first } : { facts: { templates: ids } },
      });
      return await store.archiveTemplates(serviceId, ids, clock.now(), entry);
    },
    async restore(serviceId, id, actor) {
      const entry = entryOf(serviceId, actor, { action: "template-restored", subject: id });
      return await store.restoreTemplate(serviceId, id, clock.now(), entry);
    },
  };
}
