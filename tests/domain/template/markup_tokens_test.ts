import assert from "node:assert/strict";
import { filledSize } from "../../../domain/template/filled_size.ts";
import {
  hasTooManyFixedTokens,
  hasTooManyTokens,
  MAX_MARKUP_TOKENS,
} from "../../../domain/template/markup_tokens.ts";
import { type Personalisation, type TemplateSource } from "../../../domain/template/template.ts";
import { checkTemplate } from "../../support/check_templates.ts";

function parse(source: Partial<TemplateSource>) {
  const checked = checkTemplate({ channel: "email", subject: "s", body: "((a))", ...source });
  assert.ok(checked.ok);
  return checked.value;
}

function isRefused(source: Partial<TemplateSource>, values: Personalisation): boolean {
  const template = parse(source);
  return hasTooManyTokens(template, values, filledSize(template, values));
}

const most = (unit: string, tokens = 1) => unit.repeat(MAX_MARKUP_TOKENS / tokens);
const list = (length: number) => Array.from({ length }, () => "&");

const CASES: readonly (readonly [string, Partial<TemplateSource>, unknown, unknown])[] = [
  ["ampersands", {}, most("&"), most("&") + "&"],
  ["line breaks, two tokens each", {}, most("a\n", 2), most("a\n", 2) + "-"],
  ["gaps, two tokens each", {}, most("a\n\n\n", 2), most("a\n\n\n", 2) + "\n*"],
  ["addresses, four tokens each", {}, most("http://a ", 4), most("http://a ", 4) + "&"],
  ["dashes", {}, most(" –"), most(" –") + "—"],
  // A list costs three tokens, and each item three beside its own.
  ["items of a list", {}, list((MAX_MARKUP_TOKENS - 3) / 4), list((MAX_MARKUP_TOKENS - 3) / 4 + 1)],
  ["a value used twice", { body: "((a)) ((a))" }, most("&", 2), most("&", 2) + "&"],
  ["a value of the subject", { subject: "((a))", body: "x" }, most("'"), most("'") + "'"],
  ["tags of HTML", { syntax: "html" }, most("<p "), most("<p ") + "<"],
  [
    "tags of FreeMarker",
    { syntax: "freemarker", subject: "s", body: "${a}" },
    most("<p "),
    most("<p ") + "<",
  ],
];

for (const [what, source, enough, more] of CASES) {
  Deno.test(`hasTooManyTokens: allows ${MAX_MARKUP_TOKENS} tokens and no more when there are ${what}`, () => {
    assert.equal(isRefused(source, { a: enough }), false);
    assert.equal(isRefused(source, { a: more }), true);
  });
}

Deno.test("hasTooManyTokens: allows letters, digits and spaces up to the largest e-mail", () => {
  assert.equal(isRefused({}, { a: "Ваш запис: 12, дякуємо. ".repeat(80_000) }), false);
  assert.equal(isRefused({ syntax: "html" }, { a: "a\n".repeat(1_000_000) }), false);
});

Deno.test("hasTooManyTokens: counts e-mails only", () => {
  assert.equal(isRefused({ channel: "sms", subject: null }, { a: most("&") + "&" }), false);
});

Deno.test("hasTooManyFixedTokens: counts the author's text", () => {
  assert.equal(hasTooManyFixedTokens(parse({ body: `${most("&")}((a&b))` })), false);
  assert.equal(hasTooManyFixedTokens(parse({ body: `${most("&")}((a))&` })), true);
  assert.equal(hasTooManyFixedTokens(parse({ body: most("<p ") + "<", syntax: "html" })), true);
  assert.equal(hasTooManyFixedTokens(parse({ body: most("a\n"), syntax: "html" })), false);
});
