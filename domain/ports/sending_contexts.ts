import type { ServiceId } from "../ids.ts";
import type { TemplateChoice } from "../sending/send_request.ts";
import type { Sender } from "../service/sender.ts";
import type { ApiKey, GuestsWithTeam, Service } from "../service/service.ts";
import type { TemplateVersion, Translations } from "../template/template_record.ts";

/** A service with the data that is needed to authenticate its callers and to evaluate their requests. */
export interface SendingContext {
  readonly service: Service;
  /** All keys of the service, revoked ones too. */
  readonly keys: readonly ApiKey[];
  /**
   * Whom team keys and services in trial mode may send to: the guest list, and the proved addresses and numbers of the
   * service's team, these as keyed hashes.
   */
  readonly guests: GuestsWithTeam;
  /** The senders of all channels. */
  readonly senders: readonly Sender[];
  /** The newest version of the requested template, even an archived one; `undefined` when it does not exist. */
  readonly template: TemplateVersion | undefined;
  /** The newest versions of the template's translations; empty without a template. */
  readonly translations: Translations;
  /** Whether this call read the context from the store. A context from the cache can be outdated. */
  readonly fresh: boolean;
}

/** Loads sending contexts, through a cache in this process. */
export interface SendingContexts {
  /**
   * Loads a service's context, from the cache unless `fresh` is set. A context that is not cached costs one round trip,
   * including the template and its translations.
   *
   * @param options.template the template that the request names; without it the context has none
   * @returns `undefined` when there is no such service
   */
  load(
    serviceId: ServiceId,
    options: { readonly fresh: boolean; readonly template?: TemplateChoice },
  ): Promise<SendingContext | undefined>;
  /**
   * Finds the first of `keys` whose secret signed the token. Only HS256 counts as a signature.
   *
   * @param token the JWT in its compact form
   * @returns `undefined` when no key did
   */
  findSigner(
    serviceId: ServiceId,
    token: string,
    keys: readonly ApiKey[],
  ): Promise<ApiKey | undefined>;
  /**
   * Removes a service from the cache of this process, after a change of it: the next load reads the store. Other
   * processes keep theirs.
   */
  forget(serviceId: ServiceId): void;
}
