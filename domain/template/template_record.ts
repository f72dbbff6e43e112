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
  readonly createdAt: number;
  /** When the version after the first was made; `null` for a first version. */
  readonly updatedAt: number | null;
  readonly archived: boolean;
  /** The syntax of its placeholders. */
  readonly syntax: TemplateSyntax;
  /** Diia's id of this version; `null` where the version was not published to Diia. */
  readonly externalId: string | null;
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
