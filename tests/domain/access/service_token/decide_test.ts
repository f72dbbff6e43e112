import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { AUTH_ANSWERS } from "../../../../domain/access/service_token/answers.ts";
import { checkClaims } from "../../../../domain/access/service_token/claims.ts";
import { usableKeys } from "../../../../domain/access/service_token/keys.ts";
import { type KeyId, parseKeyId } from "../../../../domain/ids.ts";
import type { ApiKey } from "../../../../domain/service/service.ts";

const NOW_S = 1_767_268_800;
const NOW = Date.UTC(2026, 0, 1, 12);
const HS256 = { algorithm: "HS256" };

function keyId(digit: number): KeyId {
  const id = parseKeyId(`aaaaaaaa-0000-4000-8000-00000000000${digit}`);
  assert.ok(id !== undefined);
  return id;
}

function key(digit: number, revokedAt?: string): ApiKey {
  return {
    id: keyId(digit),
    name: `key ${digit}`,
    kind: "live",
    createdAt: 0,
    revokedAt: revokedAt === undefined ? undefined : Date.parse(revokedAt),
  };
}

function namesUsable(
  keys: readonly ApiKey[],
  active = true,
  token: { algorithm: unknown } = HS256,
): unknown {
  const usable = usableKeys({ active }, keys, token, NOW);
  return usable.ok ? usable.value.map(({ name }) => name) : usable.refusal.kind;
}

Deno.test("usableKeys: keeps the order and drops keys that were revoked a week ago", () => {
  const keys = [
    key(3, "2025-12-31T09:00:00Z"),
    key(1),
    key(5, "2025-12-20T09:00:00Z"),
    key(2),
  ];
  assert.deepEqual(namesUsable(keys), ["key 3", "key 1", "key 2"]);
});

const REVOCATIONS: readonly (readonly [string, boolean])[] = [
  ["2026-01-01T11:59:59Z", true],
  ["2025-12-26T00:30:00Z", true],
  ["2025-12-26T00:00:00Z", true],
  // Less than a week ago, but the midnight before is not.
  ["2025-12-25T23:59:59.999Z", false],
  ["2025-12-25T12:00:01Z", false],
];

for (const [revokedAt, usable] of REVOCATIONS) {
  Deno.test(`usableKeys: a key revoked at ${revokedAt} is ${usable ? "known" : "forgotten"}`, () => {
    assert.deepEqual(namesUsable([key(1, revokedAt)]), usable ? ["key 1"] : "no-keys");
  });
}

Deno.test("usableKeys: a revocation at exactly seven days before midnight is forgotten", () => {
  const midnight = Date.UTC(2026, 0, 8);
  const keys = [key(1, "2026-01-01T10:00:00Z")];
  assert.equal(usableKeys({ active: true }, keys, HS256, midnight).ok, false);
  assert.equal(usableKeys({ active: true }, keys, HS256, midnight - 1).ok, true);
});

Deno.test("usableKeys: no keys comes before archived, archived before the algorithm", () => {
  assert.equal(namesUsable([], false, { algorithm: "none" }), "no-keys");
  assert.equal(namesUsable([key(1)], false, { algorithm: "none" }), "service-archived");
  for (const algorithm of ["none", "hs256", "HS512", undefined, null, ["HS256"], 1]) {
    assert.equal(namesUsable([key(1)], true, { algorithm }), "algorithm-unsupported");
  }
});

function judge(claims: Record<string, unknown>, revokedAt?: string, now = NOW): string {
  const judged = checkClaims({ claims }, key(1, revokedAt), now);
  return judged.ok ? judged.value.name : judged.refusal.kind;
}

