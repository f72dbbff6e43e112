/** Forged and odd tokens of services (`Authorization: Bearer …`), each with its exact answer. */
import assert from "node:assert/strict";
import { createClock } from "../../adapters/clock.ts";
import { ADMIN_TOKEN, startTestApplication } from "../support/application.ts";
import { type Json, signHmac, toSegment } from "./forge.ts";

/** GOV.UK Notify's messages; `accepted` stands for the answer 200. */
const ANSWERS = {
  accepted: undefined,
  missing: [401, "Unauthorized: authentication token must be provided"],
  scheme: [401, "Unauthorized: authentication bearer scheme must be used"],
  undecodable: [
    403,
    "Invalid token: make sure your API token matches the example at " +
    "https://docs.notifications.service.gov.uk/rest-api.html#authorisation-header",
  ],
  "no-issuer": [403, "Invalid token: iss field not provided"],
  "odd-issuer": [403, "Invalid token: service id is not the right data type"],
  "no-service": [403, "Invalid token: service not found"],
  archived: [403, "Invalid token: service is archived"],
  algorithm: [403, "Invalid token: algorithm used is not HS256"],
  "no-key": [403, "Invalid token: API key not found"],
  clock: [403, "Error: Your system clock must be accurate to within 30 seconds"],
  revoked: [403, "Invalid token: API key revoked"],
} as const;

type Answer = keyof typeof ANSWERS;

const NOW = Date.UTC(2026, 2, 1, 12);
const NOW_S = NOW / 1000;
const NOWHERE = "3d844edf-8d35-48ac-975b-e847b4f122b0";

const secretOf = (key: string) => key.slice(-36);

