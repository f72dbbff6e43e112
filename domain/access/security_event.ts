/** Refused credentials and reached limits, as the log has them. */

/**
 * The kinds of credentials: a service's JWT, a person's or officer's access token, the operator's admin token, a
 * management token, the tokens for metrics and for `/internal/dispatch`, and the signature or password of a provider's webhook call (`receipt`); of
 * people at the pages their password, and the code of their second factor.
 */
export type Credential =
  | "service-token"
  | "access-token"
  | "admin-token"
  | "management-token"
  | "metrics-token"
  | "dispatch-token"
  | "receipt"
  | "password"
  | "second-factor";

/**
 * The limits that a request can reach. The request is then refused, except that an answer to a guess may only be
 * delayed.
 */
export type Limit =
  /** Requests a minute of a service. */
  | "rate"
  /** Messages a day of a service. */
  | "daily"
  /** Bytes of bodies that the process holds at a time. */
  | "body-budget"
  /** Requests of a service that this process works on, or that wait in it, at a time. */
  | "concurrency"
  /** Failed guesses of a credential from one network, counted in this process. */
  | "guesses"
  /** Attempts to confirm the recipient's address of one file. */
  | "file-address"
  /** One-time passcodes sent to a person. */
  | "passcodes"
  /** Requests for events that wait in this process: of one caller, or of all. */
  | "waits"
  /** Failed sign-ins for one address from one network, or failed codes of a person. */
  | "sign-ins"
  /** Inbox event streams of a person that are open in this process. */
  | "streams"
  /** Invitations a day of a service. */
  | "invitations"
  /** Requests of a service to go live, a day. */
  | "go-live-requests"
  /** Calls of `POST /internal/dispatch` a minute, of this process. */
  | "dispatch-calls"
  /** Messages of a service that prove reply-to addresses, a day. */
  | "reply-to-proofs";

/**
 * A security event (a refused credential or a reached limit) of a request, for the log. It holds no personal data and
 * no part of a credential.
 */
export type SecurityEvent =
  | {
    readonly kind: "credential-refused";
    readonly credential: Credential;
    /** The `kind` of the refusal, such as `key-not-found`. */
    readonly reason: string;
    /** Whether the caller may be guessing: the credential is wrong, and not expired or revoked. */
    readonly isGuess: boolean;
    /** The service that the credential claims to be of; nothing proves it. */
    readonly claimedServiceId?: string;
  }
  | { readonly kind: "limit-reached"; readonly limit: Limit };
