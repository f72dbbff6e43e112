/** Why a step of an account was refused. Each is a value; no refusal holds personal data or a credential. */
import type { PasswordFault } from "./password_rules.ts";

/** Too many password hashes are being computed: HTTP 503 with `Retry-After`. */
export interface Busy {
  readonly kind: "busy";
  readonly retryAfterS: number;
}

/** A link that cannot be followed. `unknown` also for one that was never issued. */
export interface LinkRefusal {
  readonly kind: "link";
  readonly because: "unknown" | "used" | "expired" | "withdrawn";
}

/** A field of a form that is not valid. */
export type FieldRefusal =
  | { readonly kind: "name"; readonly because: "missing" | "too-long" | "invisible" }
  | { readonly kind: "email-address"; readonly because: "not-valid" }
  | { readonly kind: "password"; readonly because: PasswordFault }
  | {
    readonly kind: "mobile-number";
    readonly because: "not-valid" | "not-mobile" | "country-not-allowed";
  };

/** Registering or a reset cannot begin. */
export type StartRefusal =
  | Extract<FieldRefusal, { kind: "email-address" }>
  /** The domain may not register: by invitation only, or another domain. */
  | { readonly kind: "domain-not-allowed" }
  /** The deployment has no e-mail provider: only the operator's link works. */
  | { readonly kind: "no-email-provider" };

/** Signing in with a password is refused. */
export type SignInRefusal =
  /** The e-mail address or password is wrong, or the account is blocked. */
  | { readonly kind: "wrong-credentials" }
  /** Ten failures within 15 minutes for this address from this network. */
  | { readonly kind: "too-many-failures"; readonly retryAfterS: number }
  | Busy;

/** A code of the second factor is refused. */
export type CodeRefusal =
  /** `triesLeft` is absent where tries are counted over a time and not for one code. */
  | { readonly kind: "wrong-code"; readonly triesLeft?: number | undefined }
  /** The text has not the form of a code; no try was counted. */
  | { readonly kind: "not-a-code" }
  /** All tries were used: a new code is needed. */
  | { readonly kind: "code-spent" }
  | { readonly kind: "code-expired" }
  /** The code was used before, or its time step was. */
  | { readonly kind: "code-used" }
  /** There is no code, or the person has not set up this way. */
  | { readonly kind: "no-code" }
  /** The session is over, or does not allow it. */
  | { readonly kind: "not-allowed" }
  /** Too many wrong codes from the app or wrong recovery codes. */
  | { readonly kind: "too-many-failures"; readonly retryAfterS: number };

/** A code by text was not sent. */
export type TextRefusal =
  /** The last one was sent less than a minute ago. */
  | { readonly kind: "too-soon"; readonly retryAfterS: number }
  /** A limit of the person, of the number or of the deployment is used up. */
  | { readonly kind: "too-many-codes"; readonly retryAfterS: number }
  /** The person has no proved number and none that is to be proved. */
  | { readonly kind: "no-number" }
  | { readonly kind: "no-sms-provider" }
  /** The message was not accepted. */
  | { readonly kind: "not-sent" };

/** The session does not allow the action. */
export type SessionRefusal =
  /** Password and second factor were given more than 15 minutes ago. */
  | { readonly kind: "reauthentication-needed" }
  | { readonly kind: "not-allowed" };

/** A change of a team is refused. */
export type TeamRefusal =
  | { readonly kind: "not-found" }
  /** The change would leave the service without a member who has `manage`. */
  | { readonly kind: "last-manager" }
  | { readonly kind: "already-member" }
  | { readonly kind: "already-invited" }
  /** Only an operator may invite an address of a domain that may not register. */
  | { readonly kind: "domain-not-allowed" }
  /** The invitation is for another address than that of the person signed in. */
  | { readonly kind: "another-address" }
  /** 100 invitations a day of a service. */
  | { readonly kind: "too-many-invitations"; readonly retryAfterS: number }
  | { readonly kind: "too-many-services" }
  | { readonly kind: "no-email-provider" };
