import type { ServiceId } from "../ids.ts";
import type { TemplateChoice } from "../sending/send_request.ts";
import type { Sender } from "../service/sender.ts";
import type { ApiKey, Guests, Service } from "../service/service.ts";
import type { TemplateVersion, Translations } from "../template/template_record.ts";

/** A service with what is needed to judge its callers and their requests. */
export interface SendingContext {
  readonly service: Service;
  readonly keys: readonly ApiKey[];
  readonly guests: Guests;
  readonly senders: readonly Sender[];
  /** The template that was asked for, newest version, archived ones too; `undefined` when there is none. */
  readonly template: TemplateVersion | undefined;
  /** The template's translations in other languages, newest versions; none where there is no template, or it has none. */
  readonly translations: Translations;
  /** Read from the store for this very call, not remembered. */
  readonly fresh: boolean;
}

/** Who may call, and what with. */
export interface SendingContexts {
  /**
   * The service's context. Remembered ones are given unless `fresh` is asked for; what is not remembered costs one
   * round trip, the template and its translations included.
   *
   * @returns `undefined` when there is no such service
   */
  load(
    serviceId: ServiceId,
    options: { readonly fresh: boolean; readonly template?: TemplateChoice },
  ): Promise<SendingContext | undefined>;
  /** The first of `keys` whose secret signed the token (HS256, nothing else), or `undefined`. */
  findSigner(
    serviceId: ServiceId,
    token: string,
    keys: readonly ApiKey[],
  ): Promise<ApiKey | undefined>;
  /** Drops what is remembered of a service. */
  forget(serviceId: ServiceId): void;
}
