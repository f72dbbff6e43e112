import type { ServiceId, TemplateId } from "../ids.ts";
import type { Channel } from "../service/service.ts";
import type { TemplateAttribute } from "../template/diia.ts";
import type { TemplateSyntax } from "../template/syntax.ts";
import type { TemplateVersion } from "../template/template_record.ts";

/** A template that a registry has published under a name, unique within its channel. */
export interface RegistryTemplate {
  readonly channel: Channel;
  readonly name: string;
  readonly attributes: readonly TemplateAttribute[];
  /** The newest version. */
  readonly template: TemplateVersion;
}

/** What is to be written of a template. */
export interface RegistryTemplateWrite {
  readonly channel: Channel;
  readonly name: string;
  readonly attributes: readonly TemplateAttribute[];
  /** The content of a first or a next version; `undefined` where only the attributes are another's. */
  readonly version: {
    readonly title: string | null;
    readonly content: string;
    /** What Diia shows before a message is opened. */
    readonly shortText: string | null;
    readonly syntax: TemplateSyntax;
    /** What Diia gave when it took the version. */
    readonly external: { readonly id: string; readonly publishedAt: number } | undefined;
  } | undefined;
  /** What was found before; the write is refused when it is no longer so. */
  readonly found: { readonly id: TemplateId; readonly version: number } | undefined;
  /** The id of a template that is made now. */
  readonly newId: TemplateId;
}

/** A template of a name's family: the channel's own, or its sibling in another language. */
export interface TranslatedTemplate {
  readonly channel: Channel;
  /** `null` for the name itself, `en` for `name-en`: one of `TRANSLATION_LANGUAGES`. */
  readonly language: string | null;
  readonly template: TemplateVersion;
}

/** The templates that registries publish. They are the service's templates like all others, found by name. */
export interface RegistryTemplateStore {
  /** @returns `undefined` when there is none, or it was archived */
  find(serviceId: ServiceId, channel: Channel, name: string): Promise<RegistryTemplate | undefined>;
  /** By channel and name. */
  list(
    serviceId: ServiceId,
  ): Promise<
    readonly { readonly id: TemplateId; readonly name: string; readonly channel: Channel }[]
  >;
  /**
   * Writes a template, all or nothing; a change of it raises the service's revision.
   *
   * @returns `undefined` when what was found is no longer so, and nothing was written
   */
  save(
    serviceId: ServiceId,
    write: RegistryTemplateWrite,
    now: number,
  ): Promise<RegistryTemplate | undefined>;
  /** Archives a template and frees its name. @returns `false` when a registry has published none of that id, or it was archived */
  remove(serviceId: ServiceId, id: TemplateId, now: number): Promise<boolean>;
  /** The templates of a name in every channel, and their translations `name-xx` in other languages. */
  family(serviceId: ServiceId, name: string): Promise<readonly TranslatedTemplate[]>;
}
