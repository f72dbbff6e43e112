import assert from "node:assert/strict";
import { type Bytes, decrypt, encrypt, importAes } from "../../../adapters/crypto/aes_gcm.ts";
import { importDataKey, MAX_SYNC_BYTES, MAX_SYNC_TEXT } from "../../../adapters/crypto/data_key.ts";
import { createEncryption } from "../../../adapters/crypto/envelope_encryption.ts";
import { loadNodeCrypto } from "../../../adapters/crypto/node_crypto.ts";
import type { ImportSyncKey, SyncKey } from "../../../adapters/crypto/sync_crypto.ts";

const KEY: Bytes = new Uint8Array(32).fill(3);
const AAD = "notification 1 é";
const TEXTS = ["", "a", "é😀", "\ufeffmark", "a\u0000b", "x".repeat(100_000)] as const;
const webCryptoOnly = () => Promise.resolve(undefined);
const encoder = new TextEncoder();

async function nodeKey(bytes = KEY): Promise<SyncKey> {
  const importSyncKey = await loadNodeCrypto();
  assert.ok(importSyncKey !== undefined);
  return importSyncKey(bytes);
}

/** Every copy of the bytes with one bit turned, or one byte fewer or more. */
function* spoilt(bytes: Bytes): Generator<Bytes> {
  for (let index = 0; index < bytes.length; index++) {
    const copy = bytes.slice();
    copy[index] = (copy[index] ?? 0) ^ 1;
    yield copy;
  }
  for (const end of [bytes.length - 1, 28, 27, 12, 0]) yield bytes.slice(0, end);
  yield bytes.slice(1);
  yield new Uint8Array([...bytes, 0]);
}

Deno.test("loadNodeCrypto: encrypts what WebCrypto decrypts, and decrypts what WebCrypto encrypted", async () => {
  const [node, web] = [await nodeKey(), await importAes(KEY)];
  for (const text of TEXTS) {
    const plaintext = encoder.encode(text);
    const byNode = node.encrypt(plaintext, AAD);
    assert.equal(byNode.length, 12 + plaintext.length + 16);
    assert.deepEqual(await decrypt(web, byNode, AAD), plaintext);
    assert.deepEqual(node.decrypt(await encrypt(web, plaintext, AAD), AAD), plaintext);
  }
});

Deno.test("loadNodeCrypto: decrypts bytes that are a part of a larger buffer, and keeps its input", async () => {
  const node = await nodeKey();
  const plaintext = encoder.encode("text");
  const framed = new Uint8Array([9, 9, ...node.encrypt(plaintext, AAD), 9]);
  const before = framed.slice();
  assert.deepEqual(node.decrypt(framed.subarray(2, -1), AAD), plaintext);
  assert.deepEqual(framed, before);
  assert.deepEqual(plaintext, encoder.encode("text"));
});

Deno.test("loadNodeCrypto: throws for changed bytes, other additional data and another key", async () => {
  const [node, other] = [await nodeKey(), await nodeKey(KEY.map((byte) => byte ^ 1))];
  const encrypted = node.encrypt(encoder.encode("a text"), AAD);
  for (const bytes of spoilt(encrypted)) assert.throws(() => node.decrypt(bytes, AAD));
  for (const aad of ["", "notification 1 è", `${AAD} `]) {
    assert.throws(() => node.decrypt(encrypted, aad));
  }
  assert.throws(() => other.decrypt(encrypted, AAD));
});

Deno.test("loadNodeCrypto: uses a new nonce for each encryption", async () => {
  const node = await nodeKey();
  const nonces = Array.from(
    { length: 2_000 },
    () => node.encrypt(encoder.encode("text"), AAD).slice(0, 12).toHex(),
  );
  assert.equal(new Set(nonces).size, nonces.length);
});

Deno.test("loadNodeCrypto: makes the HMAC of WebCrypto", async () => {
  const node = await nodeKey();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const web = await crypto.subtle.importKey("raw", KEY, algorithm, false, ["sign"]);
  for (const text of [...TEXTS, "\ud800"]) {
    const expected = new Uint8Array(await crypto.subtle.sign("HMAC", web, encoder.encode(text)));
    assert.deepEqual(node.hmac(text), expected);
  }
});

Deno.test("DataKey: is the same with WebCrypto alone as with cryptography in the calling thread", async () => {
  const [sync, web] = [
    await createEncryption([KEY]),
    await createEncryption([KEY], webCryptoOnly),
  ];
  const wrapped = await web.newDataKey("service");
  const keys = [await sync.dataKey("service", wrapped), await web.dataKey("service", wrapped)];
  for (const text of TEXTS) {
    const [hash, ...hashes] = await Promise.all(keys.map((key) => key.lookup(text)));
    const [mac, ...macs] = await Promise.all(keys.map((key) => key.sign(text)));
    assert.ok(hash !== undefined && mac !== undefined);
    assert.deepEqual([hashes, macs], [[hash], [mac]]);
    for (const encrypt of keys.flatMap((key) => [key.encrypt, key.encryptInBackground])) {
      const encrypted = await encrypt(text, AAD);
      for (const decrypt of keys.flatMap((key) => [key.decrypt, key.decryptInBackground])) {
        assert.equal(await decrypt(encrypted, AAD), text);
        await assert.rejects(decrypt(encrypted, "other"));
      }
    }
    for (const key of keys) assert.equal(await key.verify(mac, text), true);
  }
});

Deno.test("DataKey: works in the calling thread up to MAX_SYNC_TEXT and MAX_SYNC_BYTES, and never in the background", async () => {
  const importNodeKey = await loadNodeCrypto();
  assert.ok(importNodeKey !== undefined);
  const calls: string[] = [];
  const importSyncKey: ImportSyncKey = (bytes) => {
    const key = importNodeKey(bytes);
    return {
      hmac: key.hmac,
      encrypt: (...args) => (calls.push("encrypt"), key.encrypt(...args)),
      decrypt: (...args) => (calls.push("decrypt"), key.decrypt(...args)),
    };
  };
  const key = await importDataKey("id", KEY, importSyncKey);
  async function callsOf(run: () => Promise<unknown>): Promise<readonly string[]> {
    calls.length = 0;
    await run();
    return [...calls];
  }
  const longest = "x".repeat(MAX_SYNC_TEXT);
  assert.deepEqual(await callsOf(() => key.encrypt(longest, AAD)), ["encrypt"]);
  assert.deepEqual(await callsOf(() => key.encrypt(`${longest}x`, AAD)), []);
  assert.deepEqual(await callsOf(() => key.encryptInBackground("x", AAD)), []);
  const overhead = 12 + 16;
  const full = await key.encrypt("x".repeat(MAX_SYNC_BYTES - overhead), AAD);
  assert.equal(full.length, MAX_SYNC_BYTES);
  assert.deepEqual(await callsOf(() => key.decrypt(full, AAD)), ["decrypt"]);
  const over = await key.encrypt("x".repeat(MAX_SYNC_BYTES - overhead + 1), AAD);
  assert.deepEqual(await callsOf(() => key.decrypt(over, AAD)), []);
  assert.deepEqual(await callsOf(() => key.decryptInBackground(full, AAD)), []);
});
