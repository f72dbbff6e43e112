import type { ServiceId } from "../ids.ts";
import type { TemplateChoice } from "../sending/send_request.ts";
import type { Sender } from "../service/sender.ts";
import type { ApiKey, Guests, Service } from "../service/service.ts";
import type { TemplateVersion, Translations } from "../template/template_record.ts";

/** A service with the data that is needed to authenticate its callers and to evaluate their requests. */
export interface SendingContext {
  readonly service: Service;
  readonly keys: readonly ApiKey[];
  readonly guests: Guests;
  readonly senders: readonly Sender[];
  /** The newest version of the requested template, even an archived one; `undefined` when it does not exist. */
  readonly template: TemplateVersion | undefined;
  /** The newest versions of the template's translations; empty without a template. */
  readonly translations: Translations;
  /** Whether this call read it from the store, not from the cache. */
  readonly fresh: boolean;
}

/** Loads sending contexts, through a cache in this isolate. */
export interface SendingContexts {
  /**
   * Loads a service's context, from the cache unless `fresh` is set. A context that is not cached costs one round trip,
   * including the template and its translations.
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
  /** Removes a service from the cache. */
  forget(serviceId: ServiceId): void;
}
