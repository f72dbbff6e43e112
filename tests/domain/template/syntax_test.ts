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
    assert.equal(syntaxOf(content), syntax);
  });
}
