/** Verification with the keys of real servers on loopback: rotation, outages, and the number of requests to them. */
import assert from "node:assert/strict";
import { createAccessTokens } from "../../../adapters/tokens/access_tokens.ts";
import {
  createKeyServer,
  KEYS_COOL_DOWN_MS,
  KEYS_FRESH_MS,
  KEYS_RETRY_MS,
  KEYS_STALE_MS,
  MAX_KEYS_BYTES,
} from "../../../adapters/tokens/key_server.ts";
import {
  type Behaviour,
  cutAnswer,
  nonsense,
  reset,
  slow,
  startScriptedServer,
  status,
} from "../../support/stand_ins/scripted_server.ts";
import { issueToken, makeKeys, type TestKeys, toJwks, TOKEN_NOW } from "../../support/tokens.ts";

/** A key server whose keys can be changed. */
async function startKeyServer(...first: readonly TestKeys[]) {
  let keys = first;
  const server = await startScriptedServer({
    answer: () => ({ status: 200, body: toJwks(...keys) }),
    report: () => Promise.resolve(),
  });
  return {
    ...server,
    url: `${server.url}/certs`,
    rotate: (...next: readonly TestKeys[]) => void (keys = next),
    [Symbol.asyncDispose]: server.close,
  };
}

interface Options {
  readonly fetch?: typeof fetch;
  readonly issuers?: readonly string[];
  readonly fetchPerCall?: boolean;
  readonly timeoutMs?: number;
}

/** Verifies a token and returns the verdict, so many milliseconds after {@link TOKEN_NOW}. */
function createVerify(urls: readonly string[], { issuers = [], ...dependencies }: Options = {}) {
  const config = { keys: { urls }, issuers, audiences: [], maxLifetimeS: LONG.lifeS };
  const { verify } = createAccessTokens(config, { fetch, ...dependencies });
  return async (token: string, afterMs = 0) => {
    const result = await verify(token, TOKEN_NOW + afterMs);
    if (result.ok) return "ok";
    return "because" in result.refusal ? result.refusal.because : result.refusal.kind;
  };
}

const [a, b, c] = await Promise.all([
  makeKeys("ES256", "a"),
  makeKeys("ES256", "b"),
  makeKeys("RS256", "c"),
]);
const LONG = { lifeS: 30 * 24 * 60 * 60 };
const [byA, byB, byC] = await Promise.all([
  issueToken(a, {}, LONG),
  issueToken(b, {}, LONG),
  issueToken(c, {}, LONG),
]);

Deno.test("createAccessTokens: concurrent verifications share one fetch of the keys", async () => {
  await using server = await startKeyServer(a);
  const verify = createVerify([server.url]);
  server.next(slow(50));
  const tokens = await Promise.all(
    Array.from({ length: 50 }, (_, n) => issueToken(a, { sub: `${n}` })),
  );
  const verdicts = await Promise.all([...tokens, byB, byB].map((token) => verify(token)));
  assert.deepEqual(new Set(verdicts.slice(0, 50)), new Set(["ok"]));
  assert.deepEqual(verdicts.slice(50), ["unknown-key", "unknown-key"]);
  assert.equal(server.calls.length, 1);
  assert.deepEqual([server.calls[0]?.method, server.calls[0]?.path], ["GET", "/certs"]);
});

Deno.test("createAccessTokens: fetches again for an unknown key, but not before KEYS_COOL_DOWN_MS", async () => {
  await using server = await startKeyServer(a);
  const verify = createVerify([server.url]);
  assert.equal(await verify(byA), "ok");
  server.rotate(a, b);
  assert.equal(await verify(byB, KEYS_COOL_DOWN_MS - 1), "unknown-key");
  assert.equal(server.calls.length, 1, "junk does not hammer the server");
  assert.equal(await verify(byB, KEYS_COOL_DOWN_MS), "ok");
  assert.equal(await verify(byA, KEYS_COOL_DOWN_MS), "ok");
  assert.equal(server.calls.length, 2);
  for (let n = 0; n < 20; n++) {
    assert.equal(await verify(byC, 2 * KEYS_COOL_DOWN_MS), "unknown-key");
  }
  assert.equal(server.calls.length, 3);
});

