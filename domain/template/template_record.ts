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
  /** E-mails of it have our link to unsubscribe. */
  readonly unsubscribeLink: boolean;
  readonly createdAt: number;
  /** When the version after the first was made; `null` for a first version. */
  readonly updatedAt: number | null;
  readonly archived: boolean;
  /** How its placeholders are written. */
  readonly syntax: TemplateSyntax;
  /** What Diia knows this version by; `null` where it was not published there. */
  readonly externalId: string | null;
  readonly externallyPublishedAt: number | null;
  /** The same, parsed once. */
  readonly parsed: Template;
}

/** The translations of an inbox template in other languages, by tag: what its messages say to readers of those. */
export type Translations = Readonly<Record<string, TemplateVersion>>;

/** A template with its translations; only those of inboxes have any. */
export interface TemplateTranslations {
  readonly template: TemplateVersion;
  readonly translations: Translations;
}
