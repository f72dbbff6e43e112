/** Forged and odd access tokens (`X-Access-Token`), each with its exact answer. */
import assert from "node:assert/strict";
import { exportPKCS8, exportSPKI } from "jose";
import { createClock } from "../../adapters/clock.ts";
import { MAX_ACCESS_TOKEN_LENGTH } from "../../domain/access/access_tokens.ts";
import { ADMIN_TOKEN, issueRequestToken, startTestApplication } from "../support/application.ts";
import {
  issueToken,
  makeKeys,
  PROPER_CLAIMS,
  toJwks,
  TOKEN_NOW as NOW,
  TOKEN_RULES,
} from "../support/tokens.ts";
import { type Json, signEcdsa, signHmac, toSegment } from "./forge.ts";

const NOW_S = NOW / 1000;
const DAY_S = 86_400;
const PATH = "/api/notifications/inbox/count";

/** `accepted` is 200, `missing` is no token, the others are the faults that the answer names. */
type Answer =
  | "accepted"
  | "missing"
  | "malformed"
  | "type"
  | "algorithm"
  | "signature"
  | "unknown-key"
  | "expired"
  | "lifetime"
  | "not-yet-valid"
  | "issuer"
  | "audience"
  | "recipient";

type Case = readonly [name: string, answer: Answer, token: string | undefined | Promise<string>];

