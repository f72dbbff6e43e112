import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { parseEncoding, type TextEncoding } from "../../../domain/csv/encoding.ts";
import { createWordScanner } from "../../../domain/csv/non_ascii_words.ts";
import { createSheetDecoder, type Decoded } from "../../../domain/csv/text_decoder.ts";
import {
  BAD_WORDS_A_GOOD_ONE,
  createUtf8Evidence,
  decideUtf8,
  isSurelyUtf8,
  SURE_WORD_LENGTH,
  SURE_WORDS,
} from "../../../domain/csv/utf8_evidence.ts";
import { concat, encode, utf16, utf8 } from "./encoding_support.ts";

interface Read {
  /** The text up to the fault, if there is one. */
  readonly text: string;
  readonly encoding: TextEncoding | undefined;
  readonly fault?: Extract<Decoded, { ok: false }>["refusal"];
}

function readChunks(chunks: readonly Uint8Array[], named?: TextEncoding): Read {
  const decoder = createSheetDecoder(named);
  let text = "";
  const pieces = function* () {
    for (const chunk of chunks) yield* decoder.push(chunk);
    yield* decoder.end();
  };
  for (const piece of pieces()) {
    if (!piece.ok) {
      const { refusal } = piece;
      return { text: text + refusal.before, encoding: refusal.encoding, fault: refusal };
    }
    text += piece.value;
  }
  return { text, encoding: decoder.encoding() };
}

function decodeChunks(chunks: readonly Uint8Array[]): Pick<Read, "text" | "encoding"> {
  const { text, encoding, fault } = readChunks(chunks);
  assert.equal(fault, undefined);
  return { text, encoding };
}

const decode = (bytes: Uint8Array) => decodeChunks([bytes]);
const single = (bytes: Uint8Array) => Array.from(bytes, (byte) => Uint8Array.of(byte));

const UKRAINIAN =
  "phone number;ім'я;примітка\n+380501234567;Ґалаґан Їжакевич;Є зміни – чекаємо о 9:00\n";
const RUSSIAN = "phone number,имя\n+380501234567,Пётр Ёлкин\n";
const WELSH = "phone number,enw\n07700900123,Siân Môn\n07700900124,Dŵr".replace("ŵ", "û");
const FRENCH = "phone number,prénom,où\n07700900123,Noël Lefèvre,à l’hôtel «Été»\n";
const POLISH = "phone number,imię\n07700900123,Łukasz Żółć\n";
const CZECH = "phone number,jméno\n07700900123,Jiří Dvořák\n";
const GERMAN = "phone number,Straße\n07700900123,Jürgen Müller\n";
const SPANISH = "phone number,año\n07700900123,José Núñez ¿qué tal?\n";
const TINY = "phone number,name\n07700900123,Кім\n07700900124,Лі\n07700900125,Юлії";
const CAPITALS = "phone number,ПІБ\n07700900123,КІРІЄНКО НІНА\n07700900124,РІВНЕ";

