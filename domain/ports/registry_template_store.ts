import type { ServiceId, TemplateId } from "../ids.ts";
import type { Channel } from "../service/service.ts";
import type { TemplateAttribute } from "../template/diia.ts";
import type { TemplateSyntax } from "../template/syntax.ts";
import type { TemplateVersion } from "../template/template_record.ts";

/** A template that a registry has published under a name, unique within its channel. */
export interface RegistryTemplate {
  readonly channel: Channel;
  readonly name: string;
  /** Named values beside title and content, such as Diia's `shortText`. */
  readonly attributes: readonly TemplateAttribute[];
  /** The newest version. */
  readonly template: TemplateVersion;
}

/** A new or changed template to write. */
export interface RegistryTemplateWrite {
  readonly channel: Channel;
  readonly name: string;
  readonly attributes: readonly TemplateAttribute[];
  /** The content of a new version; `undefined` when only the attributes change. */
  readonly version: {
    /** The subject. */
    readonly title: string | null;
    /** The body. */
    readonly content: string;
    /** The text that Diia shows before a message is opened. */
    readonly shortText: string | null;
    readonly syntax: TemplateSyntax;
    /**
     * Diia's id of the version, and when it was published there (epoch milliseconds); `undefined` for other channels.
     */
    readonly external: { readonly id: string; readonly publishedAt: number } | undefined;
  } | undefined;
  /**
   * The version that the write replaces; the write is refused when the template has changed since (optimistic lock).
   * `undefined` creates a template.
   */
  readonly previous: { readonly id: TemplateId; readonly version: number } | undefined;
  /** The id for a template that does not exist yet. */
  readonly newId: TemplateId;
}

/** A template of a name, or its translation in another language. */
export interface TranslatedTemplate {
  readonly channel: Channel;
  /** `null` for the template whose name is exactly the name, `en` for `name-en`: one of `TRANSLATION_LANGUAGES`. */
  readonly language: string | null;
  readonly template: TemplateVersion;
}

/**
 * Stores the templates that registries (state registers on the registries platform) publish by name. They are ordinary
 * templates of the service that can also be found by name.
 */
export interface RegistryTemplateStore {
  /** @returns `undefined` when there is no such template, or it is archived */
  find(serviceId: ServiceId, channel: Channel, name: string): Promise<RegistryTemplate | undefined>;
  /** Lists the templates that are not archived, ordered by channel and name. */
  list(
    serviceId: ServiceId,
  ): Promise<
    readonly { readonly id: TemplateId; readonly name: string; readonly channel: Channel }[]
  >;
  /**
   * Writes a template, all or nothing. A new version or template raises the service's revision (the number by which
   * outdated requests are rejected).
   *
   * @returns `undefined` when the template has changed since it was read, and nothing was written
   */
  save(
    serviceId: ServiceId,
    write: RegistryTemplateWrite,
    now: number,
  ): Promise<RegistryTemplate | undefined>;
  /** Archives a template and frees its name. @returns `false` when no registry published that id, or it is archived */
  remove(serviceId: ServiceId, id: TemplateId, now: number): Promise<boolean>;
  /** Reads the templates of a name in every channel, and their translations `name-xx` in other languages. */
  listByName(serviceId: ServiceId, name: string): Promise<readonly TranslatedTemplate[]>;
}
