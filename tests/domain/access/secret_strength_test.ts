import assert from "node:assert/strict";
import {
  MIN_DIFFERENT,
  MIN_STRONG_TOKEN_LENGTH,
  weaknessOfKey,
  weaknessOfToken,
} from "../../../domain/access/secret_strength.ts";

const KEY_BYTES = 32;

/** The weakness of a key whose byte at each place is computed. */
const ofBytes = (byteAt: (index: number) => number) =>
  weaknessOfKey(Uint8Array.from({ length: KEY_BYTES }, (_, index) => byteAt(index)), "");

/** Numbers without a pattern, the same in each run. */
const scattered = (index: number) => (index * index * 31 + index * 7 + 3) % 251;

Deno.test("weaknessOfKey: finds keys of one byte, of few bytes, repeated patterns and sequences", () => {
  assert.equal(ofBytes(() => 0), "few-different");
  assert.equal(ofBytes(() => 255), "few-different");
  assert.equal(ofBytes((index) => scattered(index) % (MIN_DIFFERENT - 1)), "few-different");
  for (const period of [MIN_DIFFERENT, 12, 15, 16]) {
    assert.equal(ofBytes((index) => scattered(index % period)), "repeated", `${period}`);
  }
  assert.equal(ofBytes((index) => scattered(index % 17)), undefined, "not twice");
  assert.equal(ofBytes((index) => index), "sequence");
  assert.equal(ofBytes((index) => (255 - 3 * index) & 255), "sequence");
});

Deno.test("weaknessOfKey: accepts random bytes, and random text used as bytes", () => {
  assert.equal(ofBytes(scattered), undefined);
  for (let run = 0; run < 2_000; run++) {
    const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
    assert.equal(weaknessOfKey(bytes, ""), undefined);
    const hex = new TextEncoder().encode(bytes.toHex().slice(0, KEY_BYTES));
    assert.equal(weaknessOfKey(hex, ""), undefined);
  }
});

Deno.test("weaknessOfToken: requires MIN_STRONG_TOKEN_LENGTH characters, MIN_DIFFERENT of them different, without a pattern", () => {
  const strong = "a9Kd02mxPqZr71LtVb8sWcY4";
  assert.equal(strong.length, MIN_STRONG_TOKEN_LENGTH);
  assert.equal(weaknessOfToken(strong), undefined);
  assert.equal(weaknessOfToken(strong.slice(1)), "too-short");
  assert.equal(weaknessOfToken("𝒜".repeat(MIN_STRONG_TOKEN_LENGTH - 1)), "too-short");
  assert.equal(weaknessOfToken("a".repeat(40)), "few-different");
  assert.equal(weaknessOfToken("abcdefg".repeat(6)), "few-different");
  assert.equal(weaknessOfToken("admin-token-".repeat(3)), "repeated");
  assert.equal(weaknessOfToken("abcdefghijklmnopqrstuvwxyz"), "sequence");
});