const SAMPLES: readonly (readonly [string, Uint8Array, string, TextEncoding | undefined])[] = [
  ["ASCII", utf8("phone number\n1"), "phone number\n1", "utf-8"],
  ["Ukrainian in UTF-8", utf8(UKRAINIAN), UKRAINIAN, "utf-8"],
  ["UTF-8 with a mark", utf8(`\ufeff${POLISH}`), `\ufeff${POLISH}`, "utf-8"],
  ["Welsh in UTF-8", utf8("enw\nŴyn Llŷr"), "enw\nŴyn Llŷr", "utf-8"],
  ["Ukrainian in windows-1251", encode(UKRAINIAN, "windows-1251"), UKRAINIAN, "windows-1251"],
  ["Russian in windows-1251", encode(RUSSIAN, "windows-1251"), RUSSIAN, "windows-1251"],
  ["letters that look like UTF-8", encode(TINY, "windows-1251"), TINY, "windows-1251"],
  ["capitals that look like UTF-8", encode(CAPITALS, "windows-1251"), CAPITALS, "windows-1251"],
  ["Polish in windows-1250", encode(POLISH, "windows-1250"), POLISH, "windows-1250"],
  ["Czech in windows-1250", encode(CZECH, "windows-1250"), CZECH, "windows-1250"],
  ["French in windows-1252", encode(FRENCH, "windows-1252"), FRENCH, "windows-1252"],
  ["German in windows-1252", encode(GERMAN, "windows-1252"), GERMAN, "windows-1252"],
  ["Spanish in windows-1252", encode(SPANISH, "windows-1252"), SPANISH, "windows-1252"],
  ["Welsh in windows-1252", encode(WELSH, "windows-1252"), WELSH, "windows-1252"],
  ["a price in windows-1252", encode("a\n5 €", "windows-1252"), "a\n5 €", "windows-1252"],
  ["a last é in windows-1252", encode("nom\nRené", "windows-1252"), "nom\nRené", "windows-1252"],
  ["a last ї in windows-1251", encode("ім’я\nЗої", "windows-1251"), "ім’я\nЗої", "windows-1251"],
  ["UTF-16 LE with a mark", utf16(`\ufeff${UKRAINIAN}`, true), `\ufeff${UKRAINIAN}`, "utf-16le"],
  ["UTF-16 BE with a mark", utf16(`\ufeff${UKRAINIAN}`, false), `\ufeff${UKRAINIAN}`, "utf-16be"],
  ["UTF-16 LE", utf16(UKRAINIAN, true), UKRAINIAN, "utf-16le"],
  ["UTF-16 BE", utf16(POLISH, false), POLISH, "utf-16be"],
];

for (const [sample, bytes, text, encoding] of SAMPLES) {
  Deno.test(`createSheetDecoder: decodes ${sample}, in chunks too`, () => {
    assert.deepEqual(decode(bytes), { text, encoding });
    assert.deepEqual(decodeChunks(single(bytes)), { text, encoding });
  });
}

Deno.test("createSheetDecoder: detects the encoding by the first non-ASCII bytes, wherever they are", () => {
  const ascii = "07700900123,x\n".repeat(10_000);
  for (const encoding of ["windows-1251", "windows-1252"] as const) {
    const text = ascii + (encoding === "windows-1251" ? UKRAINIAN : FRENCH);
    assert.deepEqual(decode(encode(text, encoding)), { text, encoding });
  }
});

Deno.test("createSheetDecoder: decodes any text in UTF-8 and UTF-16 for any chunks", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 40 }).map((graphemes) =>
    `phone number\n${graphemes}`
  );
  fc.assert(fc.property(text, fc.nat({ max: 30 }), fc.boolean(), (written, at, wide) => {
    const bytes = wide ? utf16(`\ufeff${written}`, true) : utf8(written);
    const read = decodeChunks([bytes.slice(0, at), bytes.slice(at)]).text;
    assert.equal(read.replace(/^\ufeff/, ""), written.replace(/^\ufeff/, ""));
  }));
});

/** `text` in UTF-8 without its last byte. */
const cut = (text: string) => utf8(text).slice(0, -1);
const nbsp = Uint8Array.of(0xa0);
const quote = Uint8Array.of(0x92);
const UA = "імя,x\n";
const LATIN = "Zoë,x\n";

type Parts = readonly (string | Uint8Array)[];

