import assert from "node:assert/strict";
import { syntaxOf } from "../../../domain/template/published_syntax.ts";
import {
  syntaxesOf,
  TEMPLATE_SYNTAXES,
  type TemplateSyntax,
} from "../../../domain/template/syntax.ts";

const CASES: readonly (readonly [content: string, syntax: TemplateSyntax])[] = [
  ["Hello ((name))", "notify"],
  ["Hello ((name??x)) (a) [b](c) {d} # $", "notify"],
  ["Hello ((name)) ${name}", "freemarker"],
  ["((a)) [#if a][/#if]", "freemarker"],
  ["((a)) [/#if]", "freemarker"],
  ["((a)) [@m /]", "freemarker"],
  ["((a)) [=b]", "notify"],
  ["((a)) [#15], [=5], [@1], [/#1], [# b]", "notify"],
  ["((a)) [#wrong]", "freemarker"],
  ["((a)) [#-- b --]", "freemarker"],
  ["((a)) #{b}", "freemarker"],
  ["${name}", "freemarker"],
  ["Some content", "freemarker"],
  ["<p>Some content</p>", "freemarker"],
  ["(( )) ", "notify"],
  ["(()) ((a)", "freemarker"],
  ["", "freemarker"],
];
for (const [content, syntax] of CASES) {
  Deno.test(`syntaxOf: returns ${syntax} for ${JSON.stringify(content)}`, () => {
    assert.equal(syntaxOf({ title: null, content }, "inbox"), syntax);
  });
}

const EMAILS: readonly (readonly [content: string, syntax: TemplateSyntax])[] = [
  ["<p>Dear <b>((name))</b></p>", "html"],
  ["((name))<br/>", "html"],
  ["((name??<b>x</b>))", "html"],
  ["<!-- a --> ((name))", "html"],
  ["<!DOCTYPE html>((name))", "html"],
  ["<p>((name)) ${name}</p>", "freemarker"],
  ["<p>Some content</p>", "freemarker"],
  ["# Dear ((name)), a < b > c, <https://example.com/>", "notify"],
  ["((name)) <a@example.com>", "notify"],
  ["# Hello ((name))\n\nGo to <your office> with:\n\n* passport", "notify"],
  ["((name)) </name> <name/> <constructor> <__proto__>", "notify"],
  ["((name)) <your office></P>", "html"],
  ["((name)) <HR />", "html"],
  ["((name)) <H1 class='a'>x", "html"],
  ["((name)) <my-b>, <bx>, <1b>, < b>, <b", "notify"],
  ["((name)) <constructor <b>x", "html"],
];
for (const [content, syntax] of EMAILS) {
  Deno.test(`syntaxOf: returns ${syntax} for the e-mail ${JSON.stringify(content)}`, () => {
    assert.equal(syntaxOf({ title: null, content }, "email"), syntax);
  });
}

const TITLED: readonly (readonly [
  channel: "email" | "inbox" | "sms" | "diia",
  title: string,
  content: string,
  syntax: TemplateSyntax,
])[] = [
  ["email", "Case ((number))", "<p>Your case was decided.</p>", "html"],
  ["email", "Case ((number))", "Your case was decided.", "notify"],
  ["inbox", "Case ((number))", "<p>Your case was decided.</p>", "notify"],
  ["inbox", "Case ((number??x))", "", "notify"],
  ["email", "Case ((number))", "<p>${name}</p>", "freemarker"],
  ["inbox", "Case ((number))", "[#-- a --]", "freemarker"],
  ["inbox", "Case ((number)) ${name}", "Decided", "notify"],
  ["inbox", "Case ${name}", "Decided", "freemarker"],
  ["inbox", "Case ${name}", "((name))", "notify"],
  ["email", "Case (number)", "<p>Decided</p>", "freemarker"],
  ["email", "<b>Case ((number))</b>", "Decided", "notify"],
  ["sms", "Case ((number))", "Decided", "freemarker"],
  ["diia", "Case ((number))", "Decided", "freemarker"],
];
for (const [channel, title, content, syntax] of TITLED) {
  const label = JSON.stringify({ title, content });
  Deno.test(`syntaxOf: returns ${syntax} for ${label} of the channel ${channel}`, () => {
    assert.equal(syntaxOf({ title, content }, channel), syntax);
  });
}

Deno.test("syntaxesOf: returns every syntax for e-mails, none for Diia, and html for no other channel", () => {
  assert.deepEqual(syntaxesOf("email"), TEMPLATE_SYNTAXES);
  assert.deepEqual(syntaxesOf("sms"), ["notify", "freemarker"]);
  assert.deepEqual(syntaxesOf("inbox"), ["notify", "freemarker"]);
  assert.deepEqual(syntaxesOf("diia"), []);
});
