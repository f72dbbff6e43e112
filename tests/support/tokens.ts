/** Keys and access tokens for tests, valid and invalid ones. */
import assert from "node:assert/strict";
import {
  CompactSign,
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWK,
  SignJWT,
} from "jose";
import { RUNNER } from "./runner.ts";

/** The time of token tests: 2026-05-01T12:00:00Z, epoch milliseconds. */
export const TOKEN_NOW = Date.UTC(2026, 4, 1, 12);

/** The algorithms of test keys. */
export type TestAlgorithm = "RS256" | "PS256" | "ES256";

/** A key pair that signs tokens. */
export interface TestKeys {
  readonly algorithm: TestAlgorithm;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  /** With `kid`, `alg` and `use`, as key servers publish it. */
  readonly publicJwk: JWK;
  /** Must never be in a published key set. */
  readonly privateJwk: JWK;
}

/** Creates a key pair. */
export async function makeKeys(algorithm: TestAlgorithm, kid: string): Promise<TestKeys> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const about = { kid, alg: algorithm, use: "sig" };
  return {
    algorithm,
    kid,
    privateKey,
    publicKey,
    publicJwk: { ...await exportJWK(publicKey), ...about },
    privateJwk: { ...await exportJWK(privateKey), ...about },
  };
}

/** The JSON text of a key set, as in `ACCESS_TOKEN_JWKS` or a key server's answer. */
export function toJwks(...keys: readonly TestKeys[]): string {
  return JSON.stringify({ keys: keys.map(({ publicJwk }) => publicJwk) });
}

/** The options of a token. */
export interface TokenOptions {
  /** Epoch milliseconds; {@link TOKEN_NOW} when absent. */
  readonly now?: number;
  /** How long it lives; an hour when absent. `exp` among the claims wins. */
  readonly lifeS?: number;
  /** Replaces members of the header; `undefined` takes one out. */
  readonly header?: Readonly<Record<string, unknown>>;
}

/** Issues a token. A claim that is `undefined` is left out, even a default one. */
export async function issueToken(
  keys: TestKeys,
  claims: Readonly<Record<string, unknown>> = {},
  { now = TOKEN_NOW, lifeS = 3600, header = {} }: TokenOptions = {},
): Promise<string> {
  const iat = Math.floor(now / 1000);
  const usual = { alg: keys.algorithm, kid: keys.kid, typ: "JWT", ...header };
  return await new SignJWT({ sub: "citizen-1", iat, exp: iat + lifeS, ...claims })
    .setProtectedHeader(JSON.parse(JSON.stringify(usual)))
    .sign(keys.privateKey);
}

/** An invalid token, and its refusal when the issuer `https://id.example` and the audience `inbox` are required. */
export interface BadToken {
  readonly name: string;
  readonly token: string | undefined;
  readonly refusal: Readonly<Record<string, string>>;
}

/** The issuer of tokens that are refused for another reason only. */
export const TEST_ISSUER = "https://id.example";
/** The audience of tokens that are refused for another reason only. */
export const TEST_AUDIENCE = "inbox";

/** The claims of tokens that production accepts with {@link TOKEN_RULES}. */
export const PROPER_CLAIMS = { iss: TEST_ISSUER, aud: TEST_AUDIENCE };
/** The variables that production requires beside the keys of access tokens. */
export const TOKEN_RULES = {
  ACCESS_TOKEN_ISSUER: TEST_ISSUER,
  ACCESS_TOKEN_AUDIENCE: TEST_AUDIENCE,
};