/** Texts in UTF-8 with a fault: the text before it, and what follows. */
const FAULTY: readonly (readonly [what: string, before: string, after: Parts])[] = [
  ["a cut letter in the first row", "a\n1,Ол", [cut("е"), "\n", UA.repeat(4_000)]],
  ["a cut letter before two good words", "a\nО", [cut("л"), "\nОлена\nЇжак\n"]],
  ["a cut letter in the headings", "phone number;ім", [cut("я"), ";дата\n", UA]],
  ["a cut letter at the end", `${UA}Ол`, [cut("е")]],
  ["a letter cut from the left", `${UA}x,`, [utf8("Олена").slice(1), "\n"]],
  ["a cut letter of three bytes", "5 €\n10 €\n15 ", [cut("€"), "\n"]],
  ["a cut letter after one accent", `${LATIN}Ren`, [cut("é"), "\n"]],
  ["a no-break blank of windows-1252", `${UA}Ann`, [nbsp, "Lee\n"]],
  ["a curly quote between two accents", "Zoë\nO", [quote, "Brien\nJosé\n"]],
  ["a fault long after the first rows", `${UA}${"1,x\n".repeat(100_000)}`, [quote]],
  ["windows-1251 after it", UA.repeat(5_000), [encode(UA.repeat(5_000), "windows-1251")]],
  ["windows-1252 after it", `${LATIN.repeat(50)}Jos`, [encode("é\n".repeat(500), "windows-1252")]],
];

for (const [what, before, after] of FAULTY) {
  Deno.test(`createSheetDecoder: refuses UTF-8 with ${what}, in chunks too`, () => {
    const bytes = concat(before, ...after);
    for (const at of [0, 1, 7, utf8(before).length, utf8(before).length + 1]) {
      const read = readChunks([bytes.slice(0, at), bytes.slice(at)]);
      assert.equal(read.text, before);
      assert.partialDeepStrictEqual(read.fault, { encoding: "utf-8", isUtf8: false });
    }
    if (bytes.length < 1_000) assert.equal(readChunks(single(bytes)).text, before);
  });
}

Deno.test("createSheetDecoder: refuses UTF-8 after another encoding, at the first word in UTF-8", () => {
  const rows = "імя,x\n".repeat(5_000);
  for (const [legacy, other] of [["windows-1251", UA], ["windows-1252", "née,x\n"]] as const) {
    const text = other.repeat(5_000);
    const read = readChunks([concat(encode(text, legacy), "Їжак,Олена\n", rows)]);
    assert.equal(read.text, text);
    assert.partialDeepStrictEqual(read.fault, { encoding: legacy, isUtf8: true });
  }
});

Deno.test(`isSurelyUtf8: is true after a word of ${SURE_WORD_LENGTH} letters, or ${SURE_WORDS} words`, () => {
  const isSure = (text: string) => {
    const evidence = createUtf8Evidence();
    createWordScanner(evidence).add(utf8(text));
    return isSurelyUtf8(evidence);
  };
  assert.equal(isSure(`${"я".repeat(SURE_WORD_LENGTH)},`), true);
  assert.equal(isSure(`${"я".repeat(SURE_WORD_LENGTH - 1)},`), false);
  assert.equal(isSure("Zoë,".repeat(SURE_WORDS)), true);
  assert.equal(isSure("Zoë,".repeat(SURE_WORDS - 1)), false);
});

Deno.test(`decideUtf8: takes a text for Cyrillic of another encoding with over ${BAD_WORDS_A_GOOD_ONE} bad words a good one`, () => {
  const decide = (good: number, bad: number, isCyrillic = true) => {
    const evidence = createUtf8Evidence();
    const scanner = createWordScanner(evidence);
    scanner.add(concat("Ян,".repeat(good), encode("Ян,".repeat(bad), "windows-1251")));
    scanner.end();
    return decideUtf8(evidence, isCyrillic).kind;
  };
  assert.equal(decide(1, 0), "utf-8");
  assert.equal(decide(1, BAD_WORDS_A_GOOD_ONE), "mixed");
  assert.equal(decide(1, BAD_WORDS_A_GOOD_ONE + 1), "other");
  assert.equal(decide(0, 1), "other");
  // Latin text never has a good word by accident.
  assert.equal(decide(1, BAD_WORDS_A_GOOD_ONE + 1, false), "mixed");
  assert.equal(decide(0, 1, false), "other");
});

