import type { NewAuditEntry } from "../accounts/audit.ts";
import type { FolderId, KeyId, SenderId, ServiceId, TemplateId } from "../ids.ts";
import type { Sender } from "../service/sender.ts";
import type {
  ApiKey,
  Channel,
  Guests,
  KeyKind,
  Service,
  ServiceMode,
  ServiceSettings,
  SettingsChange,
} from "../service/service.ts";
import type { TemplateSyntax } from "../template/syntax.ts";
import type { TemplateLibrary } from "./template_library.ts";
import type { TemplateTranslations, TemplateVersion } from "../template/template_record.ts";

/** A change to a service; absent fields keep their values. */
export interface ServiceChange {
  readonly name?: string;
  readonly mode?: ServiceMode;
  readonly active?: boolean;
  readonly settings?: SettingsChange;
}

/** The content of a new version of a template. */
export interface TemplateContent {
  readonly name: string;
  readonly subject: string | null;
  readonly body: string;
  /** Whether Hark adds an unsubscribe link to its e-mails. Absent: `false` in a first version, otherwise unchanged. */
  readonly unsubscribeLink?: boolean;
  /** How its placeholders are written. Absent: `notify` in a first version, otherwise unchanged. */
  readonly syntax?: TemplateSyntax;
  /** The sender of its messages. Absent: none in a first version, otherwise unchanged. */
  readonly senderId?: SenderId | null;
}

/**
 * Stores services with their keys, guest lists, senders and templates, for the operator's API. Every write raises the
 * service's revision, so that requests that were evaluated with the earlier one are evaluated again. `now` is in epoch
 * milliseconds. `audit` is the entry of the audit log that is appended in the same batch, when something was changed.
 */
