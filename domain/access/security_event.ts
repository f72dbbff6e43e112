/** Refused credentials and reached limits, as the log has them. */

/** The kinds of credentials. */
export type Credential = "service-token" | "access-token" | "admin-token" | "receipt";

/** The limits that a request can reach. */
export type Limit =
  /** Requests a minute of a service. */
  | "rate"
  /** Messages a day of a service. */
  | "daily"
  /** Bytes of bodies that the process holds at a time. */
  | "body-budget"
  /** Requests of a service that are worked on, or wait, at a time. */
  | "concurrency"
  /** Failed guesses of a credential from one network. */
  | "guesses"
  /** Addresses tried at the page of a file. */
  | "file-address"
  /** One-time passcodes sent to a person. */
  | "passcodes"
  /** Open inbox streams of a person. */
  | "streams";

/** A security event of a request. It holds no personal data and no part of a credential. */
export type SecurityEvent =
  | {
    readonly kind: "credential-refused";
    readonly credential: Credential;
    /** The kind of the refusal. */
    readonly reason: string;
    /** Whether the caller may be guessing: the credential is wrong, and not expired or revoked. */
    readonly isGuess: boolean;
    /** The service that the credential claims to be of; nothing proves it. */
    readonly claimedServiceId?: string;
  }
  | { readonly kind: "limit-reached"; readonly limit: Limit };
