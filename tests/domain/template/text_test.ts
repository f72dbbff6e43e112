import assert from "node:assert/strict";
import { downgradeToAscii, downgradeToSms } from "../../../domain/template/sms/gsm7.ts";
import { decodeReferences, escapeHtml } from "../../../domain/template/html_text.ts";
import { joinFirstWords, toText } from "../../../domain/python_compat/text.ts";
import {
  sanitiseContent,
  sanitisePersonalisation,
} from "../../../domain/template/sanitise_content.ts";
import { tidyTypography } from "../../../domain/template/typography.ts";

const TYPOGRAPHY: readonly (readonly [string, string])[] = [
  ["a , b .", "a, b."],
  ["\"Isn't\" it 'so'", "“Isn’t” it ‘so’"],
  ["o'brien@example.com", "o'brien@example.com"],
  ["a - b -- c — d well-known", "a – b – c – d well-known"],
  ["a - - b ---- c", "a – - b ---- c"],
  ["<a href=\"x\">it's</a> it's", '<a href="x">it\'s</a> it’s'],
];
for (const [text, expected] of TYPOGRAPHY) {
  Deno.test(`tidyTypography: makes ${expected} of ${text}`, () =>
    assert.equal(tidyTypography(text), expected));
}

const FIRST_WORDS: readonly (readonly [string, number, string])[] = [
  ["", 3, ""],
  [" \n", 3, ""],
  [" a \t b\n", 9, "a b"],
  ["ab cd", 3, "ab"],
  ["ab cd", 4, "ab c"],
  ["😀😀 b", 2, "😀😀"],
];
for (const [text, characters, expected] of FIRST_WORDS) {
  Deno.test(`joinFirstWords: makes ${JSON.stringify(expected)} of ${JSON.stringify(text)} with ${characters} characters`, () =>
    assert.equal(joinFirstWords(text, characters), expected));
}

const ESCAPED: readonly (readonly [string, string])[] = [
  ["<b>&</b>", "&lt;b&gt;&amp;&lt;/b&gt;"],
  ["&lt;b&gt;", "&lt;b&gt;"],
  ["&nbsp;&amp;&copy;", "&nbsp;&amp;©"],
  ["&#60;script&#x3e;", "&lt;script&gt;"],
  ["&copy &amp;lt;", "&amp;copy &amp;lt;"],
  ["\"'", "\"'"],
];
for (const [text, expected] of ESCAPED) {
  Deno.test(`escapeHtml: makes ${expected} of ${text}`, () =>
    assert.equal(escapeHtml(text), expected));
}

Deno.test("decodeReferences: decodes as a browser does", () => {
  assert.equal(
    decodeReferences("&lt;&notit;&#128;&#0;&#xd800;&nosuch;&copy"),
    "<¬it;€\ufffd\ufffd&nosuch;©",
  );
});

/** What `html.unescape` of Python 3.11 makes of `&#…;`; a browser keeps the control characters and noncharacters. */
const NUMBERED: readonly (readonly [number, string])[] = [
  [0x0, "\u{fffd}"],
  [0x1, ""],
  [0x8, ""],
  [0x9, "\u{9}"],
  [0xa, "\u{a}"],
  [0xb, ""],
  [0xc, "\u{c}"],
  [0xd, "\u{d}"],
  [0xe, ""],
  [0x1f, ""],
  [0x20, " "],
  [0x7f, ""],
  [0x80, "\u{20ac}"],
  [0x81, "\u{81}"],
  [0x9f, "\u{178}"],
  [0xa0, "\u{a0}"],
  [0xd7ff, "\u{d7ff}"],
  [0xd800, "\u{fffd}"],
  [0xdfff, "\u{fffd}"],
  [0xe000, "\u{e000}"],
  [0xfdcf, "\u{fdcf}"],
  [0xfdd0, ""],
  [0xfdef, ""],
  [0xfdf0, "\u{fdf0}"],
  [0xfffd, "\u{fffd}"],
  [0xfffe, ""],
  [0xffff, ""],
  [0x10000, "\u{10000}"],
  [0x1fffe, ""],
  [0x1ffff, ""],
  [0x20000, "\u{20000}"],
  [0x10fffd, "\u{10fffd}"],
  [0x10fffe, ""],
  [0x10ffff, ""],
  [0x110000, "\u{fffd}"],
];