Deno.test("createAccessTokens: refuses a key that was withdrawn KEYS_FRESH_MS ago", async () => {
  await using server = await startKeyServer(a, b);
  const verify = createVerify([server.url]);
  assert.equal(await verify(byA), "ok");
  server.rotate(b);
  assert.equal(await verify(byA, KEYS_FRESH_MS - 1), "ok");
  assert.equal(await verify(byA, KEYS_FRESH_MS), "unknown-key");
  assert.equal(await verify(byB, KEYS_FRESH_MS), "ok");
  assert.equal(server.calls.length, 2);
  server.rotate();
  assert.equal(await verify(byB, 2 * KEYS_FRESH_MS), "unknown-key", "an empty set withdraws all");
});

Deno.test("createAccessTokens: verifies a cached token again when the keys have changed", async () => {
  await using server = await startKeyServer(a);
  const verify = createVerify([server.url]);
  assert.equal(await verify(byA), "ok");
  server.rotate(b);
  assert.equal(await verify(byB, KEYS_COOL_DOWN_MS), "ok");
  assert.equal(await verify(byA, KEYS_COOL_DOWN_MS), "unknown-key");
});

Deno.test("createAccessTokens: finds a new key with the id of an earlier one", async () => {
  const again = await makeKeys("ES256", "a");
  await using server = await startKeyServer(a);
  const verify = createVerify([server.url]);
  assert.equal(await verify(byA), "ok");
  server.rotate(again);
  assert.equal(await verify(await issueToken(again), KEYS_COOL_DOWN_MS), "ok");
  assert.equal(await verify(byA, KEYS_COOL_DOWN_MS), "signature");
});

const UNEXPECTED_ERROR: Readonly<Record<string, Behaviour>> = {
  "an error": status(500, { keys: [a.publicJwk] }),
  "a redirect": status(302, toJwks(a), { location: "/elsewhere" }),
  "no content": status(204),
  "a page": nonsense(),
  "no key set": nonsense({ keys: "none" }),
  "too much": nonsense({ keys: [a.publicJwk], padding: "x".repeat(MAX_KEYS_BYTES) }),
  "a reset": reset(),
  "half an answer": cutAnswer(),
  "silence": slow(5_000),
};

for (const [name, behaviour] of Object.entries(UNEXPECTED_ERROR)) {
  Deno.test(`createAccessTokens: uses cached keys when the server returns ${name}`, async () => {
    await using server = await startKeyServer(a);
    // Counts calls, not requests: Deno repeats a request by itself when a kept connection was reset.
    let requests = 0;
    const count: typeof fetch = (input, init) => (requests++, fetch(input, init));
    const options = name === "silence" ? { timeoutMs: 500 } : {};
    const verify = createVerify([server.url], { fetch: count, ...options });
    server.next(behaviour);
    assert.equal(await verify(byA), "keys-unreachable");
    assert.equal(await verify(byA, KEYS_RETRY_MS - 1), "keys-unreachable");
    assert.equal(requests, 1);
    assert.equal(await verify(byA, KEYS_RETRY_MS), "ok");
    assert.equal(requests, 2);
    server.always(behaviour);
    const later = KEYS_RETRY_MS + KEYS_FRESH_MS;
    assert.equal(await verify(byA, later), "ok", "stale");
    assert.equal(await verify(byA, later + KEYS_RETRY_MS - 1), "ok");
    assert.equal(requests, 3);
    assert.equal(await verify(byA, KEYS_RETRY_MS + KEYS_STALE_MS - 1), "ok");
    assert.equal(await verify(byA, KEYS_RETRY_MS + KEYS_STALE_MS), "keys-unreachable");
    server.always(undefined);
    assert.equal(await verify(byA, 2 * KEYS_RETRY_MS + KEYS_STALE_MS), "ok");
  });
}

Deno.test("createAccessTokens: refuses with keys-unreachable when the key server is down", async () => {
  const server = await startKeyServer(a);
  await server.close();
  const verify = createVerify([server.url]);
  assert.equal(await verify(byA), "keys-unreachable");
  assert.equal(
    await verify("junk"),
    "malformed",
    "a malformed token is refused without fetching keys",
  );
});

