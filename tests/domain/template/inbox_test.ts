import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { scanHtml } from "../../../domain/template/html/scan.ts";
import { MAX_OPEN_TAGS, SAFE_TAGS, toSafeHtml } from "../../../domain/template/html/safe_html.ts";
import { renderInbox } from "../../../domain/template/inbox.ts";
import { inboxText, isPlainText } from "../../../domain/template/inbox_text.ts";
import { sendable } from "../../../domain/template/sendable.ts";
import type { TemplateSyntax } from "../../../domain/template/syntax.ts";
import { parseTemplate } from "../../../domain/template/parse_template.ts";
import type { Personalisation } from "../../../domain/template/template.ts";

function inbox(
  body: string,
  values: Personalisation = {},
  syntax: TemplateSyntax = "freemarker",
  subject = "S",
) {
  return renderInbox(parseTemplate({ channel: "inbox", syntax, subject, body }), values);
}

for (const syntax of ["notify", "freemarker"] as const) {
  Deno.test(`renderInbox: leaves plain text as it is but for its line ends, in ${syntax} syntax`, () => {
    for (const text of ["Some content", "", "Ї’є — 1 (2) {3} [4]"]) {
      assert.equal(inbox(text, {}, syntax).body, text);
    }
    assert.equal(
      inbox("a\n\n* b \"c\" -- 'd'  e\r\n", {}, syntax).body,
      "a<br><br>* b \"c\" -- 'd'  e",
    );
    assert.equal(inbox("a < b & c > d", {}, syntax).body, "a &lt; b &amp; c &gt; d");
  });
}

Deno.test("renderInbox: the numbers of an HTML list stay, also in its text", () => {
  const { body } = inbox(
    `<ol start="14" type=a class=x><li>June<li value="20">July</ol><ol start="0x1"><li value="-1">a</ol>`,
  );
  assert.equal(
    body,
    `<ol start="14"><li>June</li><li value="20">July</li></ol><ol><li>a</li></ol>`,
  );
  assert.equal(inboxText(body), "14. June\n20. July\n\n1. a");
});

Deno.test("renderInbox: fills the subject in ((name)) syntax, and takes it as it is in FreeMarker's", () => {
  const subject = "Hi ((NA me))\n${name} <b>";
  assert.equal(inbox("x", { name: "A\nB" }, "notify", subject).subject, "Hi A B ${name} <b>");
  assert.equal(
    inbox("x", { name: "A" }, "freemarker", subject).subject,
    "Hi ((NA me)) ${name} <b>",
  );
});

Deno.test("renderInbox: escapes values in ((name)) syntax, and keeps the author's tags and optional parts", () => {
  const body = "<p>((a)) ((b?? <b>x</b>))((c??y)) ((list))</p>";
  const values = { a: "<b>&amp;", b: true, c: false, list: ["<i>", "b", "c"] };
  assert.equal(
    inbox(body, values, "notify").body,
    "<p>&lt;b&gt;&amp;amp;  <b>x</b> &lt;i&gt;, b and c</p>",
  );
  assert.equal(inbox("((<b>)) <i>", {}, "notify").body, "((&lt;b&gt;)) <i></i>");
});

Deno.test("renderInbox: fills FreeMarker's syntax", () => {
  const body = "[#list names as n]\n<li>${n}</li>\n[/#list]\n";
  assert.equal(inbox(body, { names: ["a", "<b>"] }).body, "<li>a</li>\n<li>&lt;b&gt;</li>\n");
});

for (const syntax of ["notify", "freemarker"] as const) {
  Deno.test(`renderInbox: no value leads a link to another host than the author wrote, in ${syntax} syntax`, () => {
    const hole = syntax === "notify" ? "((v))" : "${v}";
    const link = (start: string, v: string, end = "") =>
      inbox(`<a href="${start}${hole}${end}">a</a>`, { v }, syntax).body;
    assert.equal(link("https://gov.uk", "@evil.com"), "a");
    assert.equal(link("https://", "evil.com/", ".gov.uk/"), "a");
    const kept = (href: string) => `<a href="${href}" rel="noopener noreferrer">a</a>`;
    assert.equal(link("https://", "a", ".gov.uk/"), kept("https://a.gov.uk/"));
    assert.equal(link("https://gov.uk/", "@evil.com"), kept("https://gov.uk/@evil.com"));
    assert.equal(link("", "https://e.com/a"), kept("https://e.com/a"));
  });
}

