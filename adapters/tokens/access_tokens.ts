import { type CryptoKey, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from "jose";
import {
  type PublicKey,
  SIGNATURE_ALGORITHM_NAMES,
  type SignatureAlgorithm,
} from "../../domain/access/access_token_keys.ts";
import {
  type AccessToken,
  type AccessTokens,
  DEFAULT_MAX_TOKEN_LIFETIME_S,
  isAccessTokenType,
  MAX_ACCESS_TOKEN_LENGTH,
  notValid,
  type PersonClaims,
  readAccessToken,
  type TokenFault,
  type TokenRefusal,
} from "../../domain/access/access_tokens.ts";
import { fromBase64Url } from "../../domain/access/service_token/base64url.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { createKeyServer, type KeyServerDependencies } from "./key_server.ts";
import { createFixedSource, type KeySet, type KeySource } from "./key_set.ts";
import { createVerifiedTokenCache } from "./verified_token_cache.ts";

/** How far the clocks of the issuer and of this machine may differ, in seconds. */
export const CLOCK_TOLERANCE_S = 5;

/** Which access tokens (JWTs of citizens and officers) are accepted. */
export interface AccessTokensConfig {
  /** The public keys that verify signatures: given as JSON Web Keys, or the URLs of servers with JSON Web Key Sets. */
  readonly keys: { readonly jwks: readonly PublicKey[] } | { readonly urls: readonly string[] };
  /**
   * The accepted values of the claim `iss`; when empty, the issuer is not checked. With as many issuers as URLs, the
   * keys of each URL are valid for the issuer at the same index only, so that the keys of one realm cannot sign for
   * another.
   */
  readonly issuers: readonly string[];
  /** Audiences of which a token must have one; when empty, the audience is not checked. */
  readonly audiences: readonly string[];
  /** How far ahead a token may expire, in seconds; {@link DEFAULT_MAX_TOKEN_LIFETIME_S} when absent. */
  readonly maxLifetimeS?: number;
  /** Which claims name the recipient; `RECIPIENT_ID` or `sub`, and no realms, when absent. */
  readonly person?: PersonClaims;
}

/** Keys, and the issuers that they are valid for. */
interface Authority {
  readonly source: KeySource;
  readonly issuers: readonly string[];
}

/** The header of a token, as far as it selects the key. */
interface TokenHeader {
  readonly algorithm: SignatureAlgorithm;
  readonly kid: string | undefined;
}

type Verification = Result<AccessToken, TokenRefusal>;

/**
 * Creates the verifier of access tokens, with configured keys or the keys of one or several servers. It caches keys and
 * verified tokens in the process's memory. When no cached key fits a token, it fetches the keys anew, but from each
 * server at most once in 30 seconds, or 5 seconds after a failed fetch.
 */
export function createAccessTokens(
  config: AccessTokensConfig,
  dependencies: KeyServerDependencies,
): AccessTokens {
  const { audiences, maxLifetimeS = DEFAULT_MAX_TOKEN_LIFETIME_S, person } = config;
  const authorities = connectAuthorities(config, dependencies);
  const cache = createVerifiedTokenCache();

  async function verifyAt(
    { issuers }: Authority,
    set: KeySet | undefined,
    token: string,
    { algorithm, kid }: TokenHeader,
    now: number,
  ): Promise<Verification> {
    if (set === undefined) return refuse({ kind: "keys-unreachable" });
    const keys = set.find(algorithm, kid);
    let fault: TokenFault = keys.length === 0 ? "unknown-key" : "signature";
    for (const key of keys) {
      const verified = await verifyWith(key, token, { issuers, audiences, now });
      const latestExpiryS = now / 1000 + maxLifetimeS + CLOCK_TOLERANCE_S;
      if (verified.ok) return readAccessToken(verified.value, latestExpiryS, person);
      fault = verified.refusal;
      if (fault !== "signature") break;
    }
    return refuse(notValid(fault));
  }

  /** Tries one authority after another, until one has the token's key. */
  async function verifyAtAny(
    sets: readonly (KeySet | undefined)[],
    token: string,
    header: TokenHeader,
    now: number,
  ): Promise<Verification> {
    const refusals: TokenRefusal[] = [];
    for (const [index, authority] of authorities.entries()) {
      const set = sets[index];
      const verification = await verifyAt(authority, set, token, header, now);
      if (verification.ok && set !== undefined) {
        const { source } = authority;
        cache.add(token, { accessToken: verification.value, source, set, since: now });
      }
      if (verification.ok || isFinal(verification.refusal)) return verification;
      refusals.push(verification.refusal);
    }
    return refuse(summarise(refusals));
  }

  return {
    async verify(token, now) {
      if (token === undefined || token === "") return refuse({ kind: "token-missing" });
      const header = readHeader(token);
      if (!header.ok) return refuse(notValid(header.refusal));
      const cached = cache.get(token, now);
      if (cached !== undefined) return ok(cached);

      // First with the cached keys, so that a slow key server does not delay tokens of another.
      const cachedKeys = authorities.map(({ source }) => source.cached(now));
      const verification = await verifyAtAny(cachedKeys, token, header.value, now);
      if (verification.ok || isFinal(verification.refusal)) return verification;
      const newest = await Promise.all(authorities.map(({ source }) => source.newest(now)));
      if (newest.every((set, index) => set === cachedKeys[index])) return verification;
      return await verifyAtAny(newest, token, header.value, now);
    },
  };
}

function connectAuthorities(
  { keys, issuers }: AccessTokensConfig,
  dependencies: KeyServerDependencies,
): readonly Authority[] {
  if ("jwks" in keys) return [{ source: createFixedSource(keys.jwks), issuers }];
  return keys.urls.map((url, index) => ({
    source: createKeyServer(url, dependencies),
    issuers: keys.urls.length === issuers.length ? issuers.slice(index, index + 1) : issuers,
  }));
}

/** Whether the refusal does not depend on the key, so that no other key needs to be tried. */
function isFinal(refusal: TokenRefusal): boolean {
  if (refusal.kind !== "token-not-valid") return false;
  return refusal.because !== "unknown-key" && refusal.because !== "signature";
}

/** Combines the refusals when no authority had the key. An unavailable key server may have it, so that comes first. */
function summarise(refusals: readonly TokenRefusal[]): TokenRefusal {
  return refusals.find(({ kind }) => kind === "keys-unreachable") ??
    refusals.find((refusal) => "because" in refusal && refusal.because === "signature") ??
    notValid("unknown-key");
}

/** The compact form of a signed token (RFC 7515 section 7.1); its signature may be absent. */
const COMPACT_FORM = /^[\w-]+\.[\w-]+\.[\w-]*$/;

function readHeader(token: string): Result<TokenHeader, TokenFault> {
  if (token.length > MAX_ACCESS_TOKEN_LENGTH) return refuse("malformed");
  if (!COMPACT_FORM.test(token)) return refuse("malformed");
  let header: ReturnType<typeof decodeProtectedHeader>;
  try {
    header = decodeProtectedHeader(token);
  } catch {
    return refuse("malformed");
  }
  const { alg, kid, typ, b64 = true } = header;
  // Without `crit`, `jose` ignores that the payload claims not to be encoded (RFC 7797 section 6).
  if (typeof alg !== "string" || b64 !== true) return refuse("malformed");
  if (kid !== undefined && typeof kid !== "string") return refuse("malformed");
  const algorithm = SIGNATURE_ALGORITHM_NAMES.find((name) => name === alg);
  if (algorithm === undefined) return refuse("algorithm");
  return isAccessTokenType(typ) ? ok({ algorithm, kid }) : refuse("type");
}

interface Rules {
  readonly issuers: readonly string[];
  readonly audiences: readonly string[];
  readonly now: number;
}

async function verifyWith(
  key: CryptoKey,
  token: string,
  { issuers, audiences, now }: Rules,
): Promise<Result<JWTPayload, TokenFault>> {
  // `jose` skips stray bits of the last character, so that one token would have many texts.
  const signature = fromBase64Url(token.slice(token.lastIndexOf(".") + 1));
  if (signature === undefined) return refuse("malformed");
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [...SIGNATURE_ALGORITHM_NAMES],
      currentDate: new Date(now),
      clockTolerance: CLOCK_TOLERANCE_S,
      requiredClaims: ["exp"],
      ...(issuers.length === 0 ? {} : { issuer: [...issuers] }),
      ...(audiences.length === 0 ? {} : { audience: [...audiences] }),
    });
    return ok(payload);
  } catch (error) {
    return refuse(faultOf(error));
  }
}

/** The fault of each claim whose value is checked. */
const CLAIM_FAULTS: Readonly<Record<string, TokenFault>> = {
  nbf: "not-yet-valid",
  iss: "issuer",
  aud: "audience",
};

/** @throws errors that do not concern the token */
function faultOf(error: unknown): TokenFault {
  if (error instanceof errors.JWTExpired) return "expired";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "signature";
  if (error instanceof errors.JWTClaimValidationFailed) {
    // An `nbf` that is not a time is a malformed token, not one that becomes valid later.
    const isChecked = error.claim !== "nbf" || error.reason === "check_failed";
    return (isChecked ? CLAIM_FAULTS[error.claim] : undefined) ?? "malformed";
  }
  if (error instanceof errors.JOSEError) return "malformed";
  throw error;
}