Deno.test("/v2: answers forged and odd service tokens exactly", async (t) => {
  let now = NOW;
  await using hark = await startTestApplication({ clock: { ...createClock(), now: () => now } });
  const own = await hark.newService();
  const other = await hark.newService({ name: "Other" });
  const archived = await hark.newService({ name: "Archived" });
  assert.equal(
    (await hark.manage("PATCH", `/manage/services/${archived.id}`, { active: false })).status,
    200,
  );
  const secret = secretOf(own.keys.live);
  const { keys } = await (await hark.manage("GET", `/manage/services/${own.id}/keys`)).json();
  const team = keys.find(({ kind }: { kind: string }) => kind === "team");
  const revoking = await hark.manage("DELETE", `/manage/services/${own.id}/keys/${team.id}`);
  assert(revoking.status < 300, `${revoking.status}`);

  const HEADER: Json = { typ: "JWT", alg: "HS256" };
  const CLAIMS: Json = { iss: own.id, iat: NOW_S };
  /** A token whose header and claims differ from proper ones; a text is taken as it is. */
  const token = (
    { header = {}, claims = {}, key = secret, hash = "SHA-256" }: {
      readonly header?: Json | string;
      readonly claims?: Json | string;
      readonly key?: string;
      readonly hash?: string;
    } = {},
  ) =>
    signHmac(
      typeof header === "string" ? header : { ...HEADER, ...header },
      typeof claims === "string" ? claims : { ...CLAIMS, ...claims },
      key,
      hash,
    );
  const good = await token();
  const [head = "", body = "", signature = ""] = good.split(".");
  const bearer = async (value: string | Promise<string>) => `Bearer ${await value}`;
  const flipped = (signature.startsWith("A") ? "B" : "A") + signature.slice(1);
  // The last of 43 characters has two bits that no byte uses.
  const last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const stray = signature.slice(0, -1) + last[last.indexOf(signature.slice(-1)) + 1];
  const deep = `${'{"a":'.repeat(2_000)}1${"}".repeat(2_000)}`;
  const attacker = "attacker's secret";

  const cases: readonly (readonly [string, Answer, string | undefined | Promise<string>])[] = [
    ["a proper token", "accepted", bearer(good)],
    ["no header", "missing", undefined],
    ["an empty header", "missing", ""],
    ["the scheme alone", "scheme", "Bearer"],
    ["another scheme", "scheme", `Basic ${good}`],
    ["no scheme", "scheme", good],
    ["a tab after the scheme", "scheme", `Bearer\t${good}`],
    ["the scheme in lower case", "accepted", `bearer ${good}`],
    ["the scheme in upper case", "accepted", `BEARER ${good}`],
    ["the scheme twice", "undecodable", `Bearer Bearer ${good}`],
    ["two blanks after the scheme", "undecodable", `Bearer  ${good}`],
    ["a blank within", "undecodable", `Bearer ${head}. ${body}.${signature}`],
    ["two headers, joined", "undecodable", `Bearer ${good}, Bearer ${good}`],
    ["the admin token", "undecodable", `Bearer ${ADMIN_TOKEN}`],
    ["the key itself", "undecodable", `Bearer ${own.keys.live}`],
    ["two segments", "undecodable", `Bearer ${head}.${body}`],
    ["four segments", "undecodable", `Bearer ${good}.${signature}`],
    ["five segments, as of a JWE", "undecodable", `Bearer ${head}.a.b.c.d`],
    ["60,000 characters", "undecodable", `Bearer ${"A".repeat(60_000)}`],
    ["dots", "undecodable", "Bearer .."],
    ["padding within a segment", "undecodable", `Bearer ${head}=.${body}.${signature}`],
    ["the standard alphabet", "undecodable", `Bearer ${head}.${body}.+/+/`],
    ["stray bits in the signature", "undecodable", `Bearer ${head}.${body}.${stray}`],
    ["letters beyond ASCII", "undecodable", `Bearer ${head}.${body}.\u00e9\u00e9`],
    ["alg none, not signed", "algorithm", bearer(`${toSegment({ alg: "none" })}.${body}.`)],
    ["alg None", "algorithm", bearer(token({ header: { alg: "None" } }))],
    ["alg in lower case", "algorithm", bearer(token({ header: { alg: "hs256" } }))],
    ["alg with a null character", "algorithm", bearer(token({ header: { alg: "HS256\0" } }))],
    ["alg HS512", "algorithm", bearer(token({ header: { alg: "HS512" }, hash: "SHA-512" }))],
    ["alg RS256", "algorithm", bearer(token({ header: { alg: "RS256" } }))],
    ["alg a list", "algorithm", bearer(token({ header: { alg: ["HS256"] } }))],
    ["no alg", "algorithm", bearer(token({ header: { alg: undefined } }))],
    [
      "alg twice, none last",
      "algorithm",
      bearer(token({ header: '{"alg":"HS256","alg":"none"}' })),
    ],
    [
      "alg twice, HS256 last",
      "accepted",
      bearer(token({ header: '{"alg":"none","alg":"HS256"}' })),
    ],
    ["a header that is a list", "undecodable", bearer(token({ header: "[]" }))],
    ["a header that is no JSON", "undecodable", bearer(token({ header: "alg: HS256" }))],
    ["crit", "undecodable", bearer(token({ header: { crit: ["exp"] } }))],
    ["an empty crit", "undecodable", bearer(token({ header: { crit: [] } }))],
    ["b64 false", "undecodable", bearer(token({ header: { b64: false } }))],
    ["a kid that is a path", "accepted", bearer(token({ header: { kid: "../../dev/null" } }))],
    ["a kid with SQL", "no-key", bearer(token({ header: { kid: "' OR 1=1 --" }, key: attacker }))],
    [
      "an embedded jwk",
      "no-key",
      bearer(token({ header: { jwk: { kty: "oct", k: toSegment(attacker) } }, key: attacker })),
    ],
    ["a jku", "no-key", bearer(token({ header: { jku: "https://a.example" }, key: attacker }))],
    ["an x5u", "no-key", bearer(token({ header: { x5u: "https://a.example" }, key: attacker }))],
    ["no signature", "no-key", bearer(`${head}.${body}.`)],
    ["another signature", "no-key", bearer(`${head}.${body}.${flipped}`)],
    ["half a signature", "no-key", bearer(`${head}.${body}.${signature.slice(0, 20)}`)],
    ["the key's id as secret", "no-key", bearer(token({ key: own.id }))],
    ["the secret in upper case", "no-key", bearer(token({ key: secret.toUpperCase() }))],
    ["another service's key", "no-key", bearer(token({ key: secretOf(other.keys.live) }))],
    ["the issuer of another service", "no-key", bearer(token({ claims: { iss: other.id } }))],
    [
      "iss twice, another service last",
      "no-key",
      bearer(token({ claims: `{"iss":"${own.id}","iat":${NOW_S},"iss":"${other.id}"}` })),
    ],
    ["a revoked key", "revoked", bearer(token({ key: secretOf(own.keys.team) }))],
    [
      "an archived service",
      "archived",
      bearer(token({ claims: { iss: archived.id }, key: secretOf(archived.keys.live) })),
    ],
    ["an unknown service", "no-service", bearer(token({ claims: { iss: NOWHERE } }))],
    ["no iss", "no-issuer", bearer(token({ claims: { iss: undefined } }))],
    [
      "an iss in the prototype",
      "no-issuer",
      bearer(token({ claims: `{"__proto__":{"iss":"${own.id}"},"iat":${NOW_S}}` })),
    ],
    ["an iss that is no UUID", "odd-issuer", bearer(token({ claims: { iss: "library" } }))],
    ["an iss that is a number", "odd-issuer", bearer(token({ claims: { iss: 7 } }))],
    ["an iss that is a list", "odd-issuer", bearer(token({ claims: { iss: [own.id] } }))],
    ["an iss with SQL", "odd-issuer", bearer(token({ claims: { iss: `${own.id}' OR '1` } }))],
    ["claims that are a list", "undecodable", bearer(token({ claims: "[]" }))],
    ["claims that are null", "undecodable", bearer(token({ claims: "null" }))],
    ["claims that are no JSON", "undecodable", bearer(token({ claims: "<html>" }))],
    ["claims with NaN", "undecodable", bearer(token({ claims: `{"iss":"${own.id}","iat":NaN}` }))],
    ["a nested JWT", "undecodable", bearer(token({ header: { cty: "JWT" }, claims: good }))],
    ["2,000 levels of JSON", "no-issuer", bearer(token({ claims: deep }))],
    ["no iat", "no-key", bearer(token({ claims: { iat: undefined } }))],
    ["an iat of 30 s ago", "accepted", bearer(token({ claims: { iat: NOW_S - 30 } }))],
    ["an iat of 31 s ago", "clock", bearer(token({ claims: { iat: NOW_S - 31 } }))],
    ["an iat in 31 s", "clock", bearer(token({ claims: { iat: NOW_S + 31 } }))],
    ["an iat of 1e300", "clock", bearer(token({ claims: { iat: 1e300 } }))],
    ["an iat of 1e999", "clock", bearer(token({ claims: `{"iss":"${own.id}","iat":1e999}` }))],
    ["a negative iat", "clock", bearer(token({ claims: { iat: -1 } }))],
    ["an iat that is a word", "clock", bearer(token({ claims: { iat: "now" } }))],
    ["an iat that is null", "clock", bearer(token({ claims: { iat: null } }))],
    ["an iat that is a list", "clock", bearer(token({ claims: { iat: [NOW_S] } }))],
    ["an exp of a minute ago", "undecodable", bearer(token({ claims: { exp: NOW_S - 60 } }))],
    ["an exp that is a word", "no-key", bearer(token({ claims: { exp: "never" } }))],
    ["an exp of 1e300", "accepted", bearer(token({ claims: { exp: 1e300 } }))],
    ["an nbf in a minute", "clock", bearer(token({ claims: { nbf: NOW_S + 60 } }))],
    ["an nbf that is a list", "no-key", bearer(token({ claims: { nbf: [] } }))],
    ["an audience", "undecodable", bearer(token({ claims: { aud: "hark" } }))],
    ["a sub that is a number", "undecodable", bearer(token({ claims: { sub: 1 } }))],
    ["a jti that is a list", "undecodable", bearer(token({ claims: { jti: [] } }))],
    ["a typ of another token", "accepted", bearer(token({ header: { typ: "at+jwt" } }))],
  ];
  for (const [name, answer, authorization] of cases) {
    await t.step(name, async () => {
      const value = await authorization;
      const response = await hark.request("/v2/notifications", {
        headers: value === undefined ? {} : { authorization: value },
      });
      const received = await response.json();
      const expected = ANSWERS[answer];
      if (expected === undefined) {
        return assert.equal(response.status, 200, JSON.stringify(received));
      }
      const [status, message] = expected;
      assert.deepEqual([response.status, received], [status, {
        status_code: status,
        errors: [{ error: "AuthError", message }],
      }]);
    });
  }
  await t.step("two Authorization headers", async () => {
    const headers = new Headers();
    for (let count = 0; count < 2; count++) headers.append("authorization", `Bearer ${good}`);
    const response = await hark.request("/v2/notifications", { headers });
    assert.equal(response.status, 403);
    await response.body?.cancel();
  });
  await t.step("a proper token a minute later", async () => {
    now = NOW + 60_000;
    const response = await hark.request("/v2/notifications", {
      headers: { authorization: `Bearer ${good}` },
    });
    assert.equal(response.status, 403);
    assert.equal((await response.json()).errors[0].message, ANSWERS.clock[1]);
  });
});
