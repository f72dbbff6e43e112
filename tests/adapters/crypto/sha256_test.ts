import assert from "node:assert/strict";
import { sha256 } from "../../../adapters/crypto/sha256.ts";

/** From FIPS 180-2, and texts of more than one byte a character. */
const HASHES = [
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ["Київ", undefined],
  ["a\u{1F600}\0z", undefined],
  ["lone \uD800", undefined],
] as const;

for (const [text, expected] of HASHES) {
  Deno.test(`sha256: hashes ${JSON.stringify(text)} as WebCrypto does`, async () => {
    const hash = (await sha256(text)).toHex();
    const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    assert.equal(hash, new Uint8Array(bytes).toHex());
    if (expected !== undefined) assert.equal(hash, expected);
  });
}
