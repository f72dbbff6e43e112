import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { ENCODING_SAMPLE, type TextEncoding } from "../../../domain/csv/encoding.ts";
import { createSheetDecoder } from "../../../domain/csv/text_decoder.ts";

const HIGH = Uint8Array.from({ length: 128 }, (_, index) => index + 128);

/** The text in a one-byte encoding. */
function encode(text: string, encoding: "windows-1251" | "windows-1252"): Uint8Array {
  const table = new TextDecoder(encoding).decode(HIGH);
  return Uint8Array.from(text, (character) => {
    const code = character.charCodeAt(0);
    const at = table.indexOf(character);
    assert.ok(code < 128 || at >= 0, `${character} is not in ${encoding}`);
    return code < 128 ? code : at + 128;
  });
}

function utf16(text: string, littleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(text.length * 2));
  for (let at = 0; at < text.length; at++) {
    view.setUint16(at * 2, text.charCodeAt(at), littleEndian);
  }
  return new Uint8Array(view.buffer);
}

interface Decoded {
  readonly text: string;
  readonly encoding: TextEncoding | undefined;
}

function decodeChunks(chunks: readonly Uint8Array[]): Decoded {
  const decoder = createSheetDecoder();
  let text = "";
  for (const chunk of chunks) {
    const decoded = decoder.push(chunk);
    assert.ok(decoded.ok);
    text += decoded.value;
  }
  const last = decoder.end();
  assert.ok(last.ok);
  return { text: text + last.value, encoding: decoder.encoding() };
}

const decode = (bytes: Uint8Array) => decodeChunks([bytes]);
const utf8 = (text: string) => new TextEncoder().encode(text);

const UKRAINIAN =
  "phone number;ім'я;примітка\n+380501234567;Ґалаґан Їжакевич;Є зміни – чекаємо о 9:00\n";
const RUSSIAN = "phone number,имя\n+380501234567,Пётр Ёлкин\n";
const WELSH = "phone number,enw\n07700900123,Siân Môn\n07700900124,Dŵr".replace("ŵ", "û");
const FRENCH = "phone number,prénom,où\n07700900123,Noël Lefèvre,à l’hôtel «Été»\n";
const POLISH = "phone number,imię\n07700900123,Łukasz Żółć\n";

const SAMPLES: readonly (readonly [string, Uint8Array, string, TextEncoding | undefined])[] = [
  ["ASCII", utf8("phone number\n1"), "phone number\n1", undefined],
  ["Ukrainian in UTF-8", utf8(UKRAINIAN), UKRAINIAN, "utf-8"],
  ["UTF-8 with a mark", utf8(`\ufeff${POLISH}`), `\ufeff${POLISH}`, "utf-8"],
  ["Welsh in UTF-8", utf8("enw\nŴyn Llŷr"), "enw\nŴyn Llŷr", "utf-8"],
  ["Ukrainian in windows-1251", encode(UKRAINIAN, "windows-1251"), UKRAINIAN, "windows-1251"],
  ["Russian in windows-1251", encode(RUSSIAN, "windows-1251"), RUSSIAN, "windows-1251"],
  ["French in windows-1252", encode(FRENCH, "windows-1252"), FRENCH, "windows-1252"],
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
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
    assert.deepEqual(decodeChunks(single), { text, encoding });
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

Deno.test("createSheetDecoder: refuses invalid UTF-8 after valid UTF-8, with the lines before", () => {
  const good = "імя,x\n".repeat(ENCODING_SAMPLE / 8);
  const decoder = createSheetDecoder();
  const bytes = Uint8Array.from([...utf8(good), 0x61, 0xff, 0x0a, 0x62]);
  const first = decoder.push(bytes.slice(0, bytes.length - 10));
  assert.ok(first.ok);
  const second = decoder.push(bytes.slice(bytes.length - 10));
  assert.ok(!second.ok);
  assert.equal(second.refusal.encoding, "UTF-8");
  assert.equal(first.value + second.refusal.before, good);
});

Deno.test("createSheetDecoder: refuses an incomplete character at the end", () => {
  for (const bytes of [utf8("імя"), utf16("\ufeffімя", true)]) {
    const decoder = createSheetDecoder();
    assert.ok(decoder.push(bytes.slice(0, bytes.length - 1)).ok);
    assert.equal(decoder.end().ok, false);
  }
});
