/** The access tokens of citizens and officers (`X-Access-Token`). No I/O, no clock: `now` is passed in. */
import * as z from "zod/mini";
import { type PersonId, personText, type Realm } from "../recipient/realm.ts";
import { ok, refuse, type Result } from "../result.ts";

/** What a verified access token (a person's or officer's JWT) tells about the caller. */
export interface AccessToken {
  /** The value of the claim that {@link PersonClaims} names, or of `RECIPIENT_ID`, or of `sub`. */
  readonly recipientId: string;
  /**
   * The realm of the token's issuer; absent when the deployment has no realms, and `null` when it gives the issuer
   * none. Use {@link personOf}, which refuses such a token.
   */
  readonly realm?: Realm | null;
  /** The union of the claims `roles` and `realm_access.roles`. */
  readonly roles: readonly string[];
  /** The person's tax number (claim `drfo`), if the token has it. */
  readonly drfo: string | undefined;
  /** Claim `exp`, in epoch milliseconds. */
  readonly expiresAt: number;
}

/** Why a token is not valid. */
export type TokenFault =
  /** Not a signed JWT, too long, without `exp`, or with a time that is not a number from 0 to 2^33. */
  | "malformed"
  /** Not an access token: the header's or the claims' `typ` names another kind, such as an ID token. */
  | "type"
  /** Signed with an algorithm that is not accepted, or not signed. */
  | "algorithm"
  | "signature"
  /** No trusted key has its `kid`. */
  | "unknown-key"
  | "expired"
  /** Its `exp` is further ahead than the deployment allows. */
  | "lifetime"
  | "not-yet-valid"
  | "issuer"
  | "audience"
  /** It has no recipient id, or one that is blank, too long, or contains control characters. */
  | "recipient";

/** Why the access token of a caller is refused. */
export type TokenRefusal =
  | { readonly kind: "token-missing" }
  | {
    readonly kind: "token-not-valid";
    readonly because: TokenFault;
    /** The claim with the recipient's id, when the deployment names it and it is the fault. */
    readonly claim?: string;
  }
  /** The key server is unavailable: the token may be valid, and the caller can retry. */
  | { readonly kind: "keys-unreachable" };

/** Which claims and issuers of access tokens identify a person, as the deployment is configured. */
export interface PersonClaims {
  /** The claim with the recipient's id; `undefined` for `RECIPIENT_ID`, or `sub` when that is absent. */
  readonly claim: string | undefined;
  /** The realm of each issuer's people; `undefined` when ids are the same person's whatever the issuer is. */
  readonly realms: ReadonlyMap<string, Realm> | undefined;
}

/** The claims with which the platform's tokens named a person from the beginning, and no realms. */
const DEFAULT_PERSON_CLAIMS: PersonClaims = { claim: undefined, realms: undefined };

/**
 * Returns the person that a verified token names: whose inbox, settings and passcodes it gives access to. The realm is
 * the one of the token's verified issuer, never a claim of its own.
 *
 * @returns `undefined` when the deployment has realms, and gives none to the token's issuer: it names no person then,
 *   because the same id would be a citizen's or an officer's
 */
export function personOf({ recipientId, realm }: AccessToken): PersonId | undefined {
  if (realm === null) return undefined;
  return realm === undefined ? { recipientId } : { recipientId, realm };
}

/** Returns one text for the caller of a token, as `personText`; also for one that names no person. */
export function callerText(token: AccessToken): string {
  const person = personOf(token);
  // No person has an empty realm, and no id begins with a control character.
  return person === undefined ? `\u0000${token.recipientId}` : personText(person);
}

/** Verifies access tokens. */
export interface AccessTokens {
  /**
   * Verifies a token's signature, time, issuer and audience, and reads the caller from its claims.
   *
   * @param token the header's value; `undefined` and empty are `token-missing`
   * @param now epoch milliseconds
   */
  verify(token: string | undefined, now: number): Promise<Result<AccessToken, TokenRefusal>>;
}

/** How far ahead a token may expire unless the deployment says otherwise: 24 hours, in seconds. */
export const DEFAULT_MAX_TOKEN_LIFETIME_S = 24 * 60 * 60;
/**
 * The latest time that a claim may have, in seconds since 1970 (the year 2242); with a later one a token is
 * `malformed`.
 */
