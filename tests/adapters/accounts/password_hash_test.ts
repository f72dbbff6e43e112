import assert from "node:assert/strict";
import { scrypt } from "node:crypto";
import {
  createPasswordHasher,
  HASHES_AT_ONCE,
  MAX_WAITING_HASHES,
} from "../../../adapters/accounts/password_hash.ts";

Deno.test("createPasswordHasher: scrypt with N=16384, r=8, p=5 and a new salt", async () => {
  const hasher = createPasswordHasher();
  const first = await hasher.hash("seven green bicycles");
  assert.ok(first.ok);
  const [, N, r, p, salt = "", hash] = first.value.split("$");
  assert.deepEqual([N, r, p], ["16384", "8", "5"]);
  const expected = await new Promise((resolve, reject) =>
    scrypt(
      "seven green bicycles",
      Uint8Array.fromBase64(salt),
      32,
      { N: 16_384, r: 8, p: 5, maxmem: 2 ** 26 },
      (error, key) => error === null ? resolve(key.toString("base64")) : reject(error),
    )
  );
  assert.equal(hash, expected);
  assert.deepEqual(await hasher.verify("seven green bicycles", first.value), {
    ok: true,
    value: true,
  });
  assert.deepEqual(await hasher.verify("seven green bicycle", first.value), {
    ok: true,
    value: false,
  });
});

/** A scrypt that ends when the test says so. */
function heldScrypt() {
  const held: (() => void)[] = [];
  let running = 0;
  let most = 0;
  return {
    held,
    most: () => most,
    scrypt: async (_password: string, _salt: Uint8Array, length: number) => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => held.push(resolve));
      running--;
      return new Uint8Array(length);
    },
  };
}

Deno.test("createPasswordHasher: computes 2 at a time, lets 20 wait, and refuses the next with Retry-After", async () => {
  const { held, most, scrypt } = heldScrypt();
  const hasher = createPasswordHasher({ scrypt });
  const within = Array.from(
    { length: HASHES_AT_ONCE + MAX_WAITING_HASHES },
    () => hasher.verify("password", undefined),
  );
  assert.deepEqual(await hasher.hash("password"), {
    ok: false,
    refusal: { kind: "busy", retryAfterS: 5 },
  });
  let ended = 0;
  for (const result of within) void result.then(() => ended++);
  while (ended < within.length) {
    held.shift()?.();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  for (const result of await Promise.all(within)) assert.equal(result.ok, true);
  assert.equal(most(), HASHES_AT_ONCE);
  const after = hasher.hash("password");
  await new Promise((resolve) => setTimeout(resolve, 0));
  held.shift()?.();
  assert.equal((await after).ok, true);
});

Deno.test("createPasswordHasher: lets none wait when it may not, as on Workers", async () => {
  const { held, scrypt } = heldScrypt();
  const hasher = createPasswordHasher({ scrypt, maxWaiting: 0 });
  const running = [hasher.hash("a"), hasher.hash("b")];
  assert.equal((await hasher.hash("c")).ok, false);
  await new Promise((resolve) => setTimeout(resolve, 0));
  for (const release of held) release();
  await Promise.all(running);
});

Deno.test("createPasswordHasher: does the same work without a hash, and for a text of another form", async () => {
  let computed = 0;
  const hasher = createPasswordHasher({
    scrypt: (_password, _salt, length) => {
      computed++;
      return Promise.resolve(new Uint8Array(length));
    },
  });
  for (const stored of [undefined, "", "scrypt$1$1$1$AA$AA"]) {
    assert.deepEqual(await hasher.verify("x", stored), { ok: true, value: false });
  }
  assert.equal(computed, 3);
});

Deno.test("createPasswordHasher: gives a place back when scrypt fails", async () => {
  const hasher = createPasswordHasher({ scrypt: () => Promise.reject(new Error("no memory")) });
  for (let i = 0; i < HASHES_AT_ONCE + 1; i++) {
    await assert.rejects(async () => await hasher.hash("x"), /no memory/);
  }
});
