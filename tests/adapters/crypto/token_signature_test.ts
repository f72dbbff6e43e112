import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import type { Bytes } from "../../../adapters/crypto/aes_gcm.ts";
import { loadNodeCrypto } from "../../../adapters/crypto/node_crypto.ts";
import { importTokenSecret } from "../../../adapters/crypto/token_signature.ts";

const base64url = { alphabet: "base64url", omitPadding: true } as const;
const encode = (text: string) => new TextEncoder().encode(text).toBase64(base64url);

/** The tokens with HS256 in RFC 7515 (A.1) and RFC 7520 (4.4), which jose has as tests too. */
const VECTORS = [
  {
    key: "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
    token: "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9" +
      ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ" +
      ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
  },
  {
    key: "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg",
    token: "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9" +
      ".SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250" +
      "byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hl" +
      "cmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4" +
      ".s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0",
  },
] as const;

/** The check in the calling thread, and jose's. */
async function importBoth(secret: Bytes) {
  const inThread = await importTokenSecret(secret, await loadNodeCrypto());
  const jose = await importTokenSecret(secret, undefined);
  return { inThread, jose };
}

function decode(text: string): Bytes {
  return Uint8Array.fromBase64(text, { alphabet: "base64url" });
}

Deno.test("importTokenSecret: accepts the vectors of RFC 7515 and RFC 7520, as jose does", async () => {
  for (const { key, token } of VECTORS) {
    const { inThread, jose } = await importBoth(decode(key));
    assert.deepEqual([await inThread(token), await jose(token)], [true, true]);
  }
});

Deno.test("importTokenSecret: refuses every changed, dropped or added character of a vector, as jose does", async () => {
  for (const { key, token } of VECTORS) {
    const { inThread, jose } = await importBoth(decode(key));
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === "A" ? "B" : "A";
      for (const middle of [other, "", `${token[at]}A`]) {
        const changed = token.slice(0, at) + middle + token.slice(at + 1);
        // A last character has bits that no byte has: jose ignores them.
        const isStray = at === token.length - 1;
        assert.equal(await inThread(changed), false, changed);
        if (!isStray) assert.equal(await jose(changed), false, changed);
      }
    }
  }
});

Deno.test("importTokenSecret: refuses other algorithms, extensions and malformed tokens", async () => {
  const secret = new TextEncoder().encode("32cfc7b8-0d5b-4d5e-8a53-9c1b2b7e4d10");
  const { inThread, jose } = await importBoth(secret);
  const key = (await loadNodeCrypto())?.(secret);
  assert.ok(key !== undefined);
  const sign = (header: string, payload = "{}") => {
    const signed = `${encode(header)}.${encode(payload)}`;
    return `${signed}.${key.hmac(signed).toBase64(base64url)}`;
  };
  assert.deepEqual([await inThread(sign('{"alg":"HS256"}')), await jose(sign('{"alg":"HS256"}'))], [
    true,
    true,
  ]);
  for (
    const header of [
      '{"alg":"none"}',
      '{"alg":"HS384"}',
      '{"alg":"hs256"}',
      '{"alg":["HS256"]}',
      "{}",
      "null",
      "[]",
      '"HS256"',
      "{",
      "",
      '{"alg":"HS256","crit":["exp"],"exp":1}',
      '{"alg":"HS256","crit":[]}',
    ]
  ) {
    const token = sign(header);
    assert.deepEqual([await inThread(token), await jose(token)], [false, false], header);
  }
  // jose understands RFC 7797; a service's token may not use it.
  assert.equal(await inThread(sign('{"alg":"HS256","b64":false,"crit":["b64"]}')), false);
  assert.equal(await inThread(sign('{"alg":"HS256","b64":false}')), false);
  const good = sign('{"alg":"HS256"}');
  const [head = "", payload = "", signature = ""] = good.split(".");
  for (
    const token of [
      "",
      ".",
      "..",
      "...",
      head,
      `${head}.${payload}`,
      `${head}.${payload}.`,
      `${good}.`,
      `${good}.${signature}`,
      ` ${good}`,
      `${head}.${payload}.${signature.slice(0, 22)}`,
      `${head}.!.${signature}`,
    ]
  ) assert.deepEqual([await inThread(token), await jose(token)], [false, false], token);
});

Deno.test("importTokenSecret: agrees with jose on any secret and payload, and on another secret", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 1, maxLength: 100 }),
      fc.string({ unit: "grapheme" }),
      async (bytes, payload) => {
        const secret = new Uint8Array(bytes);
        const { inThread, jose } = await importBoth(secret);
        const key = (await loadNodeCrypto())?.(secret);
        const signed = `${encode('{"alg":"HS256"}')}.${encode(payload)}`;
        const token = `${signed}.${key?.hmac(signed).toBase64(base64url)}`;
        assert.deepEqual([await inThread(token), await jose(token)], [true, true]);
        const other = await importBoth(new Uint8Array([...secret, 1]));
        assert.deepEqual([await other.inThread(token), await other.jose(token)], [false, false]);
      },
    ),
    { numRuns: 50 },
  );
});
