import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { parseAuthorization } from "../../../../domain/access/service_token/token.ts";

const SERVICE = "11111111-1111-4111-8111-111111111111";
const HEADER = { typ: "JWT", alg: "HS256" };

function base64Url(text: string): string {
  const binary = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function toToken(claims: unknown, header: unknown = HEADER, signature = "c2ln"): string {
  return `${base64Url(JSON.stringify(header))}.${base64Url(JSON.stringify(claims))}.${signature}`;
}

function kindOf(header: string | null | undefined): string {
  const parsed = parseAuthorization(header);
  return parsed.ok ? "ok" : parsed.refusal.kind;
}

const GOOD = toToken({ iss: SERVICE, iat: 1 });
const [GOOD_HEADER = "", GOOD_PAYLOAD = ""] = GOOD.split(".");

const CASES: readonly (readonly [string, string | null | undefined, string])[] = [
  ["no header", undefined, "token-missing"],
  ["null", null, "token-missing"],
  ["an empty header", "", "token-missing"],
  ["another scheme", "Basic 1234", "scheme-not-bearer"],
  ["a bare token", GOOD, "scheme-not-bearer"],
  ["a tab after the scheme", `Bearer\t${GOOD}`, "scheme-not-bearer"],
  ["any case of the scheme", `bEaReR ${GOOD}`, "ok"],
  ["nothing after the scheme", "Bearer ", "token-undecodable"],
  ["one part", "Bearer 1234", "token-undecodable"],
  ["two parts", `Bearer ${GOOD_HEADER}.${GOOD_PAYLOAD}`, "token-undecodable"],
  ["four parts", `Bearer ${GOOD}.c2ln`, "token-undecodable"],
  ["a second blank", `Bearer  ${GOOD}`, "token-undecodable"],
  ["a blank at the end", `Bearer ${GOOD} `, "token-undecodable"],
  ["a padded signature", `Bearer ${toToken({ iss: SERVICE }, HEADER, "c2lnQQ==")}`, "ok"],
  ["a signature of 4n + 1", `Bearer ${toToken({}, HEADER, "c2lnA")}`, "token-undecodable"],
  ["stray bits in the signature", `Bearer ${toToken({}, HEADER, "QR")}`, "token-undecodable"],
  ["bad padding", `Bearer ${toToken({}, HEADER, "c2ln=")}`, "token-undecodable"],
  ["an empty signature", `Bearer ${toToken({ iss: SERVICE }, HEADER, "")}`, "ok"],
  ["a header that is no object", `Bearer ${toToken({}, [])}`, "token-undecodable"],
  ["a payload that is an array", `Bearer ${toToken([])}`, "token-undecodable"],
  ["a payload that is null", `Bearer ${toToken(null)}`, "token-undecodable"],
  [
    "a payload that is no JSON",
    `Bearer ${GOOD_HEADER}.${base64Url("hello")}.c2ln`,
    "token-undecodable",
  ],
  ["a payload that is no UTF-8", `Bearer ${GOOD_HEADER}._w.c2ln`, "token-undecodable"],
  [
    "an unencoded payload",
    `Bearer ${toToken({}, { alg: "HS256", b64: false })}`,
    "token-undecodable",
  ],
  [
    "a critical extension",
    `Bearer ${toToken({}, { alg: "HS256", crit: ["x"] })}`,
    "token-undecodable",
  ],
  ["no iss", `Bearer ${toToken({ iat: 1 })}`, "issuer-missing"],
  [
    "iss in the prototype only",
    `Bearer ${base64Url("{}")}.${base64Url('{"__proto__":{"iss":"x"}}')}.`,
    "issuer-missing",
  ],
  ["iss null", `Bearer ${toToken({ iss: null })}`, "issuer-malformed"],
  ["iss a number", `Bearer ${toToken({ iss: 1 })}`, "issuer-malformed"],
  ["iss no UUID", `Bearer ${toToken({ iss: "x" })}`, "issuer-malformed"],
  [
    "iss in braces, without hyphens",
    `Bearer ${toToken({ iss: `{${SERVICE.replaceAll("-", "")}}` })}`,
    "ok",
  ],
];

for (const [what, header, kind] of CASES) {
  Deno.test(`parseAuthorization: ${what} is ${kind}`, () => assert.equal(kindOf(header), kind));
}

Deno.test("parseAuthorization: returns the issuer in canonical form, the alg unchanged and the claims", () => {
  const token = toToken({ iss: `urn:uuid:${SERVICE.toUpperCase()}`, x: [1] }, { alg: ["HS256"] });
  const parsed = parseAuthorization(`Bearer ${token}`);
  assert.ok(parsed.ok);
  assert.equal(parsed.value.token, token);
  assert.equal(parsed.value.serviceId, SERVICE);
  assert.deepEqual(parsed.value.algorithm, ["HS256"]);
  assert.deepEqual(parsed.value.claims.x, [1]);
});

Deno.test("parseAuthorization: never throws", () => {
  const segment = fc.oneof(fc.string(), fc.json().map(base64Url));
  const token = fc.array(segment, { maxLength: 5 }).map((parts) => parts.join("."));
  fc.assert(fc.property(token, (text) => {
    parseAuthorization(`Bearer ${text}`);
    parseAuthorization(text);
  }));
});
