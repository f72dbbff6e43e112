import type { ServiceId } from "../ids.ts";

/** What a person searches a service's messages for: one of the two is set. */
export interface SearchTerm {
  readonly recipient?: string | undefined;
  readonly reference?: string | undefined;
}

/**
 * Encrypts what a person searches for, so that an address of the site can carry it: addresses end in the history of the
 * browser and in the logs of proxies.
 */
export interface SearchTokens {
  /** A text that an address can carry as it is, different at each call. */
  seal(serviceId: ServiceId, term: SearchTerm): Promise<string>;
  /** @returns `undefined` for a text that was not sealed for this service */
  open(serviceId: ServiceId, token: string): Promise<SearchTerm | undefined>;
}
