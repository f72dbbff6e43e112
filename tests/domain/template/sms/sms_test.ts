import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import {
  GSM7_BASIC,
  GSM7_EXTENSION,
  isGsm7,
  isGsm7Extension,
} from "../../../../domain/template/sms/gsm7.ts";
import { isEmptyMessage } from "../../../../domain/template/empty_message.ts";
import { fixedSmsCharacters, measureSms, renderSms } from "../../../../domain/template/sms/sms.ts";
import { parseTemplate } from "../../../../domain/template/parse_template.ts";
import type { Personalisation } from "../../../../domain/template/template.ts";

function sms(
  body: string,
  values: Personalisation,
  encoding: "unicode" | "downgrade" = "unicode",
): string {
  const template = parseTemplate({ channel: "sms", subject: null, body });
  return renderSms(template, values, { prefix: undefined, encoding });
}

const CASES: readonly (readonly [string, Personalisation, string])[] = [
  ["Hi ((name))  , welcome .", { name: "Ann" }, "Hi Ann, welcome."],
  ["((list))", { list: ["a", null, " b ", "", "c"] }, "a, b and c"],
  ["((show??yes ))((hide??no))", { show: "YES", hide: " yes" }, "yes"],
  [
    "((n)) ((t)) ((f)) ((o))",
    { n: 1.5, t: true, f: 1e-7, o: { a: [1, "x", null] } },
    "1.5 True 1e-07 {'a': [1, 'x', None]}",
  ],
  ["a\n\n\n\nb \u00a0 c\u200b", {}, "a\n\nb c"],
  ["‘x’ – “y”…", {}, "'x' - \"y\"..."],
  ["((name))", { name: "((name))" }, "((name))"],
];

for (const [body, values, expected] of CASES) {
  Deno.test(`renderSms: returns ${JSON.stringify(expected)} for ${JSON.stringify(body)}`, () => {
    assert.equal(sms(body, values), expected);
  });
}

Deno.test("renderSms: puts the prefix before the text", () => {
  const template = parseTemplate({ channel: "sms", subject: null, body: "Hi" });
  assert.equal(
    renderSms(template, {}, { prefix: " Council ", encoding: "unicode" }),
    "Council: Hi",
  );
});

Deno.test("renderSms: keeps other scripts in unicode, and downgrades them where asked", () => {
  assert.equal(sms("Привіт 😀 ŵ ç ł", {}), "Привіт 😀 ŵ ç ł");
  assert.equal(sms("Привіт 😀 ŵ ç ł", {}, "downgrade"), "?????? ? ŵ c l");
});

Deno.test("renderSms: leaves addresses as they are, in the form that the encoding has for them", () => {
  const body = "«https://e.com/а–’b» – https://e.com/?q=a+b&section=1… https://пошта.укр/x";
  assert.equal(
    sms(body, {}),
    "«https://e.com/а–’b» - https://e.com/?q=a+b&section=1... https://пошта.укр/x",
  );
  assert.equal(
    sms(body, {}, "downgrade"),
    "?https://e.com/%D0%B0%E2%80%93%E2%80%99b? - https://e.com/?q=a+b&section=1... " +
      "https://xn--80a1acn3a.xn--j1amh/x",
  );
  assert.equal(sms("https://e.com/ŵ", {}, "downgrade"), "https://e.com/ŵ");
  assert.equal(sms("https://ж%/ж", {}, "downgrade"), "https://?%/?");
});

Deno.test("measureSms: counts GSM-7 in 160 and 153, extension characters twice", () => {
  assert.equal(measureSms("a".repeat(160)).fragments, 1);
  assert.equal(measureSms("a".repeat(161)).fragments, 2);
  assert.equal(measureSms("a".repeat(306)).fragments, 2);
  assert.equal(measureSms("a".repeat(307)).fragments, 3);
  assert.equal(measureSms("€".repeat(80)).fragments, 1);
  assert.equal(measureSms("€".repeat(81)).fragments, 2);
  assert.equal(measureSms(GSM7_BASIC + GSM7_EXTENSION).encoding, "gsm7");
});