const SAFE: readonly (readonly [html: string, expected: string])[] = [
  ['<p class="a" onclick=x>a</p>', "<p>a</p>"],
  ["<P>a<BR/>b<hr>", "<p>a<br>b</p><hr>"],
  ["<p>a<p>b<ul><li>c<li>d</ul>e", "<p>a</p><p>b</p><ul><li>c</li><li>d</li></ul>e"],
  ["<b>a<i>b</b>c</i>d", "<b>a<i>b</i></b>cd"],
  ["<div><span>a</span></div><font>b</font><custom-x>c", "abc"],
  ["a<script>b</script>c<style>d</style>e<title>f</title>g", "aceg"],
  ["a<svg><script>b</script></svg>c<math><mi>d</math>e<svg/>f", "acef"],
  ["a<iframe>b</iframe><object><p>c</p></object><noscript><p>d</noscript>e", "ae"],
  ["a<object>b<object>c</object>d</object>e", "ae"],
  ["a<textarea><b>c</textarea><select><option>d</select><template>e</template>f", "af"],
  ["a<plaintext>b</plaintext>c", "a"],
  ["<html><head><meta x></head><body><p>a</p></body></html>", "<p>a</p>"],
  ["a<!-- b --><!doctype c><?d?><![CDATA[e]]>f", "af"],
  ["<img src=x onerror=y>a<input><video><p>b</video>", "a"],
  [
    "<table><tr><td>a<td>b<tr><th>c</table>",
    "<table><tr><td>a</td><td>b</td></tr><tr><th>c</th></tr></table>",
  ],
  ["a < b &lt;i&gt; &amp;amp; &nbsp; &copy; &#60;", "a &lt; b &lt;i&gt; &amp;amp; \u00a0 © &lt;"],
  ["<b", ""],
  ["a</b c", "a"],
  ["a</b \ud83d\ude00", "a"],
  ["a<br c/", "a"],
  ["a</", "a&lt;/"],
  ["</b>a</p>", "a"],
];
for (const [html, expected] of SAFE) {
  Deno.test(`toSafeHtml: makes ${JSON.stringify(expected)} of ${JSON.stringify(html)}`, () => {
    assert.equal(toSafeHtml(html), expected);
    assert.equal(toSafeHtml(expected), expected);
  });
}

const LINKS: readonly (readonly [href: string, kept: string | undefined])[] = [
  ["https://e.com/?a=1&amp;b=&quot;", "https://e.com/?a=1&amp;b=&quot;"],
  ["HTTP://e.com", "HTTP://e.com"],
  ["mailto:a@e.com", "mailto:a@e.com"],
  ["tel:+380", "tel:+380"],
  [" ht\ntps://e.com ", "https://e.com"],
  ["javascript:x", undefined],
  ["java\tscript&colon;x", undefined],
  ["&#1;javascript:x", undefined],
  ["data:text/html,x", undefined],
  ["//e.com", undefined],
  ["/a", undefined],
  ["e.com:80", undefined],
  ["", undefined],
];
for (const [href, kept] of LINKS) {
  Deno.test(`toSafeHtml: ${kept === undefined ? "drops" : "keeps"} the link to ${JSON.stringify(href)}`, () => {
    const expected = kept === undefined ? "a" : `<a href="${kept}" rel="noopener noreferrer">a</a>`;
    assert.equal(toSafeHtml(`<a target=_top href="${href}" title="x">a</a>`), expected);
  });
}

Deno.test("toSafeHtml: drops tags that are nested deeper than the limit, and keeps their text", () => {
  const nested = (depth: number) => "<b>".repeat(depth) + "a" + "</b>".repeat(depth);
  assert.equal(toSafeHtml(nested(MAX_OPEN_TAGS)), nested(MAX_OPEN_TAGS));
  assert.equal(toSafeHtml(nested(MAX_OPEN_TAGS + 1)), nested(MAX_OPEN_TAGS));
});

/** The tags, links and text that a second parser finds in the HTML. */
function readBack(html: string): { tags: string[]; links: string[]; text: string } {
  const content = { tags: [] as string[], links: [] as string[], text: "" };
  scanHtml(html, {
    open: (name, attributes) => {
      assert.ok(SAFE_TAGS.has(name), name);
      content.tags.push(name);
      if (name === "a") {
        assert.deepEqual([...attributes.keys()], ["href", "rel"]);
        assert.match(attributes.get("href") ?? "", /^(?:https?|mailto|tel):/i);
        content.links.push(attributes.get("href") ?? "");
      } else assert.equal(attributes.size, 0, name);
    },
    close: (name) => assert.ok(SAFE_TAGS.has(name), name),
    text: (text) => content.text += text,
  });
  return content;
}

