import assert from "node:assert/strict";
import {
  type AccessTokensConfig,
  CLOCK_TOLERANCE_S,
  createAccessTokens,
} from "../../../adapters/tokens/access_tokens.ts";
import { MAX_CACHED_TOKENS } from "../../../adapters/tokens/verified_token_cache.ts";
import { readPublicKeys } from "../../../domain/access/access_token_keys.ts";
import {
  DEFAULT_MAX_TOKEN_LIFETIME_S,
  MAX_ACCESS_TOKEN_LENGTH,
} from "../../../domain/access/access_tokens.ts";
import {
  issueBadTokens,
  issueToken,
  makeKeys,
  TEST_AUDIENCE,
  TEST_ISSUER,
  type TestKeys,
  toJwks,
  TOKEN_NOW,
} from "../../support/tokens.ts";

const PROPER = { iss: TEST_ISSUER, aud: TEST_AUDIENCE };

function never(): Promise<Response> {
  return Promise.reject(new Error("configured keys are never fetched"));
}

/** Verifies with configured keys. */
function inline(keys: readonly TestKeys[], config: Partial<AccessTokensConfig> = {}) {
  const read = readPublicKeys(JSON.parse(toJwks(...keys)));
  const jwks = read.ok ? read.value.keys : assert.fail();
  const whole = { issuers: [], audiences: [], ...config, keys: { jwks } };
  const { verify } = createAccessTokens(whole, { fetch: never });
  return async (token: string | undefined, now = TOKEN_NOW) => {
    const result = await verify(token, now);
    if (result.ok) return result.value.recipientId;
    return "because" in result.refusal ? result.refusal.because : result.refusal.kind;
  };
}

for (const algorithm of ["RS256", "PS256", "ES256"] as const) {
  Deno.test(`createAccessTokens: accepts ${algorithm}, with and without a key id`, async () => {
    const keys = await makeKeys(algorithm, "a");
    const other = await makeKeys(algorithm, "b");
    const verify = inline([other, keys]);
    assert.equal(await verify(await issueToken(keys)), "citizen-1");
    assert.equal(
      await verify(await issueToken(keys, {}, { header: { kid: undefined } })),
      "citizen-1",
    );
    const mistaken = await issueToken(keys, {}, { header: { kid: "b" } });
    assert.equal(await verify(mistaken), "signature");
  });
}

Deno.test("createAccessTokens: reads the claims of a verified token", async () => {
  const keys = await makeKeys("ES256", "a");
  const read = readPublicKeys(JSON.parse(toJwks(keys)));
  const jwks = read.ok ? read.value.keys : assert.fail();
  const { verify } = createAccessTokens(
    { keys: { jwks }, issuers: [], audiences: [] },
    { fetch: never },
  );
  const token = await issueToken(keys, {
    RECIPIENT_ID: "recipient-1",
    roles: ["citizen"],
    realm_access: { roles: ["template-admin"] },
    drfo: "3123456789",
  });
  const expected = {
    ok: true,
    value: {
      recipientId: "recipient-1",
      roles: ["citizen", "template-admin"],
      drfo: "3123456789",
      expiresAt: TOKEN_NOW + 3_600_000,
    },
  };
  assert.deepEqual(await verify(token, TOKEN_NOW), expected);
  assert.deepEqual(await verify(token, TOKEN_NOW), expected, "cached");
});

for (const algorithm of ["RS256", "ES256"] as const) {
  Deno.test(`createAccessTokens: refuses every bad token signed with ${algorithm}`, async () => {
    const keys = await makeKeys(algorithm, "a");
    const verify = inline([keys], { issuers: [TEST_ISSUER], audiences: [TEST_AUDIENCE] });
    const good = await issueToken(keys, PROPER);
    assert.equal(await verify(good), "citizen-1");
    for (const { name, token, refusal } of await issueBadTokens(keys)) {
      assert.equal(await verify(token), refusal.because ?? refusal.kind, name);
      assert.equal(await verify(token), refusal.because ?? refusal.kind, `${name}, again`);
    }
    assert.equal(await verify(good), "citizen-1");
  });
}

