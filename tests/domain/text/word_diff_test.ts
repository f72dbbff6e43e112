import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { type DiffPart, diffWords, MAX_EDITS } from "../../../domain/text/word_diff.ts";

const textOf = (parts: readonly DiffPart[], without: DiffPart["kind"]) =>
  parts.filter(({ kind }) => kind !== without).map(({ text }) => text).join("");

Deno.test("diffWords: marks words that were removed and added", () => {
  assert.deepEqual(diffWords("Dear ((name)), hello", "Dear ((first name)), hello"), [
    { kind: "same", text: "Dear ((" },
    { kind: "added", text: "first " },
    { kind: "same", text: "name)), hello" },
  ]);
  assert.deepEqual(diffWords("Ваш податок", "Ваш збір"), [
    { kind: "same", text: "Ваш " },
    { kind: "removed", text: "податок" },
    { kind: "added", text: "збір" },
  ]);
  assert.deepEqual(diffWords("same", "same"), [{ kind: "same", text: "same" }]);
  assert.deepEqual(diffWords("", "new"), [{ kind: "added", text: "new" }]);
  assert.deepEqual(diffWords("old", ""), [{ kind: "removed", text: "old" }]);
  assert.deepEqual(diffWords("", ""), []);
});

Deno.test("diffWords: its parts make up both texts, and no edit is shorter for few words", () => {
  const word = fc.constantFrom("a", "b", "c", " ", "\n", "((", "é");
  const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(""));
  fc.assert(fc.property(text, text, (before, after) => {
    const parts = diffWords(before, after);
    assert.equal(textOf(parts, "added"), before);
    assert.equal(textOf(parts, "removed"), after);
  }));
});

Deno.test("diffWords: shows texts with too many differences as one removed and one added part", () => {
  const words = (prefix: string, n: number) =>
    Array.from({ length: n }, (_, i) => `${prefix}${i}`).join(" ");
  const kinds = (n: number) => {
    const parts = diffWords(words("a", n), words("b", n));
    return new Set(parts.map(({ kind }) => kind));
  };
  assert.ok(kinds(MAX_EDITS / 2).has("same"));
  assert.deepEqual(kinds(MAX_EDITS / 2 + 1), new Set(["removed", "added"]));
});

Deno.test("diffWords: compares two long texts with few differences", () => {
  const before = "word ".repeat(20_000);
  const after = before.replaceAll(/(?:word ){100}/g, "changed $&");
  const parts = diffWords(before, after);
  assert.equal(textOf(parts, "removed"), after);
  assert.equal(textOf(parts, "added"), before);
});
