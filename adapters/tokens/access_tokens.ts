import { type CryptoKey, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from "jose";
import {
  type PublicKey,
  SIGNATURE_ALGORITHM_NAMES,
  type SignatureAlgorithm,
} from "../../domain/access/access_token_keys.ts";
import {
  type AccessToken,
  type AccessTokens,
  MAX_ACCESS_TOKEN_LENGTH,
  notValid,
  readAccessToken,
  type TokenFault,
  type TokenRefusal,
} from "../../domain/access/access_tokens.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { createKeyServer, type KeyServerDependencies } from "./key_server.ts";
import { createFixedSource, type KeySet, type KeySource } from "./key_set.ts";
import { createRemembered } from "./verified_token_cache.ts";

/** How far the clocks of the issuer and of this machine may be apart. */
export const CLOCK_TOLERANCE_S = 5;

/** Which tokens are taken. */
export interface AccessTokensConfig {
  readonly keys: { readonly jwks: readonly PublicKey[] } | { readonly urls: readonly string[] };
  /**
   * Issuers that are taken; none: any. As many as there are addresses: each address speaks for the issuer in its
   * place only, so that one realm's key can sign nothing in another's name.
   */
  readonly issuers: readonly string[];
  /** Audiences of which a token must name one; none: any or none. */
  readonly audiences: readonly string[];
}

/** Keys, and the issuers that they speak for. */
interface Authority {
  readonly source: KeySource;
  readonly issuers: readonly string[];
}

/** What a token's header says of its key. */
interface TokenHeader {
  readonly algorithm: SignatureAlgorithm;
  readonly kid: string | undefined;
}

type Verdict = Result<AccessToken, TokenRefusal>;

/** Verifies access tokens with the keys given, or with those of one or several key servers. */
export function createAccessTokens(
  config: AccessTokensConfig,
  dependencies: KeyServerDependencies,
): AccessTokens {
  const { audiences } = config;
  const authorities = connectAuthorities(config, dependencies);
  const remembered = createRemembered();

  async function askOne(
    { issuers }: Authority,
    set: KeySet | undefined,
    token: string,
    { algorithm, kid }: TokenHeader,
    now: number,
  ): Promise<Verdict> {
    if (set === undefined) return refuse({ kind: "keys-unreachable" });
    const keys = set.find(algorithm, kid);
    let fault: TokenFault = keys.length === 0 ? "unknown-key" : "signature";
    for (const key of keys) {
      const verified = await verifyWith(key, token, { issuers, audiences, now });
      if (verified.ok) return readAccessToken(verified.value);
      fault = verified.refusal;
      if (fault !== "signature") break;
    }
    return refuse(notValid(fault));
  }

  /** Asks one authority after another, until one knows the token's key. */
  async function askAll(
    sets: readonly (KeySet | undefined)[],
    token: string,
    header: TokenHeader,
    now: number,
  ): Promise<Verdict> {
    const refusals: TokenRefusal[] = [];
    for (const [index, authority] of authorities.entries()) {
      const set = sets[index];
      const verdict = await askOne(authority, set, token, header, now);
      if (verdict.ok && set !== undefined) {
        const { source } = authority;
        remembered.add(token, { accessToken: verdict.value, source, set, since: now });
      }
      if (verdict.ok || isLastWord(verdict.refusal)) return verdict;
      refusals.push(verdict.refusal);
    }
    return refuse(summarise(refusals));
  }

  return {
    async verify(token, now) {
      if (token === undefined || token === "") return refuse({ kind: "token-missing" });
      const header = readHeader(token);
      if (!header.ok) return refuse(notValid(header.refusal));
      const known = remembered.get(token, now);
      if (known !== undefined) return ok(known);

      // First with what is at hand, so that one key server that is slow holds up no tokens of another's.
      const atHand = authorities.map(({ source }) => source.atHand(now));
      const verdict = await askAll(atHand, token, header.value, now);
      if (verdict.ok || isLastWord(verdict.refusal)) return verdict;
      const newest = await Promise.all(authorities.map(({ source }) => source.newest(now)));
      if (newest.every((set, index) => set === atHand[index])) return verdict;
      return await askAll(newest, token, header.value, now);
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

/** Whether no other key could make this refusal another. */
function isLastWord(refusal: TokenRefusal): boolean {
  if (refusal.kind !== "token-not-valid") return false;
  return refusal.because !== "unknown-key" && refusal.because !== "signature";
}

/** What all authorities together say, of which none knew the key: one that could not be asked might have. */
function summarise(refusals: readonly TokenRefusal[]): TokenRefusal {
  return refusals.find(({ kind }) => kind === "keys-unreachable") ??
    refusals.find((refusal) => "because" in refusal && refusal.because === "signature") ??
    notValid("unknown-key");
}

function readHeader(token: string): Result<TokenHeader, TokenFault> {
  if (token.length > MAX_ACCESS_TOKEN_LENGTH) return refuse("malformed");
  let header: ReturnType<typeof decodeProtectedHeader>;
  try {
    header = decodeProtectedHeader(token);
  } catch {
    return refuse("malformed");
  }
  const { alg, kid } = header;
  if (typeof alg !== "string") return refuse("malformed");
  if (kid !== undefined && typeof kid !== "string") return refuse("malformed");
  const algorithm = SIGNATURE_ALGORITHM_NAMES.find((name) => name === alg);
  return algorithm === undefined ? refuse("algorithm") : ok({ algorithm, kid });
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

/** Claims that are judged by their value, and what it is called when they fail. */
const FAULTS_OF_CLAIMS: Readonly<Record<string, TokenFault>> = {
  nbf: "not-yet-valid",
  iss: "issuer",
  aud: "audience",
};

/** @throws what is no error about a token */
function faultOf(error: unknown): TokenFault {
  if (error instanceof errors.JWTExpired) return "expired";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "signature";
  if (error instanceof errors.JWTClaimValidationFailed) {
    // An `nbf` that is no time is a broken token, not one to wait for.
    const isJudged = error.claim !== "nbf" || error.reason === "check_failed";
    return (isJudged ? FAULTS_OF_CLAIMS[error.claim] : undefined) ?? "malformed";
  }
  if (error instanceof errors.JOSEError) return "malformed";
  throw error;
}
