/** The access tokens of citizens and officers (`X-Access-Token`). No I/O, no clock: `now` is passed in. */
import * as z from "zod/mini";
import { ok, refuse, type Result } from "../result.ts";

/** The caller, by a token whose signature and time were verified. */
export interface AccessToken {
  /** Claim `RECIPIENT_ID`, or `sub` when it is absent. */
  readonly recipientId: string;
  /** The union of the claims `roles` and `realm_access.roles`. */
  readonly roles: readonly string[];
  /** The person's tax number (claim `drfo`), if the token has it. */
  readonly drfo: string | undefined;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** Why a token is not valid. */
export type TokenFault =
  /** Not a signed JWT, too long, or without a numeric `exp`. */
  | "malformed"
  /** Signed with an algorithm that is not accepted, or not signed. */
  | "algorithm"
  | "signature"
  /** No trusted key has its `kid`. */
  | "unknown-key"
  | "expired"
  | "not-yet-valid"
  | "issuer"
  | "audience"
  /** It has no recipient id. */
  | "recipient";

/** Why a caller with a token is refused. */
export type TokenRefusal =
  | { readonly kind: "token-missing" }
  | { readonly kind: "token-not-valid"; readonly because: TokenFault }
  /** The key server is unavailable: the token may be valid, and the caller can retry. */
  | { readonly kind: "keys-unreachable" };

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
/** The longest token, in characters: the usual limit of gateways for a header. */
export const MAX_ACCESS_TOKEN_LENGTH = 32 * 1024;
/** The longest recipient id, in characters. */
export const MAX_RECIPIENT_ID_LENGTH = 255;
/** The longest tax number, in characters. */
export const MAX_DRFO_LENGTH = 32;

/** Non-empty text without control characters and lone surrogates, so that a column and a log can hold it. */
const plainText = (maxLength: number) =>
  z.string().check(z.maxLength(maxLength), z.regex(/\S/), z.regex(/^[^\p{Cc}\p{Cs}]*$/u));

// Entries of the list that are not strings are ignored; the token is still valid.
const roles = z.pipe(
  z.catch(z.array(z.unknown()), []),
  z.transform((list: unknown[]) => list.filter((role) => typeof role === "string")),
);

const claimsSchema = z.looseObject({
  exp: z.number(),
  roles,
  realm_access: z.catch(z.looseObject({ roles }), { roles: [] }),
  drfo: z.catch(z.optional(plainText(MAX_DRFO_LENGTH)), undefined),
});

const recipientId = plainText(MAX_RECIPIENT_ID_LENGTH);

/** Parses the claims of a token whose signature and time were verified. */
export function readAccessToken(claims: unknown): Result<AccessToken, TokenRefusal> {
  const parsed = claimsSchema.safeParse(claims);
  if (!parsed.success) return refuse(notValid("malformed"));
  const { exp, roles, realm_access, drfo, RECIPIENT_ID, sub } = parsed.data;
  const recipient = recipientId.safeParse(RECIPIENT_ID === undefined ? sub : RECIPIENT_ID);
  if (!recipient.success) return refuse(notValid("recipient"));
  return ok({
    recipientId: recipient.data,
    roles: [...new Set([...roles, ...realm_access.roles])],
    drfo,
    expiresAt: exp * 1000,
  });
}

/** The refusal of a token that is not valid. */
export function notValid(because: TokenFault): TokenRefusal {
  return { kind: "token-not-valid", because };
}
