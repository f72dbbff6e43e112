import assert from "node:assert/strict";
import { type Bytes, createEncryption } from "../../../adapters/crypto/envelope_encryption.ts";

const FIRST: Bytes = new Uint8Array(32).fill(1);
const SECOND: Bytes = new Uint8Array(32).fill(2);
const TEXTS = ["", "a", "é😀", "\ufeffmark", "a\u0000b", "x".repeat(100_000)] as const;

/** Every copy of the bytes with one bit turned, or one byte fewer or more. */
function* spoilt(bytes: Bytes): Generator<Bytes> {
  for (let index = 0; index < bytes.length; index++) {
    const copy = bytes.slice();
    copy[index] = (copy[index] ?? 0) ^ 1;
    yield copy;
  }
  yield bytes.slice(0, -1);
  yield bytes.slice(1);
  yield new Uint8Array([...bytes, 0]);
  yield bytes.slice(0, 12);
  yield new Uint8Array(0);
}

async function newDataKey(serviceId = "service") {
  const encryption = await createEncryption([FIRST]);
  return await encryption.dataKey(serviceId, await encryption.newDataKey(serviceId));
}

Deno.test("createEncryption: rejects when there is no master key, or one has the wrong length", async () => {
  await assert.rejects(createEncryption([]), /needs a master key/);
  await assert.rejects(createEncryption([new Uint8Array(31)]));
  await assert.rejects(createEncryption([FIRST, new Uint8Array(0)]));
});

Deno.test("decryptSecret: returns every text that encryptSecret encrypted", async () => {
  const encryption = await createEncryption([FIRST]);
  for (const text of TEXTS) {
    assert.equal(
      await encryption.decryptSecret(await encryption.encryptSecret(text, "c"), "c"),
      text,
    );
  }
});

Deno.test("decryptSecret: rejects other additional data and changed bytes", async () => {
  const encryption = await createEncryption([FIRST]);
  const sealed = await encryption.encryptSecret("secret", "api-key 1 2");
  for (const context of ["", "api-key 1 3", "api-key 1 2 ", "API-KEY 1 2"]) {
    await assert.rejects(encryption.decryptSecret(sealed, context));
  }
  for (const bytes of spoilt(sealed.bytes)) {
    await assert.rejects(encryption.decryptSecret({ ...sealed, bytes }, "api-key 1 2"));
  }
});

Deno.test("DataKey.decrypt: returns the text for the same additional data only", async () => {
  const key = await newDataKey();
  for (const text of TEXTS) {
    assert.equal(await key.decrypt(await key.encrypt(text, "c"), "c"), text);
  }
  const sealed = await key.encrypt("text", "notification 1");
  await assert.rejects(key.decrypt(sealed, "notification 2"));
  for (const bytes of spoilt(sealed)) await assert.rejects(key.decrypt(bytes, "notification 1"));
});

Deno.test("DataKey.encrypt: uses a new nonce for each encryption of the same text", async () => {
  const key = await newDataKey();
  const sealed = await Promise.all(Array.from({ length: 2_000 }, () => key.encrypt("text", "c")));
  const hexOf = (bytes: Bytes) => Array.from(bytes, (byte) => byte.toString(16)).join(" ");
  assert.equal(new Set(sealed.map((bytes) => hexOf(bytes.slice(0, 12)))).size, sealed.length);
  assert.equal(new Set(sealed.map((bytes) => hexOf(bytes.slice(12)))).size, sealed.length);
  assert.equal(sealed[0]?.length, 12 + 4 + 16);
});

Deno.test("DataKey.decrypt: rejects what another data key or the master key encrypted", async () => {
  const encryption = await createEncryption([FIRST]);
  const [one, two] = [await newDataKey(), await newDataKey()];
  await assert.rejects(two.decrypt(await one.encrypt("text", "c"), "c"));
  await assert.rejects(two.decrypt((await encryption.encryptSecret("text", "c")).bytes, "c"));
});

Deno.test("DataKey.lookup: is equal for the same text and key, and different otherwise", async () => {
  const encryption = await createEncryption([FIRST]);
  const wrapped = await encryption.newDataKey("service");
  const key = await encryption.dataKey("service", wrapped);
  const again = await (await createEncryption([FIRST])).dataKey("service", wrapped);
  const hash = await key.lookup("ada@example.org");
  assert.equal(hash.length, 16);
  assert.deepEqual(await again.lookup("ada@example.org"), hash);
  assert.notDeepEqual(await key.lookup("ada@example.com"), hash);
  assert.notDeepEqual(await (await newDataKey()).lookup("ada@example.org"), hash);
});

