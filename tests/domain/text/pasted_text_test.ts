import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { cleanValues } from "../../../domain/text/clean_values.ts";
import {
  cleanHeading,
  cleanMessage,
  findControlCharacter,
  removeControlCharacters,
  removeMarks,
} from "../../../domain/text/pasted_text.ts";

const rangeOf = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => String.fromCharCode(from + at));

const MARKS = [
  "\u00ad",
  "\u034f",
  "\u061c",
  "\u180e",
  ...rangeOf(0x200b, 0x200f),
  ...rangeOf(0x202a, 0x202e),
  ...rangeOf(0x2060, 0x206f),
  "\ufe0f",
  "\ufeff",
];

Deno.test("removeMarks: removes zero-width, direction and format marks, and keeps blanks and letters", () => {
  for (const mark of MARKS) assert.equal(removeMarks(`${mark}a${mark}b${mark}`), "ab");
  for (const kept of ["a b", "a\u00a0b", "a\tb\n", "Їжак", "é", "e\u0301", "\u0007", "٠١٢"]) {
    assert.equal(removeMarks(kept), kept);
  }
});

Deno.test("cleanMessage: composes letters, removes soft hyphens and direction marks, and keeps those that a script needs", () => {
  const marks = "\u00ad\u061c\u200e\u200f\u202a\u202e\u2066\u2069\u2062";
  for (const keepsDirection of [true, false]) {
    assert.equal(cleanMessage(`a${marks}be\u0301`, keepsDirection), "abé");
    assert.equal(cleanMessage("👩\u200d👧 ❤\ufe0f", keepsDirection), "👩\u200d👧 ❤\ufe0f");
  }
  assert.equal(cleanMessage("שלום\u200f\u00ad!", true), "שלום\u200f!");
  assert.equal(cleanMessage("שלום\u200f\u00ad!", false), "שלום!");
});

Deno.test("cleanMessage: returns the NFC of letters in parts, and leaves letters without it", () => {
  const letters = "José Zoë Ŵyn Їжак Йосип Ґудзь ŷ ẅ Ǘ 한글 각 Ａ";
  assert.equal(cleanMessage(letters.normalize("NFD"), true), letters);
  // A Cyrillic stress; U+0958, which NFC would take apart; a mark alone; the sign of ångström.
  for (const kept of ["а\u0301", "\u0958", "\u0301", "\u212b", "😀\u200d👧", "", "abc"]) {
    assert.equal(cleanMessage(kept, true), kept);
  }
  assert.equal(cleanMessage("e\u0323\u0301", true), "\u1eb9\u0301");
});

Deno.test("cleanMessage: removes every mark and composes with every combining character of the basic plane", () => {
  for (let code = 0; code < 0xd800; code++) {
    const character = String.fromCharCode(code);
    const pair = `e${character}`;
    const composed = /\p{M}/u.test(character) ? pair.normalize("NFC") : pair;
    const expected = /[\u00ad\u061c\u200e\u200f\u202a-\u202e\u2061-\u2064\u2066-\u206f]/.test(pair)
      ? "e"
      : composed.length < pair.length
      ? composed
      : pair;
    assert.equal(cleanMessage(pair, true), expected, code.toString(16));
  }
});

Deno.test("cleanMessage: never lengthens a text, and does nothing the second time", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const once = cleanMessage(text.normalize("NFD"), true);
    assert.equal(cleanMessage(once, true), once);
    assert.ok(cleanMessage(text, true).length <= text.length);
    assert.equal(once.normalize("NFC"), cleanMessage(text, true).normalize("NFC"));
  }));
});

Deno.test("cleanMessage: takes linear time for a million marks", () => {
  const started = performance.now();
  cleanMessage("e" + "\u0301".repeat(1_000_000), true);
  cleanMessage("\u0301a".repeat(500_000), true);
  cleanMessage("\u1100\u1161".repeat(500_000), true);
  assert.ok(performance.now() - started < 5_000);
});

const CONTROLS = [
  ...rangeOf(0, 8),
  ...rangeOf(0x0e, 0x1f),
  ...rangeOf(0x7f, 0x84),
  ...rangeOf(0x86, 0x9f),
];

Deno.test("findControlCharacter: finds control characters other than tabs and line ends", () => {
  for (const control of CONTROLS) {
    assert.equal(findControlCharacter(`a${control}b`), control);
    assert.equal(removeControlCharacters(`${control}a${control}b`), "ab");
  }
  const text = "a\tb\nc\rd\ve\ff\u0085g\u00a0h\u200b\u2028";
  assert.equal(findControlCharacter(text), undefined);
  assert.equal(removeControlCharacters(text), text);
});

Deno.test("cleanHeading: makes of any blanks one space, and of dashes hyphens", () => {
  const cases: readonly (readonly [heading: string, cleaned: string])[] = [
    ["  phone\u00a0 number\r\n", "phone number"],
    ["phone\nnumber", "phone number"],
    ["\ufeffphone\u200b number\u202c", "phone number"],
    ["e\u2011mail \u2013 address", "e-mail - address"],
    ["\u200b \u00a0", ""],
    ["Ім\u0007я".normalize("NFD"), "Імя"],
    ["phone_number", "phone_number"],
  ];
  for (const [heading, cleaned] of cases) {
    assert.equal(cleanHeading(heading), cleaned);
    assert.equal(cleanHeading(cleaned), cleaned);
  }
});

Deno.test("cleanValues: removes control characters at any depth, except in files", () => {
  const file = { file: "\u0007", filename: "a\u0007" };
  const values = {
    a: "x\u0007",
    b: ["y\u0001", { c: "z\u0002", d: 1 }],
    e: null,
    f: file,
    g: true,
  };
  const cleaned = { a: "x", b: ["y", { c: "z", d: 1 }], e: null, f: file, g: true };
  assert.deepEqual(cleanValues(values), cleaned);
  assert.equal(cleanValues(cleaned), cleaned, "unchanged values are the same object");
});
