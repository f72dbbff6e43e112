import type { KeyId, SenderId, ServiceId, TemplateId } from "../ids.ts";
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
  /** Whether an e-mail has an unsubscribe link of Hark; `false` by default in a first version. */
  readonly unsubscribeLink?: boolean;
  /** How its placeholders are written; `notify` by default in a first version. */
  readonly syntax?: TemplateSyntax;
}

/** Stores services with their keys, guests, senders and templates. Every write raises the service's revision. */
export interface ManagementStore {
  createService(
    service: {
      readonly id: ServiceId;
      readonly name: string;
      readonly mode: ServiceMode;
      readonly active: boolean;
      readonly settings: ServiceSettings;
    },
    now: number,
  ): Promise<Service>;
  getService(id: ServiceId): Promise<Service | undefined>;
  /** In the order of ids, those after `after`, at most `limit`. */
  listServices(after: ServiceId | undefined, limit: number): Promise<readonly Service[]>;
  /** An archived service (`active: false`) stays readable for the operator. */
  updateService(id: ServiceId, change: ServiceChange, now: number): Promise<Service | undefined>;

  /** @returns `undefined` when there is no such service; "name-taken" when a key in use has the name */
  createKey(
    serviceId: ServiceId,
    key: {
      readonly id: KeyId;
      readonly name: string;
      readonly kind: KeyKind;
      readonly secret: string;
    },
    now: number,
  ): Promise<ApiKey | "name-taken" | undefined>;
  listKeys(serviceId: ServiceId): Promise<readonly ApiKey[]>;
  /** Revokes a key for ever. Idempotent. @returns `undefined` when there is no such key */
  revokeKey(serviceId: ServiceId, id: KeyId, now: number): Promise<ApiKey | undefined>;

  getGuests(serviceId: ServiceId): Promise<Guests | undefined>;
  /** @returns `false` when there is no such service */
  setGuests(serviceId: ServiceId, guests: Guests, now: number): Promise<boolean>;

  /** The senders of one channel, oldest first. */
  listSenders(serviceId: ServiceId, channel: Channel): Promise<readonly Sender[]>;
  /**
   * Creates a sender. A new default replaces the previous default of its channel.
   *
   * @returns `undefined` when there is no such service; "taken" when the channel has a sender of this value; "full" when
   * the channel has as many senders as it may
   */
  createSender(
    serviceId: ServiceId,
    sender: Pick<Sender, "id" | "channel" | "value" | "isDefault">,
    now: number,
  ): Promise<Sender | "taken" | "full" | undefined>;
  /** Changes the fields that are present, all of them or none. @returns as {@link createSender} */
  updateSender(
    serviceId: ServiceId,
    id: SenderId,
    change: { readonly value?: string; readonly isDefault?: boolean },
    now: number,
  ): Promise<Sender | "taken" | undefined>;
  /**
   * Deletes a sender. Messages that were accepted with it keep its value.
   *
   * @returns `false` when there is no such sender
   */
  deleteSender(serviceId: ServiceId, id: SenderId, now: number): Promise<boolean>;

  createTemplate(
    serviceId: ServiceId,
    template: TemplateContent & { readonly id: TemplateId; readonly channel: Channel },
    now: number,
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
  ): Promise<TemplateVersion | undefined>;
  archiveTemplate(serviceId: ServiceId, id: TemplateId, now: number): Promise<boolean>;
  /** Reads a version, or the newest when `version` is absent. Includes archived templates. */
  getTemplate(
    serviceId: ServiceId,
    id: TemplateId,
    version?: number,
  ): Promise<TemplateVersion | undefined>;
  /**
   * The newest versions of the templates that exist, with their translations, in one round trip. Includes archived
   * templates.
   */
  getTemplates(
    serviceId: ServiceId,
    ids: readonly TemplateId[],
  ): Promise<readonly TemplateTranslations[]>;
  /** The newest versions, without archived templates, ordered by name and channel. */
  listTemplates(
    serviceId: ServiceId,
    channel: Channel | undefined,
  ): Promise<readonly TemplateVersion[]>;
}