Deno.test("createAccessTokens: accepts any of the configured issuers and audiences, and every one when none is configured", async () => {
  const keys = await makeKeys("ES256", "a");
  const strict = inline([keys], {
    issuers: ["https://a.example", "https://b.example"],
    audiences: ["x", "y"],
  });
  assert.equal(
    await strict(await issueToken(keys, { iss: "https://b.example", aud: "y" })),
    "citizen-1",
  );
  const many = await issueToken(keys, { iss: "https://a.example", aud: ["z", "x"] });
  assert.equal(await strict(many), "citizen-1");
  assert.equal(
    await strict(await issueToken(keys, { iss: "https://c.example", aud: "y" })),
    "issuer",
  );
  assert.equal(
    await strict(await issueToken(keys, { iss: "https://a.example", aud: "z" })),
    "audience",
  );
  const open = inline([keys]);
  assert.equal(
    await open(await issueToken(keys, { iss: "https://c.example", aud: "z" })),
    "citizen-1",
  );
});

Deno.test("createAccessTokens: tolerates a clock skew of CLOCK_TOLERANCE_S seconds, and no more", async () => {
  const keys = await makeKeys("ES256", "a");
  const verify = inline([keys]);
  const nowS = TOKEN_NOW / 1000;
  const token = await issueToken(keys, { nbf: nowS, exp: nowS + 60 });
  const at = (s: number) => verify(token, TOKEN_NOW + s * 1000);
  assert.equal(await at(-CLOCK_TOLERANCE_S), "citizen-1");
  assert.equal(await at(-CLOCK_TOLERANCE_S - 1), "not-yet-valid");
  assert.equal(await at(60 + CLOCK_TOLERANCE_S - 1), "citizen-1");
  assert.equal(await at(60 + CLOCK_TOLERANCE_S), "expired");
  assert.equal(await at(0), "citizen-1");
  assert.equal(await at(3600), "expired", "a cached verification expires with its token");
});

Deno.test("createAccessTokens: accepts an exp of up to the lifetime ahead, 24 hours unless configured", async () => {
  const keys = await makeKeys("ES256", "a");
  for (
    const [verify, maxLifetimeS] of [
      [inline([keys]), DEFAULT_MAX_TOKEN_LIFETIME_S],
      [inline([keys], { maxLifetimeS: 60 }), 60],
    ] as const
  ) {
    const latest = maxLifetimeS + CLOCK_TOLERANCE_S;
    assert.equal(await verify(await issueToken(keys, {}, { lifeS: latest })), "citizen-1");
    assert.equal(await verify(await issueToken(keys, {}, { lifeS: latest + 1 })), "lifetime");
  }
});

Deno.test("createAccessTokens: accepts tokens of up to MAX_ACCESS_TOKEN_LENGTH characters", async () => {
  const keys = await makeKeys("ES256", "a");
  const verify = inline([keys]);
  const ofPadding = (length: number) => issueToken(keys, { padding: "a".repeat(length) });
  const overhead = (await ofPadding(0)).length;
  // Three characters of JSON are four of a token.
  const near = Math.floor((MAX_ACCESS_TOKEN_LENGTH - overhead) * 3 / 4);
  const longest = await ofPadding(near);
  assert.ok(MAX_ACCESS_TOKEN_LENGTH - longest.length < 4);
  assert.equal(await verify(longest), "citizen-1");
  assert.equal(await verify(await ofPadding(near + 4)), "malformed");
});

Deno.test("createAccessTokens: verifies tokens when the cache is full", async () => {
  const keys = await makeKeys("ES256", "a");
  const verify = inline([keys]);
  const first = await issueToken(keys);
  assert.equal(await verify(first), "citizen-1");
  for (let n = 0; n <= MAX_CACHED_TOKENS; n++) {
    assert.equal(await verify(await issueToken(keys, { sub: `${n}` })), `${n}`);
  }
  assert.equal(await verify(first), "citizen-1");
});