Deno.test("measureSms: gives each ASCII character the septets of its alphabet", () => {
  for (let code = 0; code < 0x80; code++) {
    const character = String.fromCharCode(code);
    const { extended, nonGsm, encoding } = measureSms(`a${character}b`);
    assert.equal(extended, isGsm7Extension(character) ? 1 : 0, character);
    const isKnown = isGsm7(character) || isGsm7Extension(character);
    assert.deepEqual(nonGsm, isKnown ? [] : [character]);
    assert.equal(encoding, isKnown ? "gsm7" : "ucs2");
  }
});

Deno.test("measureSms: counts everything else in UTF-16 units by 70 and 67", () => {
  const measure = measureSms("😀ŵ");
  assert.deepEqual(measure, {
    characters: 3,
    fragments: 1,
    encoding: "ucs2",
    extended: 0,
    nonGsm: ["😀", "ŵ"],
  });
  assert.equal(measureSms("ŵ".repeat(70)).fragments, 1);
  assert.equal(measureSms("ŵ".repeat(71)).fragments, 2);
  assert.equal(measureSms("ŵ".repeat(135)).fragments, 3);
});

Deno.test("isEmptyMessage: an SMS is empty when its rendered text is empty", () => {
  const empty = (body: string, values: Personalisation) =>
    isEmptyMessage(parseTemplate({ channel: "sms", subject: null, body }), values);
  assert.equal(empty("((a))", { a: " \u200b " }), true);
  assert.equal(empty("((a))", { a: "x" }), false);
  assert.equal(empty("", {}), true);
});

Deno.test("isEmptyMessage: an e-mail is empty by its template first", () => {
  const empty = (body: string, values: Personalisation) =>
    isEmptyMessage(parseTemplate({ channel: "email", subject: "s", body }), values);
  assert.equal(empty("((a)) ((b))", { a: "", b: " " }), true);
  assert.equal(empty("((a)) ((b))", { a: "", b: "x" }), false);
  assert.equal(empty(" ", {}), false);
});

const OWN = fc.array(
  fc.constantFrom(
    "a",
    " ",
    "  ",
    "\n",
    "\n\n",
    ".",
    ",",
    "щ",
    "з",
    "г",
    "є",
    "’",
    "ь",
    "…",
    "\u200b",
  ),
  { maxLength: 6 },
).map((parts) => parts.join(""));
const PIECES = fc.array(
  fc.oneof(OWN, fc.constantFrom("((v))", "((w))", "((v??yes))", "((w??\n))")),
  { maxLength: 8 },
).map((parts) => parts.join(""));

const ENCODINGS = fc.constantFrom("unicode" as const, "downgrade" as const);

Deno.test("fixedSmsCharacters: is the length of a text with empty values, and no text is shorter", () => {
  const value = fc.oneof(OWN, fc.constantFrom("yes", "no", "\u200d"), fc.array(OWN));
  fc.assert(
    fc.property(PIECES, value, value, ENCODINGS, (body, v, w, encoding) => {
      const template = parseTemplate({ channel: "sms", subject: null, body });
      for (const transliterate of [false, true]) {
        const options = { prefix: undefined, encoding, transliterate };
        const fixed = fixedSmsCharacters(template, options);
        assert.equal(fixed, renderSms(template, { v: "", w: "" }, options).length);
        if (transliterate) continue;
        const text = renderSms(template, { v, w }, options);
        assert.ok(fixed <= text.length, `${fixed} <= ${JSON.stringify(text)}`);
      }
    }),
    { numRuns: 10_000 },
  );
});

Deno.test("fixedSmsCharacters: excludes FreeMarker branches and the prefix", () => {
  const template = parseTemplate({
    channel: "sms",
    syntax: "freemarker",
    subject: null,
    body: "ab${x} [#if y??]cd[#else]ef[/#if][#list z as one]gh[/#list].",
  });
  assert.equal(fixedSmsCharacters(template, { encoding: "unicode" }), "ab.".length);
});