Deno.test("createKeyServer: accepts a response of MAX_KEYS_BYTES bytes", async () => {
  await using server = await startKeyServer(a);
  const body = { keys: [a.publicJwk], padding: "" };
  const rest = MAX_KEYS_BYTES - JSON.stringify(body).length;
  for (const [length, isTaken] of [[rest, true], [rest + 1, false]] as const) {
    server.next(nonsense({ ...body, padding: "x".repeat(length) }));
    const set = await createKeyServer(server.url, { fetch }).newest(TOKEN_NOW);
    assert.equal(set !== undefined, isTaken);
  }
});

Deno.test("createKeyServer: never accepts a private or symmetric key", async () => {
  await using server = await startKeyServer(a);
  const oct = { kty: "oct", k: "c2VjcmV0", kid: "s", alg: "HS256" };
  server.next(nonsense({ keys: [b.privateJwk, oct, a.publicJwk] }));
  const set = await createKeyServer(server.url, { fetch }).newest(TOKEN_NOW);
  assert.equal(set?.find("ES256", "a").length, 1);
  assert.equal(set?.find("ES256", "b").length, 0);
});

Deno.test("createKeyServer: fetches again although the clock was set back", async () => {
  await using server = await startKeyServer(a);
  const { newest } = createKeyServer(server.url, { fetch });
  await newest(TOKEN_NOW);
  await newest(TOKEN_NOW - 3_600_000);
  assert.equal(server.calls.length, 2);
});

Deno.test("createKeyServer: with fetchPerCall, no call waits for the fetch of another", async () => {
  await using server = await startKeyServer(a);
  const { newest, cached } = createKeyServer(server.url, { fetch, fetchPerCall: true });
  const sets = await Promise.all([newest(TOKEN_NOW), newest(TOKEN_NOW), newest(TOKEN_NOW)]);
  assert.ok(sets.every((set) => set !== undefined));
  assert.equal(server.calls.length, 3);
  assert.equal(await newest(TOKEN_NOW), cached(TOKEN_NOW));
  assert.equal(server.calls.length, 3);
});

Deno.test("createAccessTokens: accepts tokens of several key servers when any other is down", async () => {
  await using server = await startKeyServer(a);
  await using two = await startKeyServer(b);
  const verify = createVerify([server.url, two.url]);
  assert.equal(await verify(byB), "ok");
  assert.equal(await verify(byA), "ok");
  assert.equal(await verify(byC), "unknown-key");
  server.always(status(503));
  assert.equal(await verify(byB, KEYS_STALE_MS), "ok");
  assert.equal(await verify(byA, KEYS_STALE_MS), "keys-unreachable");
  assert.equal(await verify(byC, KEYS_STALE_MS), "keys-unreachable");
});

Deno.test("createAccessTokens: a slow key server does not delay tokens of another", async () => {
  await using server = await startKeyServer(a);
  await using two = await startKeyServer(b);
  const verify = createVerify([server.url, two.url]);
  assert.equal(await verify(byB), "ok");
  two.rotate(b, c);
  assert.equal(await verify(byC, KEYS_COOL_DOWN_MS), "ok");
  server.always(slow(60_000));
  assert.equal(await verify(byC, KEYS_COOL_DOWN_MS + KEYS_FRESH_MS - 1), "ok");
  assert.equal(server.calls.length, 2, "the keys at hand were enough");
});

Deno.test("createAccessTokens: accepts each key server's own issuer only", async () => {
  await using citizens = await startKeyServer(a);
  await using officers = await startKeyServer(b);
  const issuers = ["https://id.example/citizens", "https://id.example/officers"];
  const [citizen, officer] = issuers;
  const paired = createVerify([citizens.url, officers.url], { issuers });
  assert.equal(await paired(await issueToken(a, { iss: citizen })), "ok");
  assert.equal(await paired(await issueToken(b, { iss: officer })), "ok");
  assert.equal(await paired(await issueToken(a, { iss: officer })), "issuer");
  assert.equal(await paired(await issueToken(b, { iss: citizen })), "issuer");
  const shared = createVerify([citizens.url], { issuers });
  assert.equal(await shared(await issueToken(a, { iss: citizen })), "ok");
  assert.equal(await shared(await issueToken(a, { iss: officer })), "ok");
});
