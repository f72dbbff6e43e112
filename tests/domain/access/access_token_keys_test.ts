import assert from "node:assert/strict";
import {
  MAX_PUBLIC_KEYS,
  MIN_RSA_BITS,
  readPublicKeys,
} from "../../../domain/access/access_token_keys.ts";

const encode = (bytes: readonly number[]) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_")
    .replaceAll("=", "");
const fill = (length: number) => Array.from({ length }, () => 255);

const N = encode(fill(MIN_RSA_BITS / 8));
const [X, Y] = [encode(fill(32)), encode([0, ...fill(31)])];
const RSA = { kty: "RSA", n: N, e: "AQAB", kid: "rsa" };
const EC = { kty: "EC", crv: "P-256", x: X, y: Y, kid: "ec" };

function read(...keys: readonly unknown[]) {
  const result = readPublicKeys({ keys });
  return result.ok ? result.value : assert.fail(result.refusal);
}

Deno.test("readPublicKeys: returns the algorithm of each key, and drops other members", () => {
  assert.deepEqual(
    read({ ...RSA, use: "sig", x5c: ["MII"], x5t: "t" }, { ...RSA, alg: "PS256" }, EC),
    {
      keys: [
        {
          kid: "rsa",
          algorithms: ["RS256", "PS256"],
          members: { kty: "RSA", n: N, e: "AQAB" },
        },
        { kid: "rsa", algorithms: ["PS256"], members: { kty: "RSA", n: N, e: "AQAB" } },
        {
          kid: "ec",
          algorithms: ["ES256"],
          members: { kty: "EC", crv: "P-256", x: X, y: Y },
        },
      ],
      hasSecrets: false,
    },
  );
});

Deno.test("readPublicKeys: leaves out keys for another use", () => {
  const others = [
    { ...RSA, use: "enc" },
    { ...RSA, alg: "RSA-OAEP" },
    { ...RSA, alg: "RS512" },
    { ...RSA, alg: "HS256" },
    { ...RSA, alg: "none" },
    { ...RSA, key_ops: ["encrypt"] },
    { ...RSA, n: "" },
    { ...RSA, n: 17 },
    { ...RSA, n: `${N}=!` },
    { ...RSA, e: "" },
    { ...RSA, e: "AQ" },
    { ...EC, x: encode(fill(31)) },
    { ...EC, y: encode(fill(33)) },
    { ...RSA, kid: 1 },
    { ...EC, crv: "P-384" },
    { ...EC, alg: "RS256" },
    { kty: "OKP", crv: "Ed25519", x: "11qY" },
    {},
  ];
  assert.deepEqual(read(...others), { keys: [], hasSecrets: false });
  assert.equal(read(...others, { ...RSA, key_ops: ["verify"] }).keys.length, 1);
});

Deno.test("readPublicKeys: accepts RSA keys of at least MIN_RSA_BITS bits, without leading zeros", () => {
  const bytes = MIN_RSA_BITS / 8;
  const isTaken = (...number: readonly number[]) =>
    read({ ...RSA, n: encode(number) }).keys.length === 1;
  assert.equal(isTaken(128, ...fill(bytes - 1)), true);
  assert.equal(isTaken(0, 128, ...fill(bytes - 1)), true);
  assert.equal(isTaken(127, ...fill(bytes - 1)), false);
  assert.equal(isTaken(0, ...fill(bytes - 1)), false);
  assert.equal(isTaken(...Array.from({ length: bytes }, () => 0)), false);
});

Deno.test("readPublicKeys: leaves out private and symmetric keys, and reports their presence", () => {
  const secrets = [
    { ...RSA, d: "x" },
    { ...RSA, p: "x" },
    { ...EC, d: "x" },
    { kty: "oct", k: "x" },
    { kty: "oct" },
    { ...RSA, k: "x" },
  ];
  for (const secret of secrets) {
    assert.deepEqual(read(secret), { keys: [], hasSecrets: true }, JSON.stringify(secret));
  }
  const { keys, hasSecrets } = read(secrets[0], EC);
  assert.deepEqual([keys.length, hasSecrets], [1, true]);
});

Deno.test("readPublicKeys: refuses JSON that is not a key set, and more than MAX_PUBLIC_KEYS keys", () => {
  const most = Array.from({ length: MAX_PUBLIC_KEYS }, () => EC);
  assert.equal(read(...most).keys.length, MAX_PUBLIC_KEYS);
  for (
    const bad of [undefined, null, [], EC, { keys: EC }, { keys: ["x"] }, { keys: [...most, EC] }]
  ) {
    assert.deepEqual(readPublicKeys(bad), { ok: false, refusal: "not-a-key-set" });
  }
  assert.deepEqual(readPublicKeys({ keys: [] }).ok, true);
});