const MARKUP = [
  "<",
  ">",
  "</",
  "<p>",
  "</p>",
  "<b>",
  "<a href=",
  '<a href="https://e.com/',
  "<a ",
  '"',
  "'",
  "=",
  " ",
  "/>",
  "<script>",
  "</script>",
  "<style>",
  "</style>",
  "<svg>",
  "<title>",
  "</title>",
  "<textarea>",
  "<!--",
  "-->",
  "<![CDATA[",
  "]]>",
  "<?",
  "&",
  "&lt;",
  "&#60;",
  "javascript:",
  "data:text/html,",
  "https://e.com",
  "href=https://e.com",
  " onclick=x ",
  "script",
  "title",
  "\0",
  "\ud800",
  "\udc00",
  "\n",
  "\x01",
  "<a href='https://e.com'>",
  "</a>",
  "<table><td>",
  "<plaintext>",
] as const;
const markup = fc.array(fc.oneof(fc.constantFrom(...MARKUP), fc.string({ maxLength: 3 })), {
  maxLength: 10,
}).map((parts) => parts.join("").replace(/[$#(@]/g, ""));

/** The author's HTML with values in it. */
const htmlTemplate = fc.array(fc.oneof(markup, fc.constant("\u2602")), { maxLength: 6 })
  .map((parts) => "<p>" + parts.join(""));

/** The author's text, HTML or not, with values in it. */
const template = fc.array(fc.oneof(markup, fc.constant("\u2602")), { maxLength: 6 })
  .map((parts) => parts.join(""));

Deno.test("renderInbox: returns harmless HTML for any template and values", () => {
  fc.assert(
    fc.property(template, markup, fc.constantFrom("notify", "freemarker"), (text, v, syntax) => {
      const hole = syntax === "notify" ? "((v))" : "${v}";
      const { body, subject } = inbox(text.replaceAll("\u2602", hole), { v }, syntax, `a${hole}`);
      readBack(body);
      assert.equal(toSafeHtml(body), body);
      assert.ok(body.isWellFormed());
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(body + subject, /[\0-\x08\x0e-\x1b]/);
      assert.doesNotMatch(subject, /[\r\n\u2028]/);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("renderInbox: a value never adds a tag or a link to an author's HTML, wherever the author put it", () => {
  fc.assert(
    fc.property(htmlTemplate, markup, (text, v) => {
      fc.pre(v.replace(/\p{Cc}/gu, "") !== "");
      const body = text.replaceAll("\u2602", "${v}");
      const message = readBack(inbox(body, { v }).body);
      // In an address that the author began, a value may say where it leads: to a known scheme.
      const harmless = readBack(inbox(body, { v: "https://x" }).body);
      const plain = readBack(inbox(body, { v: "x" }).body);
      const notLinks = (tags: string[]) => tags.filter((tag) => tag !== "a");
      assert.deepEqual(notLinks(message.tags), notLinks(plain.tags));
      assert.ok(message.links.length <= Math.max(harmless.links.length, plain.links.length));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("renderInbox: a value adds to plain text no tag but <br>, and a link only where an address would be one", () => {
  fc.assert(
    fc.property(template, markup, (text, v) => {
      fc.pre(v.replace(/\p{Cc}/gu, "") !== "");
      const body = text.replaceAll("\u2602", "${v}");
      fc.pre(isPlainText(
        parseTemplate({ channel: "inbox", syntax: "freemarker", subject: "S", body }),
      ));
      const message = readBack(inbox(body, { v }).body);
      // A blank ends the author's address, and a value may be an address.
      const most = [" ", "x", "https://x", " https://x "].map((value) =>
        readBack(inbox(body, { v: value }).body).links.length
      );
      assert.deepEqual(message.tags.filter((tag) => tag !== "a" && tag !== "br"), []);
      assert.ok(message.links.length <= Math.max(...most));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("renderInbox: shows a value in running text as it was given", () => {
  fc.assert(
    fc.property(markup, fc.constantFrom("notify", "freemarker"), (v, syntax) => {
      const body = syntax === "notify" ? "<p>((v))</p>" : "<p>${v}</p>";
      const { text, tags } = readBack(inbox(body, { v }, syntax).body);
      assert.equal(text, sendable(v));
      assert.deepEqual(tags, ["p"]);
    }),
    { numRuns: 1000 },
  );
});
