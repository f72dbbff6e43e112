import type { AuditActor } from "../accounts/audit.ts";
import type { FolderId, SenderId, TemplateId } from "../ids.ts";
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
  /**
   * The sender of its messages when a request names none: of the template's channel, and the channel's default when it
   * was deleted or is `null`.
   */
  readonly senderId: SenderId | null;
  /** The folder that the template is in, whatever the version; `null` for one in no folder. */
  readonly folderId: FolderId | null;
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

/** Who wrote a version of a template, and when: the history shows them. */
export interface VersionRecord {
  readonly version: number;
  readonly name: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** `undefined` for a version from before authors were kept, and for one that a registry published. */
  readonly author: AuditActor | undefined;
  /** The author's name; `undefined` when the author is no person, or has no account any more. */
  readonly authorName: string | undefined;
}

/** A version with its content, to compare versions. */
export interface VersionContent extends VersionRecord {
  readonly subject: string | null;
  readonly body: string;
  readonly unsubscribeLink: boolean;
  readonly senderId: SenderId | null;
}
