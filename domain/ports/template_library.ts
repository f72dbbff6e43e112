import type { NewAuditEntry } from "../accounts/audit.ts";
import type { FolderId, ServiceId, TemplateId } from "../ids.ts";
import type { Channel } from "../service/service.ts";
import type { Sender } from "../service/sender.ts";
import type {
  TemplateVersion,
  VersionContent,
  VersionRecord,
} from "../template/template_record.ts";

/** A folder of templates. Folders have no folders in them. */
export interface TemplateFolder {
  readonly id: FolderId;
  readonly name: string;
  /** How many templates are in it, archived ones left out. */
  readonly templates: number;
}

/** A template in a list, by its newest version. */
export interface ListedTemplate {
  readonly id: TemplateId;
  readonly channel: Channel;
  readonly name: string;
  readonly subject: string | null;
  readonly isArchived: boolean;
  readonly folderId: FolderId | null;
  /**
   * When a message was last accepted with it, in epoch milliseconds: exact to the hour, and after some days to the UTC
   * day. `undefined` when none is counted.
   */
  readonly lastUsedAt: number | undefined;
  /** For a template that a registry published: the languages of its translations. */
  readonly registry: { readonly languages: readonly string[] } | undefined;
}

/** A template, and what the pages of one template show beside it. */
export interface OpenedTemplate {
  readonly template: TemplateVersion;
  /** Whether a registry published it: then the pages only show it. */
  readonly isOfRegistry: boolean;
  /** The service's senders of the template's channel, oldest first. */
  readonly senders: readonly Sender[];
  /** Its use on the days that were asked for, oldest first; days without messages are left out. */
  readonly use: readonly TemplateUse[];
  /** The version that was asked for and the one before, in this order; empty when there is none. */
  readonly versions: readonly VersionContent[];
}

/** What {@link TemplateLibrary.openTemplate} reads beside a template. */
export interface OpenTemplateOptions {
  /** Numbers of UTC days since 1970-01-01, both included, for the use of the template. */
  readonly days?: { readonly from: number; readonly to: number };
  /** The number of a version, to compare it with the one before. */
  readonly version?: number;
}

/** The messages that were accepted with a template on a day, those of test keys left out, and what became of them. */
export interface TemplateUse {
  /** The number of the UTC day since 1970-01-01. */
  readonly day: number;
  readonly requested: number;
  readonly delivered: number;
  readonly failed: number;
}

/** Which templates are listed. */
export interface TemplateListQuery {
  readonly isArchived: boolean;
  /** Only those of this folder; `null` for those in no folder, `undefined` for all. */
  readonly folderId?: FolderId | null | undefined;
  readonly channel?: Channel | undefined;
  /** Only those whose name, subject or body has this text, in small or capital letters. */
  readonly search?: string | undefined;
  /** Continues with the templates after this one, in the order of the list. */
  readonly after?: TemplateId | undefined;
  /** Continues backwards from the templates before this one; the page is in the order of the list all the same. */
  readonly before?: TemplateId | undefined;
  readonly limit: number;
}

/** A page of a list of templates, with the folders of the service. */
export interface TemplatePage {
  /** All folders, by name. */
  readonly folders: readonly TemplateFolder[];
  /** Ordered by name. */
  readonly templates: readonly ListedTemplate[];
  /** Whether the service has a template at all, archived ones too. */
  readonly hasAny: boolean;
}

/**
 * Stores the folders of templates and their history. Every write raises the service's revision, and appends `audit` to
 * the audit log in the same batch, when something was changed. `now` is in epoch milliseconds.
 */
export interface TemplateLibrary {
  /** All folders of a service, by name. */
  listFolders(serviceId: ServiceId): Promise<readonly TemplateFolder[]>;
  /**
   * Creates a folder.
   *
   * @returns `undefined` when there is no such service; "name-taken" when another folder has the name, in small or capital
   * letters; "full" when the service has as many folders as it may; the folder when it exists already under this id
   */
  createFolder(
    serviceId: ServiceId,
    folder: Pick<TemplateFolder, "id" | "name">,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<TemplateFolder | "name-taken" | "full" | undefined>;
  /** Renames a folder. @returns `undefined` when there is no such folder; "name-taken" as {@link createFolder} does */
  renameFolder(
    serviceId: ServiceId,
    folder: Pick<TemplateFolder, "id" | "name">,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<TemplateFolder | "name-taken" | undefined>;
  /** Deletes a folder; its templates are in no folder afterwards. @returns `false` when there is no such folder */
  deleteFolder(
    serviceId: ServiceId,
    id: FolderId,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<boolean>;
  /**
   * Moves templates into a folder, or out of folders (`null`), all or none. Ids that do not exist are left out.
   *
   * @returns the ids of the templates that are there now; `undefined` when there is no such folder
   */
  moveTemplates(
    serviceId: ServiceId,
    ids: readonly TemplateId[],
    folderId: FolderId | null,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<readonly TemplateId[] | undefined>;
  /**
   * Archives templates, as `archiveTemplate` does one. Ids that do not exist are left out.
   *
   * @returns the ids of the templates that are archived now
   */
  archiveTemplates(
    serviceId: ServiceId,
    ids: readonly TemplateId[],
    now: number,
    audit?: NewAuditEntry,
  ): Promise<readonly TemplateId[]>;
  /** Reads a page of templates and the folders, in one round trip. */
  listTemplatePage(serviceId: ServiceId, query: TemplateListQuery): Promise<TemplatePage>;
  /**
   * Reads the newest version of a template with what its pages show beside it, in one round trip. `undefined` for an
   * unknown template.
   *
   * @param also what is read beside it
   */
  openTemplate(
    serviceId: ServiceId,
    id: TemplateId,
    also?: OpenTemplateOptions,
  ): Promise<OpenedTemplate | undefined>;
  /** The versions of a template before `olderThan`, newest first. Empty for an unknown template. */
  listVersions(
    serviceId: ServiceId,
    id: TemplateId,
    query: { readonly olderThan: number | undefined; readonly limit: number },
  ): Promise<readonly VersionRecord[]>;
}