export const MAX_CLAIM_TIME_S = 2 ** 33;
/** The longest token, in characters; a longer one is `malformed`. It is the usual limit of gateways for a header. */
export const MAX_ACCESS_TOKEN_LENGTH = 32 * 1024;
/** The longest recipient id, in UTF-16 units. A token with a longer one is refused. */
export const MAX_RECIPIENT_ID_LENGTH = 255;
/** The longest tax number, in UTF-16 units. A longer one is ignored, and the token stays valid. */
export const MAX_DRFO_LENGTH = 32;

/** Non-empty text without control characters and lone surrogates, so that a column and a log can hold it. */
const plainText = (maxLength: number) =>
  z.string().check(z.maxLength(maxLength), z.regex(/\S/), z.regex(/^[^\p{Cc}\p{Cs}]*$/u));

// Entries of the list that are not strings are ignored; the token is still valid.
const roles = z.pipe(
  z.catch(z.array(z.unknown()), []),
  z.transform((list: unknown[]) => list.filter((role) => typeof role === "string")),
);

/** Seconds since 1970; fractions are allowed (RFC 7519 section 2). */
const claimTime = z.number().check(z.minimum(0), z.maximum(MAX_CLAIM_TIME_S));

/** The values of the header's `typ` (RFC 7519 section 5.1, RFC 9068 section 2.1), in lower case. */
const TOKEN_TYPES: ReadonlySet<string> = new Set(["jwt", "at+jwt", "application/at+jwt"]);

/**
 * The claim `typ` of an access token, where an issuer writes one. Keycloak's other kinds are `ID`, `Refresh`, `Offline`
 * and `Logout`.
 */
const ACCESS_TOKEN_CLAIM = "Bearer";

const claimsSchema = z.looseObject({
  exp: claimTime,
  iat: z.optional(claimTime),
  nbf: z.optional(claimTime),
  roles,
  realm_access: z.catch(z.looseObject({ roles }), { roles: [] }),
  drfo: z.catch(z.optional(plainText(MAX_DRFO_LENGTH)), undefined),
});

const recipientId = plainText(MAX_RECIPIENT_ID_LENGTH);

/** Whether the header's `typ` is absent or that of an access token, in any case. */
export function isAccessTokenType(typ: unknown): boolean {
  if (typ === undefined) return true;
  return typeof typ === "string" && TOKEN_TYPES.has(typ.toLowerCase());
}

/**
 * Parses the claims of a token whose signature and time were verified.
 *
 * @param latestExpiryS the latest accepted `exp`, in seconds since 1970
 * @param person which claims name the recipient
 * @returns the caller; or `token-not-valid` because of `malformed`, `type`, `lifetime` or `recipient`
 */
export function readAccessToken(
  claims: unknown,
  latestExpiryS: number,
  { claim, realms }: PersonClaims = DEFAULT_PERSON_CLAIMS,
): Result<AccessToken, TokenRefusal> {
  const parsed = claimsSchema.safeParse(claims);
  if (!parsed.success) return refuse(notValid("malformed"));
  const { exp, iss, typ, roles, realm_access, drfo } = parsed.data;
  if (typ !== undefined && typ !== ACCESS_TOKEN_CLAIM) return refuse(notValid("type"));
  if (exp > latestExpiryS) return refuse(notValid("lifetime"));
  const recipient = recipientId.safeParse(readRecipient(parsed.data, claim));
  if (!recipient.success) {
    return refuse({ ...notValid("recipient"), ...(claim === undefined ? {} : { claim }) });
  }
  const realm = typeof iss === "string" ? realms?.get(iss) : undefined;
  return ok({
    recipientId: recipient.data,
    ...(realms === undefined ? {} : { realm: realm ?? null }),
    roles: [...new Set([...roles, ...realm_access.roles])],
    drfo,
    expiresAt: exp * 1000,
  });
}

/** The claim that names the recipient. A named claim is the only one: another would name another person. */
function readRecipient(
  claims: Readonly<Record<string, unknown>>,
  claim: string | undefined,
): unknown {
  if (claim !== undefined) return Object.hasOwn(claims, claim) ? claims[claim] : undefined;
  const { RECIPIENT_ID, sub } = claims;
  return RECIPIENT_ID === undefined ? sub : RECIPIENT_ID;
}

/** Makes the refusal of a token that is not valid. */
export function notValid(
  because: TokenFault,
): Extract<TokenRefusal, { readonly kind: "token-not-valid" }> {
  return { kind: "token-not-valid", because };
}
