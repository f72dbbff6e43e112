import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import {
  callerText,
  isAccessTokenType,
  MAX_CLAIM_TIME_S,
  MAX_DRFO_LENGTH,
  MAX_RECIPIENT_ID_LENGTH,
  personOf,
  readAccessToken,
} from "../../../domain/access/access_tokens.ts";

/** Later than every `exp` below. */
const LATEST_EXPIRY_S = MAX_CLAIM_TIME_S;
const CLAIMS = { exp: 1_800_000_000, sub: "user-1" };

/** The parsed claims, or the refusal. */
function read(claims: Readonly<Record<string, unknown>>) {
  const result = readAccessToken({ ...CLAIMS, ...claims }, LATEST_EXPIRY_S);
  if (result.ok) return result.value;
  return result.refusal.kind === "token-not-valid" ? result.refusal.because : assert.fail();
}

function readGood(claims: Readonly<Record<string, unknown>>) {
  const token = read(claims);
  return typeof token === "string" ? assert.fail(token) : token;
}

Deno.test("readAccessToken: returns the caller, and the expiry in milliseconds", () => {
  assert.deepEqual(read({ roles: ["citizen"], drfo: "3123456789", other: 1 }), {
    recipientId: "user-1",
    roles: ["citizen"],
    drfo: "3123456789",
    expiresAt: 1_800_000_000_000,
  });
});

Deno.test("readAccessToken: prefers RECIPIENT_ID to sub, and does not fall back for an invalid RECIPIENT_ID", () => {
  assert.equal(readGood({ RECIPIENT_ID: "recipient-1" }).recipientId, "recipient-1");
  assert.equal(readGood({ RECIPIENT_ID: "recipient-1", sub: 1 }).recipientId, "recipient-1");
  for (const bad of ["", " ", null, 7, [], "a\nb", "a\0b", "\ud800", "a".repeat(256)]) {
    assert.equal(read({ RECIPIENT_ID: bad }), "recipient", JSON.stringify(bad));
    assert.equal(read({ sub: bad }), "recipient", JSON.stringify(bad));
  }
  assert.equal(read({ sub: undefined }), "recipient");
});

Deno.test("readAccessToken: accepts recipient ids of up to MAX_RECIPIENT_ID_LENGTH characters", () => {
  const longest = "я".repeat(MAX_RECIPIENT_ID_LENGTH);
  assert.equal(readGood({ sub: longest }).recipientId, longest);
  assert.equal(read({ sub: `${longest}я` }), "recipient");
});

Deno.test("readAccessToken: joins roles and realm_access.roles, without duplicates and other values", () => {
  const roles = (claims: Readonly<Record<string, unknown>>) => readGood(claims).roles;
  assert.deepEqual(
    roles({
      roles: ["citizen", "officer"],
      realm_access: { roles: ["officer", "template-admin"] },
    }),
    ["citizen", "officer", "template-admin"],
  );
  assert.deepEqual(roles({ realm_access: { roles: ["a"] } }), ["a"]);
  assert.deepEqual(roles({ roles: ["a", 1, null, ["b"]] }), ["a"]);
  for (const bad of [undefined, null, "template-admin", { 0: "template-admin" }, 1]) {
    assert.deepEqual(roles({ roles: bad, realm_access: bad }), []);
    assert.deepEqual(roles({ roles: bad, realm_access: { roles: bad } }), []);
  }
});

Deno.test("readAccessToken: ignores a drfo that is not plain text", () => {
  const longest = "3".repeat(MAX_DRFO_LENGTH);
  assert.equal(readGood({ drfo: longest }).drfo, longest);
  for (const bad of [`${longest}3`, "", 3123456789, null, "31\n23", undefined]) {
    assert.equal(readGood({ drfo: bad }).drfo, undefined, JSON.stringify(bad));
  }
});

Deno.test("readAccessToken: refuses claims that are not an object or have no expiry", () => {
  for (const claims of [undefined, null, "", 1, [], {}, { sub: "user-1" }]) {
    const result = readAccessToken(claims, LATEST_EXPIRY_S);
    assert.deepEqual(result.ok ? undefined : result.refusal, {
      kind: "token-not-valid",
      because: "malformed",
    });
  }
  assert.equal(read({ exp: "1800000000" }), "malformed");
});

Deno.test("readAccessToken: accepts times from 0 to MAX_CLAIM_TIME_S, and refuses all others", () => {
  for (const name of ["exp", "iat", "nbf"]) {
    for (const good of [0, 0.5, 1_800_000_000, MAX_CLAIM_TIME_S]) {
      assert.equal(readGood({ [name]: good }).recipientId, "user-1", `${name} ${good}`);
    }
    const wrongTypes = ["1800000000", null, true, [], {}];
    for (const bad of [-1, -0.1, MAX_CLAIM_TIME_S + 1, 1e300, Infinity, NaN, ...wrongTypes]) {
      assert.equal(read({ [name]: bad }), "malformed", `${name} ${bad}`);
    }
  }
});