/** Invalid tokens of every kind; those that are tokens at all have {@link TEST_ISSUER} and {@link TEST_AUDIENCE}. */
export async function issueBadTokens(
  keys: TestKeys,
  now: number = TOKEN_NOW,
): Promise<readonly BadToken[]> {
  const nowS = Math.floor(now / 1000);
  const proper = PROPER_CLAIMS;
  const make = (claims: Readonly<Record<string, unknown>>, options: TokenOptions = {}) =>
    issueToken(keys, { ...proper, ...claims }, { now, ...options });
  const good = await make({});
  const [header = "", payload = "", signature = ""] = good.split(".");
  const bad = (name: string, because: string, token: string): BadToken => ({
    name,
    token,
    refusal: { kind: "token-not-valid", because },
  });
  const encode = (value: unknown) => toBase64Url(new TextEncoder().encode(JSON.stringify(value)));
  const stranger = await makeKeys(keys.algorithm, keys.kid);
  const unknown = await makeKeys(keys.algorithm, "unknown-key");
  const spki = new TextEncoder().encode(await exportSPKI(keys.publicKey));
  const forged = await new SignJWT({ sub: "citizen-1", exp: nowS + 3600, ...proper })
    .setProtectedHeader({ alg: "HS256", kid: keys.kid }).sign(spki);
  const admin = encode({ sub: "citizen-1", exp: nowS + 3600, roles: ["template-admin"] });
  return [
    { name: "none", token: undefined, refusal: { kind: "token-missing" } },
    { name: "empty", token: "", refusal: { kind: "token-missing" } },
    bad("junk", "malformed", "junk"),
    bad("junk in three parts", "malformed", "a.b.c"),
    bad("blanks", "malformed", "   "),
    bad("Bearer before it", "malformed", `Bearer ${good}`),
    bad("huge", "malformed", `${header}.${payload}${"A".repeat(32 * 1024)}.${signature}`),
    bad("four parts", "malformed", `${good}.${signature}`),
    bad("five parts, as of an encrypted token", "malformed", `${header}.a.b.c.d`),
    bad("no payload that is JSON", "malformed", await signText(keys, "<html>")),
    bad("a payload that is a list", "malformed", await signText(keys, "[]")),
    bad("a kid that is no text", "malformed", `${encode({ alg: "RS256", kid: 1 })}.${payload}.a`),
    bad("no alg", "malformed", `${encode({ kid: keys.kid })}.${payload}.${signature}`),
    bad(
      "an extension to be understood",
      "malformed",
      await signText(keys, JSON.stringify({ sub: "a", exp: nowS + 60, ...proper }), {
        crit: ["x-new"],
        "x-new": true,
      }),
    ),
    bad("no exp", "malformed", await make({ exp: undefined })),
    bad(
      "an exp that is no number",
      "malformed",
      await signText(keys, JSON.stringify({ sub: "citizen-1", exp: "tomorrow", ...proper })),
    ),
    bad("an nbf that is no number", "malformed", await make({ nbf: "now" })),
    bad("alg none", "algorithm", `${encode({ alg: "none" })}.${payload}.`),
    bad("alg NONE", "algorithm", `${encode({ alg: "NONE", kid: keys.kid })}.${payload}.`),
    bad("HS256 with the public key as secret", "algorithm", forged),
    bad("an algorithm of objects", "algorithm", `${encode({ alg: "constructor" })}.${payload}.a`),
    bad("another's signature", "signature", await issueToken(stranger, proper, { now })),
    bad("other claims than were signed", "signature", `${header}.${admin}.${signature}`),
    bad("no signature", "signature", `${header}.${payload}.`),
    bad("an unknown key", "unknown-key", await issueToken(unknown, proper, { now })),
    bad("over", "expired", await make({ exp: nowS - 60 })),
    bad("to be used from tomorrow", "not-yet-valid", await make({ nbf: nowS + 86_400 })),
    bad("another issuer", "issuer", await make({ iss: "https://other.example" })),
    bad("no issuer", "issuer", await make({ iss: undefined })),
    bad("another audience", "audience", await make({ aud: ["elsewhere"] })),
    bad("no audience", "audience", await make({ aud: undefined })),
    bad("without a subject", "recipient", await make({ sub: undefined })),
    bad("an empty recipient", "recipient", await make({ sub: "" })),
    bad("an empty RECIPIENT_ID", "recipient", await make({ RECIPIENT_ID: "" })),
  ];
}

/** Whether the server itself has refused a bad token: `start` and the build take no header of 32 kB, and Hark never sees it. */
export async function isRefusedBefore({ status, body }: Response, name: string): Promise<boolean> {
  // The listener of an older Deno takes it.
  const isServers = RUNNER === "start" || (RUNNER === "build" && status === 431);
  if (!isServers || name !== "huge") return false;
  await body?.cancel();
  assert.equal(status, 431);
  return true;
}

/** Signs any text with the keys. */
async function signText(
  { algorithm, kid, privateKey }: TestKeys,
  text: string,
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  return await new CompactSign(new TextEncoder().encode(text))
    .setProtectedHeader({ alg: algorithm, kid, ...header })
    .sign(privateKey, { crit: { "x-new": true } });
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