Deno.test("/api: answers forged and odd access tokens exactly", async (t) => {
  const keys = await makeKeys("ES256", "es");
  const rsa = await makeKeys("RS256", "rs");
  const stranger = await makeKeys("ES256", "es");
  await using hark = await startTestApplication({
    clock: { ...createClock(), now: () => NOW },
    environment: { ACCESS_TOKEN_JWKS: toJwks(keys, rsa), ...TOKEN_RULES },
  });
  const service = await hark.newService();

  const HEADER: Json = { alg: "ES256", kid: "es", typ: "JWT" };
  const CLAIMS: Json = { ...PROPER_CLAIMS, sub: "citizen-1", iat: NOW_S, exp: NOW_S + 3600 };
  const withHeader = (header: Json | string, key = keys.privateKey) =>
    signEcdsa(typeof header === "string" ? header : { ...HEADER, ...header }, CLAIMS, key);
  const withClaims = (claims: Json | string) =>
    signEcdsa(
      HEADER,
      typeof claims === "string" ? claims : { ...CLAIMS, ...claims },
      keys.privateKey,
    );
  /** Proper claims with text added, which JSON.stringify would not write. */
  const withClaimText = (text: string) =>
    withClaims(`${JSON.stringify(CLAIMS).slice(0, -1)},${text}}`);
  const hmac = (secret: string, header: Json = {}) =>
    signHmac({ ...HEADER, alg: "HS256", ...header }, CLAIMS, secret);

  const good = await withClaims({});
  const [head = "", body = "", signature = ""] = good.split(".");
  const unsigned = (alg: string) => `${toSegment({ ...HEADER, alg })}.${body}.`;
  const spki = await exportSPKI(keys.publicKey);
  const attacker = stranger.publicJwk;
  const nested = await withHeader({ cty: "JWT" });

  const cases: readonly Case[] = [
    ["a proper token", "accepted", good],
    ["a proper token of the RSA key", "accepted", issueToken(rsa, CLAIMS)],
    ["no token", "missing", undefined],
    ["an empty token", "missing", ""],
    ["the scheme before it", "malformed", `Bearer ${good}`],
    ["two headers, joined", "malformed", `${good}, ${good}`],
    ["two tokens in one", "malformed", `${good}.${good}`],
    ["a blank within", "malformed", `${head}. ${body}.${signature}`],
    [
      "a blank within the signature",
      "malformed",
      `${head}.${body}.${signature.slice(0, 9)} ${signature.slice(9)}`,
    ],
    ["a tab before it, which HTTP drops", "accepted", `\t${good}`],
    ["padding", "malformed", `${good}==`],
    ["the standard alphabet", "malformed", `${head}.${body}.${"+/".repeat(43)}`],
    [
      "stray bits in the signature",
      "malformed",
      `${head}.${body}.${signature.slice(0, -1)}${strayOf(signature)}`,
    ],
    ["letters beyond ASCII", "malformed", `${head}.${body}.\u00e9\u00e9`],
    ["two segments", "malformed", `${head}.${body}`],
    ["four segments", "malformed", `${good}.${signature}`],
    [
      "five segments, as of a JWE",
      "malformed",
      `${toSegment({ alg: "dir", enc: "A256GCM" })}..a.b.c`,
    ],
    ["dots", "malformed", ".."],
    ["one character too many", "malformed", good.padEnd(MAX_ACCESS_TOKEN_LENGTH + 1, "A")],
    ["a header that is a list", "malformed", `${toSegment("[]")}.${body}.${signature}`],
    ["a header that is no JSON", "malformed", `${toSegment("alg")}.${body}.${signature}`],
    ["the admin token", "malformed", ADMIN_TOKEN],
    ["a service's token", "algorithm", issueRequestToken(service.keys.live, NOW_S)],

    ["alg none, not signed", "algorithm", unsigned("none")],
    ["alg nOnE", "algorithm", unsigned("nOnE")],
    ["alg none, with a proper signature", "algorithm", withHeader({ alg: "none" })],
    ["alg in lower case", "algorithm", withHeader({ alg: "es256" })],
    ["alg ES384", "algorithm", withHeader({ alg: "ES384" })],
    ["alg of every object", "algorithm", withHeader({ alg: "toString" })],
    ["alg a list", "malformed", withHeader({ alg: ["ES256"] })],
    ["no alg", "malformed", withHeader({ alg: undefined })],
    ["alg twice, none last", "algorithm", withHeader('{"alg":"ES256","kid":"es","alg":"none"}')],
    ["alg twice, ES256 last", "accepted", withHeader('{"alg":"none","kid":"es","alg":"ES256"}')],
    ["HS256 with the public key as PEM", "algorithm", hmac(spki)],
    ["HS256 with the public key as PEM and a line end", "algorithm", hmac(`${spki}\n`)],
    ["HS256 with the public key as JWK", "algorithm", hmac(JSON.stringify(keys.publicJwk))],
    ["HS512 with the public key", "algorithm", hmac(spki, { alg: "HS512" })],
    ["RS256 over the key for ES256", "unknown-key", withHeader({ alg: "RS256" })],
    ["PS256 where the key is for RS256", "unknown-key", withHeader({ alg: "PS256", kid: "rs" })],
    ["ES256 with the id of the RSA key", "unknown-key", withHeader({ kid: "rs" })],

    ["a signature of zeros", "signature", `${head}.${body}.${toSegment(new Uint8Array(64))}`],
    ["no signature", "signature", `${head}.${body}.`],
    ["a signature in DER", "signature", `${head}.${body}.${toSegment(toDer(signature))}`],
    ["half a signature", "signature", `${head}.${body}.${signature.slice(0, 44)}`],
    ["other claims", "signature", `${head}.${toSegment({ ...CLAIMS, sub: "b" })}.${signature}`],
    ["a stranger's signature", "signature", withHeader({}, stranger.privateKey)],
    [
      "a stranger's signature without kid",
      "signature",
      withHeader({ kid: undefined }, stranger.privateKey),
    ],
    ["an embedded jwk", "signature", withHeader({ jwk: attacker }, stranger.privateKey)],
    [
      "an embedded x5c",
      "signature",
      withHeader({ x5c: [btoa("certificate")] }, stranger.privateKey),
    ],
    ["a jku", "signature", withHeader({ jku: "https://a.example/jwks" }, stranger.privateKey)],
    ["an x5u", "signature", withHeader({ x5u: "https://a.example/x5u" }, stranger.privateKey)],
    ["an unknown kid", "unknown-key", withHeader({ kid: "elsewhere" })],
    ["an empty kid", "unknown-key", withHeader({ kid: "" })],
    ["a kid that is a path", "unknown-key", withHeader({ kid: "../../../dev/null" })],
    ["a kid with SQL", "unknown-key", withHeader({ kid: "es' OR '1'='1" })],
    ["a kid in upper case", "unknown-key", withHeader({ kid: "ES" })],
    ["a kid of every object", "unknown-key", withHeader({ kid: "__proto__" })],
    ["a kid that is a list", "malformed", withHeader({ kid: ["es"] })],
    ["a kid that is null", "malformed", withHeader({ kid: null })],
    ["no kid", "accepted", withHeader({ kid: undefined })],

    ["crit of an unknown extension", "malformed", withHeader({ crit: ["x"], x: 1 })],
    ["an empty crit", "malformed", withHeader({ crit: [] })],
    ["crit that is a text", "malformed", withHeader({ crit: "exp" })],
    ["b64 false, in crit", "malformed", withHeader({ crit: ["b64"], b64: false })],
    ["b64 false alone", "malformed", withHeader({ b64: false })],

    ["no typ", "accepted", withHeader({ typ: undefined })],
    ["typ at+jwt", "accepted", withHeader({ typ: "at+jwt" })],
    ["typ application/AT+JWT", "accepted", withHeader({ typ: "application/AT+JWT" })],
    ["typ of a logout token", "type", withHeader({ typ: "logout+jwt" })],
    ["typ of a DPoP proof", "type", withHeader({ typ: "dpop+jwt" })],
    ["typ JOSE", "type", withHeader({ typ: "JOSE" })],
    ["an empty typ", "type", withHeader({ typ: "" })],
    ["a typ that is a list", "type", withHeader({ typ: ["JWT"] })],
    ["Keycloak's Bearer", "accepted", withClaims({ typ: "Bearer" })],
    ["Keycloak's ID token", "type", withClaims({ typ: "ID" })],
    ["Keycloak's refresh token", "type", withClaims({ typ: "Refresh" })],
    ["Keycloak's offline token", "type", withClaims({ typ: "Offline" })],
    ["Keycloak's logout token", "type", withClaims({ typ: "Logout" })],
    ["a claim typ that is null", "type", withClaims({ typ: null })],

    ["claims that are a list", "malformed", withClaims("[]")],
    ["claims that are null", "malformed", withClaims("null")],
    ["claims that are no JSON", "malformed", withClaims("<html>")],
    ["claims with NaN", "malformed", withClaimText('"exp":NaN')],
    ["a nested JWT", "malformed", withClaims(nested)],
    ["no exp", "malformed", withClaims({ exp: undefined })],
    ["an exp that is a text", "malformed", withClaims({ exp: `${NOW_S + 60}` })],
    ["an exp that is null", "malformed", withClaims({ exp: null })],
    ["an exp that is a list", "malformed", withClaims({ exp: [NOW_S + 60] })],
    ["an exp that is true", "malformed", withClaims({ exp: true })],
    ["an exp of 1e300", "malformed", withClaims({ exp: 1e300 })],
    ["an exp of 1e999", "malformed", withClaimText('"exp":1e999')],
    ["an exp above 2^33", "malformed", withClaims({ exp: 2 ** 33 + 1 })],
    ["an exp of 2^33", "lifetime", withClaims({ exp: 2 ** 33 })],
    ["an exp in milliseconds", "malformed", withClaims({ exp: NOW + 60_000 })],
    ["an exp in 24 hours", "accepted", withClaims({ exp: NOW_S + DAY_S })],
    ["an exp in 24 hours and 6 s", "lifetime", withClaims({ exp: NOW_S + DAY_S + 6 })],
    ["an exp of a minute ago", "expired", withClaims({ exp: NOW_S - 60 })],
    ["an exp of 0", "expired", withClaims({ exp: 0 })],
    ["a negative exp", "expired", withClaims({ exp: -1 })],
    ["exp twice, the past last", "expired", withClaimText('"exp":1')],
    ["an iat that is a text", "malformed", withClaims({ iat: "now" })],
    ["an iat that is null", "malformed", withClaims({ iat: null })],
    ["a negative iat", "malformed", withClaims({ iat: -1 })],
    ["an iat of 1e300", "malformed", withClaims({ iat: 1e300 })],
    ["no iat", "accepted", withClaims({ iat: undefined })],
    [
      "an iat in a minute, which RFC 7519 does not forbid",
      "accepted",
      withClaims({ iat: NOW_S + 60 }),
    ],
    ["an nbf that is a text", "malformed", withClaims({ nbf: "now" })],
    ["a negative nbf", "malformed", withClaims({ nbf: -1 })],
    ["an nbf in a minute", "not-yet-valid", withClaims({ nbf: NOW_S + 60 })],
    ["an nbf of 1e300", "not-yet-valid", withClaims({ nbf: 1e300 })],

    ["another issuer", "issuer", withClaims({ iss: "https://other.example" })],
    ["the issuer with a slash", "issuer", withClaims({ iss: `${PROPER_CLAIMS.iss}/` })],
    ["the issuer in upper case", "issuer", withClaims({ iss: PROPER_CLAIMS.iss.toUpperCase() })],
    ["the issuer in a list", "issuer", withClaims({ iss: [PROPER_CLAIMS.iss] })],
    ["no issuer", "issuer", withClaims({ iss: undefined })],
    ["iss twice, another last", "issuer", withClaimText('"iss":"https://other.example"')],
    ["another audience", "audience", withClaims({ aud: "elsewhere" })],
    ["the audience as a part", "audience", withClaims({ aud: `${PROPER_CLAIMS.aud}-2` })],
    [
      "the audience in upper case",
      "audience",
      withClaims({ aud: PROPER_CLAIMS.aud.toUpperCase() }),
    ],
    ["other audiences", "audience", withClaims({ aud: ["a", "b"] })],
    ["an empty list of audiences", "audience", withClaims({ aud: [] })],
    ["an audience that is an object", "audience", withClaims({ aud: { [PROPER_CLAIMS.aud]: 1 } })],
    ["the audience nested in a list", "audience", withClaims({ aud: [[PROPER_CLAIMS.aud]] })],
    ["no audience", "audience", withClaims({ aud: undefined })],
    ["the audience among others", "accepted", withClaims({ aud: ["a", PROPER_CLAIMS.aud] })],
    ["no recipient", "recipient", withClaims({ sub: undefined })],
    ["a recipient that is a list", "recipient", withClaims({ sub: ["citizen-1"] })],
    ["a recipient of blanks", "recipient", withClaims({ sub: " \u2003 " })],
    ["a recipient with a null character", "recipient", withClaims({ sub: "citizen-1\0" })],
    ["half of a surrogate pair", "recipient", withClaimText('"sub":"\\ud800"')],
    ["a RECIPIENT_ID that is null", "recipient", withClaims({ RECIPIENT_ID: null })],
  ];
  for (const [name, answer, token] of cases) {
    await t.step(name, async () => {
      const value = await token;
      const response = await hark.request(PATH, {
        headers: value === undefined ? {} : { "x-access-token": value },
      });
      const received = await response.json();
      if (answer === "accepted") {
        return assert.deepEqual([response.status, received], [200, { total: 0, unread: 0 }]);
      }
      assert.equal(response.status, 401, JSON.stringify(received));
      const expected = answer === "missing"
        ? "Send an access token in X-Access-Token"
        : `The access token is not valid: ${answer}`;
      assert.equal(received.message, expected);
    });
  }
  await t.step("a private key in place of a token", async () => {
    const pem = (await exportPKCS8(keys.privateKey)).replaceAll("\n", "");
    const response = await hark.request(PATH, { headers: { "x-access-token": pem } });
    const text = await response.text();
    assert.equal(response.status, 401);
    assert(!text.includes(pem) && !JSON.stringify(hark.logged).includes(pem));
  });
  await t.step("a proper access token on /v2 and on /manage", async () => {
    for (const path of ["/v2/notifications", "/manage/services"]) {
      const response = await hark.request(path, { headers: { authorization: `Bearer ${good}` } });
      assert([401, 403].includes(response.status), `${path} ${response.status}`);
      await response.body?.cancel();
    }
  });
});

/** A last character that stands for the same bytes as the signature's own. */
function strayOf(signature: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return alphabet[alphabet.indexOf(signature.slice(-1)) + 1] ?? "";
}

/** A signature of two numbers as ASN.1, which other libraries write. */
function toDer(signature: string): Uint8Array {
  const raw = Uint8Array.fromBase64(signature, { alphabet: "base64url" });
  const toInteger = (bytes: Uint8Array) => [2, bytes.length + 1, 0, ...bytes];
  const numbers = [...toInteger(raw.slice(0, 32)), ...toInteger(raw.slice(32))];
  return Uint8Array.of(0x30, numbers.length, ...numbers);
}
