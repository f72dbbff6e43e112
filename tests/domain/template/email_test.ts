import assert from "node:assert/strict";
import fc from "fast-check";
import { renderEmail, renderEmailContent } from "../../../domain/template/email.ts";
import { parseTemplate, type Personalisation } from "../../../domain/template/template.ts";

function email(body: string, values: Personalisation = {}, subject = "Subject") {
  const template = parseTemplate({ channel: "email", subject, body });
  return renderEmail(template, values, { serviceName: "Council & <Co>", language: "cy" });
}

/** The HTML without styles. */
function bare(html: string): string {
  return html.replace(/ style="[^"]*"/g, "").replace(
    /<table role="presentation"><tr><td>|<\/td><\/tr><\/table>/g,
    "",
  );
}

const HTML_CASES: readonly (readonly [string, string])[] = [
  ["# a\n## b\n### c", "<h2>a</h2><h3>b</h3><p>c</p>"],
  ["a\nb\n\nc", "<p>a<br>b</p><p>c</p>"],
  ["* a\n* b", "<ul><li>a</li><li>b</li></ul>"],
  ["3. a\n4. b", "<ol><li>a</li><li>b</li></ol>"],
  ["^ inset", "<div><blockquote><p>inset</p></blockquote></div>"],
  ["a\n\n---\n\nb", "<p>a</p><hr><p>b</p>"],
  ["<b>x</b> & y", "<p>&lt;b&gt;x&lt;/b&gt; &amp; y</p>"],
  ["**b** *i* `c`", "<ul><li><ul><li>b** *i* `c`</li></ul></li></ul>"],
  ["[t](javascript:alert(1))", '<p><a href="http://javascript:alert%281">t</a>)</p>'],
  ['[t](https://e.com "a" onclick="x")', '<p><a href="https://e.com" title="a">t</a></p>'],
  ["![alt](https://e.com/i.png)", ""],
  ["\\# not a heading", "<p># not a heading</p>"],
  ["See https://e.com/a.", '<p>See <a href="https://e.com/a">https://e.com/a</a>.</p>'],
  ["[a][1]\n\n[1]: https://e.com", '<p><a href="https://e.com">a</a></p>'],
  ['"it\'s" - so', "<p>“it’s” – so</p>"],
];

for (const [body, expected] of HTML_CASES) {
  Deno.test(`renderEmail makes HTML of ${JSON.stringify(body)}`, () => {
    assert.equal(bare(email(body).htmlBody), expected);
  });
}

Deno.test("renderEmail gives the source with its values as the body, and one line as the subject", () => {
  const { body, subject } = email(
    "# ((a))\r\n((list))",
    { a: "<x>", list: ["1", "2"] },
    " ((a))\n'b' ",
  );
  assert.equal(body, "# <x>\r\n\n\n* 1\n* 2");
  assert.equal(subject, "<x> ‘b’");
});

Deno.test("renderEmailContent is the same subject and body", () => {
  const template = parseTemplate({ channel: "email", subject: "((a))", body: " ((a)) " });
  assert.deepEqual(renderEmailContent(template, { a: "x" }), { subject: "x", body: "x" });
});

Deno.test("renderEmail writes headings, lists and links into the plain text part", () => {
  const { text } = email("# Head\n\n* a\n* b\n\n[t](https://e.com)");
  assert.equal(text, `Head\n${"=".repeat(65)}\n\n• a\n• b\n\nt: https://e.com\n`);
});

Deno.test("renderEmail makes a whole document: language, title, preheader, banner, both colour schemes", () => {
  const { html } = email("# Hello\n\nWorld & <x>", {}, "A & B");
  assert.match(html, /^<!DOCTYPE html>\n<html lang="cy">/);
  assert.match(html, /<title>A &amp; B<\/title>/);
  assert.match(html, />Hello World &amp; &lt;x&gt;…<\/span>/);
  assert.match(html, />Council &amp; &lt;Co&gt;</);
  assert.match(html, /prefers-color-scheme: dark/);
});