export interface ManagementStore extends TemplateLibrary {
  /** Creates a service with a data key of its own. @throws when the id exists already */
  createService(
    service: {
      readonly id: ServiceId;
      readonly name: string;
      readonly mode: ServiceMode;
      readonly active: boolean;
      readonly settings: ServiceSettings;
    },
    now: number,
    audit?: NewAuditEntry,
  ): Promise<Service>;
  /** @returns `undefined` when there is no such service */
  getService(id: ServiceId): Promise<Service | undefined>;
  /**
   * The services in the order of their ids, archived ones too: those after `after`, at most `limit`. Hark's own service,
   * which sends the messages of accounts, is among them only with `includesOwn`.
   */
  listServices(
    after: ServiceId | undefined,
    limit: number,
    includesOwn?: boolean,
  ): Promise<readonly Service[]>;
  /**
   * Changes the fields of a service that are present. An archived service (`active: false`) can neither send nor read,
   * but stays readable for the operator.
   *
   * @returns the service afterwards; `undefined` when there is no such service
   */
  updateService(
    id: ServiceId,
    change: ServiceChange,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<Service | undefined>;

  /**
   * Creates an API key. Its secret is stored encrypted.
   *
   * @returns `undefined` when there is no such service, or it is Hark's own: no key may read the one-time codes that it
   *   sends; "name-taken" when a key that is not revoked has the name
   */
  createKey(
    serviceId: ServiceId,
    key: {
      readonly id: KeyId;
      readonly name: string;
      readonly kind: KeyKind;
      readonly secret: string;
      /** Absent for a key that does not expire. */
      readonly expiresAt?: number | undefined;
    },
    now: number,
    audit?: NewAuditEntry,
  ): Promise<ApiKey | "name-taken" | undefined>;
  /** The service's keys without their secrets, revoked ones too. */
  listKeys(serviceId: ServiceId): Promise<readonly ApiKey[]>;
  /** Revokes a key for ever. Idempotent. @returns `undefined` when there is no such key */
  revokeKey(
    serviceId: ServiceId,
    id: KeyId,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<ApiKey | undefined>;

  /**
   * Reads the guest list: whom team keys and services in trial mode may send to. `undefined` for an unknown service.
   */
  getGuests(serviceId: ServiceId): Promise<Guests | undefined>;
  /**
   * Replaces the guest list.
   *
   * @returns `false` when there is no such service, or its data key was replaced meanwhile; nothing was written
   */
  setGuests(
    serviceId: ServiceId,
    guests: Guests,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<boolean>;

  /** The senders of one channel, oldest first. */
  listSenders(serviceId: ServiceId, channel: Channel): Promise<readonly Sender[]>;
  /**
   * Creates a sender. A new default replaces the previous default of its channel.
   *
   * @returns `undefined` when there is no such service; "taken" when the channel has a sender of this value; "full"
   * when the channel has as many senders as it may
   */
  createSender(
    serviceId: ServiceId,
    sender: Pick<Sender, "id" | "channel" | "value" | "isDefault">,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<Sender | "taken" | "full" | undefined>;
  /**
   * Changes the fields of a sender that are present, all of them or none.
   *
   * @returns the sender afterwards; `undefined` when there is no such sender; "taken" when another sender of the
   * channel has this value
   */
  updateSender(
    serviceId: ServiceId,
    id: SenderId,
    change: { readonly value?: string; readonly isDefault?: boolean },
    now: number,
    audit?: NewAuditEntry,
  ): Promise<Sender | "taken" | undefined>;
  /**
   * Deletes a sender. Messages that were accepted with it keep its value.
   *
   * @returns `false` when there is no such sender
   */
  deleteSender(
    serviceId: ServiceId,
    id: SenderId,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<boolean>;

  /** Creates a template with its first version. @returns `undefined` when there is no such service */
  createTemplate(
    serviceId: ServiceId,
    template: TemplateContent & {
      readonly id: TemplateId;
      readonly channel: Channel;
      readonly folderId?: FolderId | null;
    },
    now: number,
    audit?: NewAuditEntry,
  ): Promise<TemplateVersion | undefined>;
  /**
   * Creates a new version. Fields that are absent or `null` keep the values of the previous version.
   *
   * @returns `undefined` when the template does not exist or is archived
   */
  updateTemplate(
    serviceId: ServiceId,
    id: TemplateId,
    change: Partial<TemplateContent>,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<TemplateVersion | undefined>;
  /**
   * Creates a new version as {@link updateTemplate} does, unless the template has another version than the change was made
   * from (optimistic lock).
   *
   * @returns "outdated" when it has, and nothing was written
   */
  updateTemplateFrom(
    serviceId: ServiceId,
    id: TemplateId,
    basedOn: number,
    change: Partial<TemplateContent>,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<TemplateVersion | "outdated" | undefined>;
  /**
   * Archives a template: nothing can be sent with it any more, and its versions stay readable.
   *
   * Idempotent.
   *
   * @returns `false` when the template does not exist
   */
  archiveTemplate(
    serviceId: ServiceId,
    id: TemplateId,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<boolean>;
  /** Makes an archived template usable again. Idempotent. @returns `false` when there is no such template */
  restoreTemplate(
    serviceId: ServiceId,
    id: TemplateId,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<boolean>;
  /**
   * Reads a version, or the newest when `version` is absent; also of an archived template. `undefined` for an unknown
   * one.
   */
  getTemplate(
    serviceId: ServiceId,
    id: TemplateId,
    version?: number,
  ): Promise<TemplateVersion | undefined>;
  /**
   * The newest versions of the templates with these ids, with their translations, in one round trip. Includes archived
   * templates; ids that do not exist are left out.
   */
  getTemplates(
    serviceId: ServiceId,
    ids: readonly TemplateId[],
  ): Promise<readonly TemplateTranslations[]>;
  /**
   * The newest versions of the templates that are not archived, ordered by name and channel; `channel` selects one
   * channel.
   */
  listTemplates(
    serviceId: ServiceId,
    channel: Channel | undefined,
  ): Promise<readonly TemplateVersion[]>;
}
