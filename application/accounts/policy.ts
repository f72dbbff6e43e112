/** The deployment's settings of accounts. */
export interface AccountPolicy {
  /** The domains that may register; `*` for all, none for by invitation only. */
  readonly registrationDomains: readonly string[];
  /** ISO 3166 codes of the countries whose mobile numbers get codes by text; `*` for all. */
  readonly signInCountries: readonly string[];
  /** Whom people write to about the deployment; `undefined` for `operator@` and the domain of its e-mails. */
  readonly contactEmail: string | undefined;
  readonly termsUrl: string | undefined;
  /** Whether the deployment has a provider of the channel. */
  readonly hasEmail: boolean;
  readonly hasSms: boolean;
}