Deno.test("createSheetDecoder: returns the text at once that is surely UTF-8, and keeps other text until the end", () => {
  const decoder = createSheetDecoder();
  const textOf = (pieces: Iterable<Decoded>) =>
    [...pieces].map((piece) => piece.ok ? piece.value : "").join("");
  const ascii = "1,x\n".repeat(1_000);
  assert.equal(textOf(decoder.push(utf8(ascii))), ascii);
  assert.equal(textOf(decoder.push(utf8("Zoë\n"))), "Zo");
  assert.equal(textOf(decoder.push(utf8("Олена\n"))), "ë\nОлена\n");
  const legacy = createSheetDecoder();
  const french = encode("é,x\n".repeat(1_000), "windows-1252");
  assert.equal(textOf(legacy.push(french)), "");
  assert.equal(textOf(legacy.end()), "é,x\n".repeat(1_000));
});

Deno.test("createSheetDecoder: never takes valid UTF-8 for another encoding", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (written) => {
    const text = `phone number\n${written}`;
    assert.deepEqual(decode(utf8(text)), { text, encoding: "utf-8" });
  }));
});

Deno.test("createSheetDecoder: refuses an incomplete character at the end", () => {
  for (const bytes of [utf8("імя"), utf16("\ufeffімя", true)]) {
    const read = readChunks([bytes.slice(0, bytes.length - 1)]);
    assert.match(read.text, /ім$/);
    assert(read.fault !== undefined);
  }
});

Deno.test("createSheetDecoder: reads a file in the encoding that is named, unless a mark says otherwise", () => {
  const koi8 = Uint8Array.of(0xef, 0xcc, 0xc5, 0xce, 0xc1);
  assert.deepEqual(readChunks([koi8], "koi8-u"), { text: "Олена", encoding: "koi8-u" });
  const sjis = Uint8Array.of(0x93, 0x8c, 0x8b, 0x9e);
  assert.deepEqual(readChunks(single(sjis), "shift_jis"), { text: "東京", encoding: "shift_jis" });
  const cp1251 = encode("Рі", "windows-1251");
  assert.deepEqual(readChunks([cp1251], "windows-1251").text, "Рі");
  assert.deepEqual(readChunks([utf16("імя", false)], "utf-16be").text, "імя");
  const marked = utf8("\ufeffімя");
  assert.deepEqual(readChunks([marked], "windows-1251"), { text: "\ufeffімя", encoding: "utf-8" });
});

Deno.test("createSheetDecoder: refuses bytes that the named encoding does not have, at their place", () => {
  const cases: readonly (readonly [TextEncoding, Uint8Array, string])[] = [
    ["utf-8", concat("имя,", encode("Олена", "windows-1251")), "имя,"],
    ["utf-8", concat("a\ufffdb", quote, "c"), "a\ufffdb"],
    ["utf-16le", concat(utf16("a\ufffdb", true), utf16("\ud800c", true)), "a\ufffdb"],
    ["shift_jis", concat("a,b", Uint8Array.of(0x93), "\nc"), "a,b"],
    ["iso-8859-7", concat("a", Uint8Array.of(0xff), "b"), "a"],
    ["shift_jis", concat("a", Uint8Array.of(0x93)), "a"],
  ];
  for (const [encoding, bytes, before] of cases) {
    for (const chunks of [[bytes], single(bytes)]) {
      const read = readChunks(chunks, encoding);
      assert.equal(read.text, before, encoding);
      assert.partialDeepStrictEqual(read.fault, { encoding, isUtf8: false });
    }
  }
});

Deno.test("parseEncoding: returns the name of every label of TextDecoder", () => {
  assert.equal(parseEncoding("CP1251"), "windows-1251");
  assert.equal(parseEncoding("latin1"), "windows-1252");
  assert.equal(parseEncoding(" utf8 "), "utf-8");
  for (const label of ["", "cp-1251", "replacement", "x".repeat(10_000)]) {
    assert.equal(parseEncoding(label), undefined);
  }
});