Deno.test("DataKey.lookup: tells lone surrogates from one another and from their replacement", async () => {
  const key = await newDataKey();
  const texts = ["a\ud800", "a\udfff", "a\ud801", "a\ufffd", "\ud800a"];
  const hashes = await Promise.all(texts.map(async (text) => String(await key.lookup(text))));
  assert.equal(new Set(hashes).size, texts.length);
  assert.deepEqual(String(await key.lookup("a\ud800")), hashes[0]);
});

Deno.test("Encryption.dataKey: unwraps for the key's own service only, even when the key is cached", async () => {
  const encryption = await createEncryption([FIRST]);
  const wrapped = await encryption.newDataKey("service");
  assert.equal(
    await encryption.dataKey("service", wrapped),
    await encryption.dataKey("service", wrapped),
  );
  await assert.rejects(encryption.dataKey("other", wrapped));
  const other = await createEncryption([FIRST]);
  await assert.rejects(other.dataKey("other", wrapped));
  await assert.rejects(other.dataKey("service", { ...wrapped, id: crypto.randomUUID() }));
  for (const bytes of spoilt(wrapped.wrapped)) {
    await assert.rejects(other.dataKey("service", { ...wrapped, wrapped: bytes }));
  }
});

Deno.test("createEncryption: a rotated master key encrypts with the first master key and opens with the others", async () => {
  const old = await createEncryption([FIRST]);
  const secret = await old.encryptSecret("secret", "c");
  const wrapped = await old.newDataKey("service");
  const sealed = await (await old.dataKey("service", wrapped)).encrypt("text", "c");

  const rotated = await createEncryption([SECOND, FIRST]);
  assert.equal(await rotated.decryptSecret(secret, "c"), "secret");
  assert.equal(await (await rotated.dataKey("service", wrapped)).decrypt(sealed, "c"), "text");
  const after = await rotated.encryptSecret("new", "c");
  assert.notEqual(after.masterKeyId, secret.masterKeyId);
  assert.equal((await rotated.newDataKey("service")).masterKeyId, after.masterKeyId);

  const alone = await createEncryption([SECOND]);
  assert.equal(await alone.decryptSecret(after, "c"), "new");
  const missing = new RegExp(`master key ${secret.masterKeyId}, which is not configured`);
  await assert.rejects(alone.decryptSecret(secret, "c"), missing);
  await assert.rejects(alone.dataKey("service", wrapped), missing);
});

Deno.test("DataKey.verify: accepts only what the same key signed", async () => {
  const encryption = await createEncryption([FIRST]);
  const wrapped = await encryption.newDataKey("service");
  const [key, other] = [
    await encryption.dataKey("service", wrapped),
    await encryption.dataKey("service", await encryption.newDataKey("service")),
  ];
  const mac = await key.sign("text");
  assert.equal(mac.length, 32);
  assert.equal(await key.verify(mac, "text"), true);
  const again = await (await createEncryption([FIRST])).dataKey("service", wrapped);
  assert.equal(await again.verify(mac, "text"), true);
  assert.notDeepEqual(mac.slice(0, 16), await key.lookup("text"), "a key of its own");
  assert.equal(await key.verify(mac, "Text"), false);
  assert.equal(await key.verify(mac.slice(1), "text"), false);
  assert.equal(await key.verify(mac.map((byte, at) => at === 31 ? byte ^ 1 : byte), "text"), false);
  assert.equal(await other.verify(mac, "text"), false);
});

Deno.test("createEncryption: keys are not extractable, and its objects contain no key bytes", async () => {
  const imported: CryptoKey[] = [];
  const { importKey } = crypto.subtle;
  const spy = async (...args: Parameters<typeof importKey>) => {
    const key = await importKey.apply(crypto.subtle, args);
    imported.push(key);
    return key;
  };
  Object.defineProperty(crypto.subtle, "importKey", { value: spy, configurable: true });
  try {
    const encryption = await createEncryption([FIRST]);
    const key = await encryption.dataKey("service", await encryption.newDataKey("service"));
    for (const holder of [encryption, key]) {
      for (const value of Object.values(holder)) {
        assert.ok(
          typeof value === "function" || value === key.id || value === encryption.currentKeyId,
        );
      }
    }
  } finally {
    Reflect.deleteProperty(crypto.subtle, "importKey");
  }
  assert.equal(imported.length, 5);
  for (const key of imported) {
    assert.equal(key.extractable, false);
    await assert.rejects(crypto.subtle.exportKey("raw", key));
  }
});
