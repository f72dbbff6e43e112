import assert from "node:assert/strict";
import { syntaxOf, type TemplateSyntax } from "../../../domain/template/syntax.ts";

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
  Deno.test(`syntaxOf ${JSON.stringify(content)} is ${syntax}`, () => {
    assert.equal(syntaxOf(content, "inbox"), syntax);
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
];
for (const [content, syntax] of EMAILS) {
  Deno.test(`syntaxOf an e-mail ${JSON.stringify(content)} is ${syntax}`, () => {
    assert.equal(syntaxOf(content, "email"), syntax);
  });
}