Deno.test("decodeReferences: decodes numbers as Python does, also where a browser does not", () => {
  for (const [code, expected] of NUMBERED) {
    const hex = code.toString(16);
    for (const reference of [`&#${code};`, `&#${code}`, `&#x${hex};`, `&#X${hex.toUpperCase()}`]) {
      assert.equal(decodeReferences(reference), expected, reference);
    }
    assert.equal(escapeHtml(`&#${code};`), expected, hex);
  }
});

/** What `html.unescape` of Python 3.11 makes of names. `entities` 8.0 reads `&Uringnot;`, `&eta=` and others wrongly. */
const NAMED: readonly (readonly [string, string])[] = [
  ["&NotEqualTilde;", "\u{2242}\u{338}"],
  ["&CounterClockwiseContourIntegral;", "\u{2233}"],
  ["&CounterClockwiseContourIntegral", "&CounterClockwiseContourIntegral"],
  ["&gt", ">"],
  ["&GTgt;", ">gt;"],
  ["&ampamp;", "&amp;"],
  ["&amp;amp;", "&amp;"],
  ["&AMP", "&"],
  ["&apos;", "'"],
  ["&apos", "&apos"],
  ["&not\u{404};", "\u{ac}\u{404};"],
  ["&not\u{a}in;", "\u{ac}\u{a}in;"],
  ["&Uringnot;", "&Uringnot;"],
  ["&eta=", "&eta="],
  ["&backepsilonx;", "&backepsilonx;"],
  ["&zwnj;", "\u{200c}"],
  ["&nbsp", "\u{a0}"],
  ["&am", "&am"],
  ["&", "&"],
  ["&;", "&;"],
  ["&#;", "&#;"],
  ["&#x;", "&#x;"],
  ["&#xg;", "&#xg;"],
  ["&#x41g", "Ag"],
  ["&#65a", "Aa"],
  ["&#9999999999999999999999999999999999999999;", "\u{fffd}"],
];

Deno.test("decodeReferences: decodes names as Python does", () => {
  for (const [text, expected] of NAMED) assert.equal(decodeReferences(text), expected, text);
});

Deno.test("sanitiseContent: removes links and markdown from a value", () => {
  assert.equal(
    sanitiseContent("[x](https://evil.link) *b* J.K."),
    "\\[x\\]\\(\\) \\*b\\* J\\.K\\.",
  );
  assert.equal(sanitiseContent("a.bc"), "a\\. bc");
});

Deno.test("sanitisePersonalisation: changes the named values and returns their names", () => {
  const { personalisation, changes } = sanitisePersonalisation({
    First_Name: "a_b",
    x: "c_d",
    n: 1,
  }, ["first name", "n"]);
  assert.deepEqual(personalisation, { First_Name: "a\\_b", x: "c_d", n: 1 });
  assert.deepEqual(changes, { First_Name: { unsanitised: "a_b", sanitised: "a\\_b" } });
});

Deno.test("downgradeToSms, downgradeToAscii: return the base letter of the first decomposition", () => {
  assert.equal(downgradeToSms("ǖçŵłé…😀"), "üÇŵlé...?".replace("Ç", "c"));
  assert.equal(downgradeToAscii("éł–ǖ"), "el-?");
});

Deno.test("toText: writes values as Python's str() does", () => {
  const values = [1, 1.5, 0.00001, true, null, [1, "a'b", [true]], { k: "v" }, "x"];
  const texts = ["1", "1.5", "1e-05", "True", "None", '[1, "a\'b", [True]]', "{'k': 'v'}", "x"];
  assert.deepEqual(values.map(toText), texts);
});