const CLAIMS: readonly (readonly [Record<string, unknown>, string])[] = [
  [{ iat: NOW_S }, "key 1"],
  [{ iat: NOW_S - 30 }, "key 1"],
  [{ iat: NOW_S - 31 }, "clock-skew"],
  [{ iat: NOW_S + 30 }, "key 1"],
  [{ iat: NOW_S + 31 }, "clock-skew"],
  [{ iat: NOW_S * 1000 }, "clock-skew"],
  // A fraction is cut off before the age is looked at.
  [{ iat: NOW_S - 29.5 }, "key 1"],
  [{ iat: NOW_S - 30.1 }, "clock-skew"],
  [{ iat: NOW_S + 30.9 }, "key 1"],
  [{ iat: String(NOW_S) }, "key 1"],
  [{ iat: ` +${NOW_S} ` }, "key 1"],
  [{ iat: "1_767_268_800" }, "key 1"],
  [{ iat: `${NOW_S}.5` }, "clock-skew"],
  [{ iat: "now" }, "clock-skew"],
  [{ iat: "" }, "clock-skew"],
  [{ iat: null }, "clock-skew"],
  [{ iat: true }, "clock-skew"],
  [{ iat: [NOW_S] }, "clock-skew"],
  [{}, "key-not-found"],
  [{ iat: NOW_S, nbf: NOW_S + 30 }, "key 1"],
  [{ iat: NOW_S, nbf: NOW_S + 31 }, "clock-skew"],
  [{ iat: NOW_S, nbf: "soon" }, "key-not-found"],
  [{ iat: NOW_S, exp: NOW_S - 29 }, "key 1"],
  [{ iat: NOW_S, exp: NOW_S - 30 }, "token-invalid"],
  [{ iat: NOW_S, exp: null }, "key-not-found"],
  [{ iat: NOW_S, aud: "x" }, "token-invalid"],
  [{ iat: NOW_S, aud: ["x"] }, "token-invalid"],
  [{ iat: NOW_S, aud: "" }, "key 1"],
  [{ iat: NOW_S, aud: [] }, "key 1"],
  [{ iat: NOW_S, sub: "x", jti: "y", foo: 1 }, "key 1"],
  [{ iat: NOW_S, sub: 1 }, "token-invalid"],
  [{ iat: NOW_S, jti: null }, "token-invalid"],
  // Two layers: what PyJWT looks at comes before a missing or old iat.
  [{ aud: "x" }, "token-invalid"],
  [{ iat: NOW_S - 3600, exp: NOW_S - 3000 }, "token-invalid"],
  [{ iat: NOW_S + 3600, exp: NOW_S - 3000 }, "clock-skew"],
];

for (const [claims, expected] of CLAIMS) {
  Deno.test(`checkClaims: ${JSON.stringify(claims)} is ${expected}`, () => {
    assert.equal(judge(claims), expected);
  });
}

Deno.test("checkClaims: measures the age in whole seconds and the future in milliseconds", () => {
  assert.equal(judge({ iat: NOW_S - 30 }, undefined, NOW + 999), "key 1");
  assert.equal(judge({ iat: NOW_S + 31 }, undefined, NOW + 999), "clock-skew");
  assert.equal(judge({ iat: NOW_S + 31 }, undefined, NOW + 1000), "key 1");
});

Deno.test("checkClaims: reports a revoked key only when the claims are valid", () => {
  const revokedAt = "2025-12-31T09:00:00Z";
  assert.equal(judge({ iat: NOW_S }, revokedAt), "key-revoked");
  assert.equal(judge({ iat: NOW_S - 3600 }, revokedAt), "clock-skew");
});

Deno.test("checkClaims: never throws, and each of its refusals has an answer", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom("iat", "exp", "nbf", "aud", "sub", "jti"), fc.jsonValue()),
      (claims) => {
        const judged = checkClaims({ claims }, key(1), NOW);
        if (!judged.ok) assert.ok(AUTH_ANSWERS[judged.refusal.kind].status === 403);
      },
    ),
  );
});

Deno.test("AUTH_ANSWERS: 401 is for a missing or malformed header only", () => {
  const unauthorised = Object.entries(AUTH_ANSWERS).filter(([, { status }]) => status === 401);
  assert.deepEqual(unauthorised.map(([kind]) => kind), ["token-missing", "scheme-not-bearer"]);
});