Deno.test("readAccessToken: refuses an expiry later than the latest accepted one", () => {
  const until = (latest: number) => readAccessToken(CLAIMS, latest);
  assert.equal(until(CLAIMS.exp).ok, true);
  assert.deepEqual(until(CLAIMS.exp - 1), {
    ok: false,
    refusal: { kind: "token-not-valid", because: "lifetime" },
  });
});

Deno.test("readAccessToken: accepts no claim typ or Bearer, and refuses every other kind of token", () => {
  assert.equal(readGood({ typ: undefined }).recipientId, "user-1");
  assert.equal(readGood({ typ: "Bearer" }).recipientId, "user-1");
  for (const bad of ["ID", "Refresh", "Offline", "Logout", "bearer", "", " Bearer", null, 1, []]) {
    assert.equal(read({ typ: bad }), "type", JSON.stringify(bad));
  }
});

Deno.test("isAccessTokenType: accepts JWT, at+jwt and application/at+jwt in any case, and no typ", () => {
  for (const good of [undefined, "JWT", "jwt", "at+jwt", "AT+JWT", "Application/at+JWT"]) {
    assert.equal(isAccessTokenType(good), true, String(good));
  }
  for (
    const bad of ["", "JOSE", "logout+jwt", "application/jwt", "at+jwt ", null, 1, ["JWT"], {}]
  ) {
    assert.equal(isAccessTokenType(bad), false, JSON.stringify(bad));
  }
});

/** Reads claims by a named claim and realms of two issuers. */
function readPerson(claims: Readonly<Record<string, unknown>>, claim?: string) {
  const realms = new Map([["https://a", "citizen"], ["https://b", "officer"]] as const);
  const result = readAccessToken({ ...CLAIMS, ...claims }, LATEST_EXPIRY_S, { claim, realms });
  return result.ok ? result.value : assert.fail(JSON.stringify(result.refusal));
}

Deno.test("readAccessToken: names the claim that the deployment has chosen when it is the fault", () => {
  const naming = { claim: "preferred_username", realms: undefined };
  const read = (claims: Readonly<Record<string, unknown>>) =>
    readAccessToken({ ...CLAIMS, RECIPIENT_ID: "r", ...claims }, LATEST_EXPIRY_S, naming);
  const refusal = { kind: "token-not-valid", because: "recipient", claim: "preferred_username" };
  for (const bad of [undefined, null, "", " ", 7, [], {}, "a\nb", "a".repeat(256)]) {
    assert.deepEqual(read({ preferred_username: bad }), { ok: false, refusal });
  }
  const longest = "я".repeat(MAX_RECIPIENT_ID_LENGTH);
  const token = read({ preferred_username: longest });
  assert.ok(token.ok);
  assert.deepEqual([token.value.recipientId, "realm" in token.value], [longest, false]);
});

Deno.test("personOf: has the realm of the issuer, and there is no person where the issuer has none", () => {
  assert.deepEqual(personOf(readPerson({ iss: "https://a" })), {
    recipientId: "user-1",
    realm: "citizen",
  });
  assert.deepEqual(personOf(readPerson({ iss: "https://b", u: "olena" }, "u")), {
    recipientId: "olena",
    realm: "officer",
  });
  for (const iss of [undefined, "", "https://c", "https://B", "https://b/", 7, ["https://b"], {}]) {
    assert.equal(personOf(readPerson({ iss, realm: "officer" })), undefined, JSON.stringify(iss));
  }
  assert.deepEqual(personOf(readGood({ iss: "https://b" })), { recipientId: "user-1" });
});

Deno.test("callerText: differs for callers of one id at issuers of two realms, and of none", () => {
  const issuers = ["https://a", "https://b", "https://c"];
  assert.equal(new Set(issuers.map((iss) => callerText(readPerson({ iss })))).size, 3);
  assert.equal(callerText(readGood({})), "user-1");
});

Deno.test("readAccessToken: never throws", () => {
  const claim = fc.oneof(fc.jsonValue(), fc.string(), fc.constant(undefined));
  fc.assert(fc.property(
    fc.record({ exp: claim, sub: claim, RECIPIENT_ID: claim, roles: claim, realm_access: claim }),
    (claims) => {
      const result = readAccessToken(claims, LATEST_EXPIRY_S);
      if (result.ok) assert.match(result.value.recipientId, /\S/);
    },
  ));
});
