import type { TemplateId } from "../ids.ts";
import type { Channel } from "../service/service.ts";
import type { TemplateSyntax } from "./syntax.ts";
import type { Template } from "./template.ts";

/** One version of a service's template. Versions never change. Times are epoch milliseconds. */
export interface TemplateVersion {
  readonly id: TemplateId;
  /** The service's own number for the template: 1, 2, 3… */
  readonly number: number;
  readonly version: number;
  readonly channel: Channel;
  readonly name: string;
  readonly subject: string | null;
  readonly body: string;
  /** Whether its e-mails contain an unsubscribe link. */
  readonly unsubscribeLink: boolean;
  /** When the template's first version was made. */
  readonly createdAt: number;
  /** When this version was made; `null` for a first version. */
  readonly updatedAt: number | null;
  /** Whether the template is archived, so that nothing can be sent with it. */
  readonly archived: boolean;
  /** The syntax of its placeholders. */
  readonly syntax: TemplateSyntax;
  /**
   * The id under which Diia (the app of the Ukrainian state) has this version; `null` where the version was not
   * published to it. No Diia message can be sent then.
   */
  readonly externalId: string | null;
  /** When this version was published to Diia; `null` where it was not. */
  readonly externallyPublishedAt: number | null;
  /** The parsed template. */
  readonly parsed: Template;
}

/** Translations of an inbox template by BCP 47 tag. */
export type Translations = Readonly<Record<string, TemplateVersion>>;

/** A template with its translations. Only inbox templates have translations. */
export interface TemplateTranslations {
  readonly template: TemplateVersion;
  readonly translations: Translations;
}