const MARKS = [
  "<script>",
  "</p>",
  '" onerror="x',
  "&lt;b&gt;",
  "&#60;i&#62;",
  "](",
  "[a](",
  "javascript:x",
  ")",
  "'",
  "<!--",
  "* ",
  "\n",
  "\n\n",
  "^ ",
  "# ",
  "((",
  "))",
  "\\",
  "&amp;",
  "https://e.com/",
  '"',
  ">",
  "<",
  "|",
  "```\n",
] as const;
const value = fc.array(fc.oneof(fc.constantFrom(...MARKS), fc.string({ maxLength: 5 })), {
  maxLength: 12,
})
  .map((parts) => parts.join(""));

/** Everything that the renderer may write: no other tag, and no attribute but these. */
const OWN_TAG =
  /^<(?:\/?(?:p|h2|h3|ul|ol|li|table|tr|td|a|blockquote|div)|br|hr)(?: (?:style|href|title|role)="[^"<>]*")*>$/;

Deno.test("renderEmail: no value can add a tag or attribute that markdown does not have", () => {
  const bodies = [
    "((v))",
    '[((v))](https://e.com/((v)) "((v))")',
    "# ((v))\n\n* ((v))\n\n^ ((v))",
    "a ((v)) b",
  ];
  fc.assert(
    fc.property(value, fc.constantFrom(...bodies), (v, body) => {
      const { htmlBody, html } = email(body, { v }, "((v))");
      for (const [tag] of htmlBody.matchAll(/<[^>]*>?/g)) assert.match(tag, OWN_TAG);
      for (const [, href] of htmlBody.matchAll(/href="([^"]*)"/g)) {
        assert.match(href ?? "", /^(?:https?|ftp|file|mailto|tel):/i);
      }
      assert.ok(!/<script/i.test(html));
      for (const [tag] of html.matchAll(/<[^>]*>/g)) {
        assert.ok(!/onerror/i.test(tag.replace(/"[^"]*"/g, "")), tag);
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("renderEmail is total: any text is a template and any text a value", () => {
  fc.assert(
    fc.property(value, value, (body, v) => {
      const rendered = email(`${body}((v))${body}`, { v });
      assert.ok(rendered.text.endsWith("\n"));
    }),
    { numRuns: 500 },
  );
});

const WORST = [
  "[",
  "[a",
  "]",
  "[[a]",
  '[a](b "',
  "<",
  "<a ",
  "<b>x",
  "<!--",
  "```\n",
  "~~~~\n",
  "^ a\n",
  "^",
  "* a\n",
  "*",
  "1.",
  "#",
  " ",
  "- ",
  "a\n===\n",
  "https://",
  "\\",
  "\"'",
  "a@",
  "‘@a",
  "&",
  "((",
  "a|b\n",
  "[a]: b\n",
  "[a\n",
  "[^a]",
  "\n",
  "\t",
  " - ",
  " ,",
  "[a]: b\n[a] [a]",
  "![",
  "_ ",
] as const;

/** The least of three, in milliseconds: what the machine does besides only adds. */
function timeOf(unit: string, length: number): number {
  const body = unit.repeat(Math.ceil(length / unit.length));
  return Math.min(...[0, 1, 2].map(() => {
    const start = performance.now();
    email(body);
    return performance.now() - start;
  }));
}

for (const unit of WORST) {
  Deno.test(`renderEmail takes time linear in the length of ${JSON.stringify(unit)} repeated`, () => {
    timeOf(unit, 5_000);
    const short = timeOf(unit, 10_000);
    const long = timeOf(unit, 80_000);
    // Eight times the text: quadratic work would be 64 times as long. Below the floor the clock says nothing.
    assert.ok(long < 60 || long < short * 32, `${short} ms, then ${long} ms`);
  });
}
