/** The tokens that citizens and officers come with (`X-Access-Token`). No I/O, no clock: `now` is passed in. */
import * as z from "zod/mini";
import { ok, refuse, type Result } from "../result.ts";

/** Who is calling, as a token says whose signature and time were good. */
export interface AccessToken {
  /** Claim `RECIPIENT_ID`, or `sub` where that is absent. */
  readonly recipientId: string;
  /** Claims `roles` and `realm_access.roles` together, each role once. */
  readonly roles: readonly string[];
  /** The person's tax number, where the token has it. */
  readonly drfo: string | undefined;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** What is wrong with a token that was sent. */
export type TokenFault =
  /** Not a signed JWT of bearable size, or without an `exp` that is a number. */
  | "malformed"
  /** Signed in a way that is not taken, or not at all. */
  | "algorithm"
  | "signature"
  /** No key that is trusted goes by its `kid`. */
  | "unknown-key"
  | "expired"
  | "not-yet-valid"
  | "issuer"
  | "audience"
  /** It does not say whose it is. */
  | "recipient";

/** Why a token does not let its bearer in. */
export type TokenRefusal =
  | { readonly kind: "token-missing" }
  | { readonly kind: "token-not-valid"; readonly because: TokenFault }
  /** The key could not be asked for: the token may be good, and the caller may try again. */
  | { readonly kind: "keys-unreachable" };

/** Verifies access tokens. */
export interface AccessTokens {
  /**
   * Verifies a token's signature, its time, its issuer and its audience, and reads who is calling.
   *
   * @param token the header's value; `undefined` and empty are `token-missing`
   * @param now epoch milliseconds
   */
  verify(token: string | undefined, now: number): Promise<Result<AccessToken, TokenRefusal>>;
}

/** The most characters of a token: what gateways let through in a header. */
export const MAX_ACCESS_TOKEN_LENGTH = 32 * 1024;
/** The most characters of a recipient's id. */
export const MAX_RECIPIENT_ID_LENGTH = 255;
/** The most characters of a tax number. */
export const MAX_DRFO_LENGTH = 32;

/** A text that is something, and that a column and a log can hold: no control characters, no half characters. */
const plainText = (maxLength: number) =>
  z.string().check(z.maxLength(maxLength), z.regex(/\S/), z.regex(/^[^\p{Cc}\p{Cs}]*$/u));

// A list may hold other things than roles: they are no roles, and fail nobody.
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

/** Reads the claims of a token whose signature and time have been verified. */
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

/** The refusal of a token that has this fault. */
export function notValid(because: TokenFault): TokenRefusal {
  return { kind: "token-not-valid", because };
}
