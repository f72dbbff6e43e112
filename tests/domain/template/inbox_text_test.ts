import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { toSafeHtml } from "../../../domain/template/html/safe_html.ts";
import { scanHtml } from "../../../domain/template/html/scan.ts";
import { renderInbox } from "../../../domain/template/inbox.ts";
import { inboxHtml, inboxText, isPlainText } from "../../../domain/template/inbox_text.ts";
import type { TemplateSyntax } from "../../../domain/template/syntax.ts";
import { parseTemplate } from "../../../domain/template/parse_template.ts";
import type { Personalisation } from "../../../domain/template/template.ts";

function parse(body: string, syntax: TemplateSyntax = "freemarker") {
  return parseTemplate({ channel: "inbox", syntax, subject: "S", body });
}

function htmlOf(body: string, values: Personalisation = {}, syntax?: TemplateSyntax): string {
  return renderInbox(parse(body, syntax), values).body;
}

const link = (address: string, shown = address) =>
  `<a href="${address}" rel="noopener noreferrer">${shown}</a>`;

const PLAIN: readonly (readonly [body: string, syntax: TemplateSyntax])[] = [
  ["Some content", "freemarker"],
  ["a < b, <3 and <ann@example.com> or <https://example.com>", "freemarker"],
  ["<Name> <your-office> < b >", "freemarker"],
  ["&lt;b&gt; and &amp; are references", "freemarker"],
  ['${"<b>"} [#if a < b && c > d]x[/#if][#-- <p> --]', "freemarker"],
  ["((<b>))", "notify"],
];
const MARKED: readonly (readonly [body: string, syntax: TemplateSyntax])[] = [
  ["<p>a</p>", "freemarker"],
  ["a<BR/>b", "freemarker"],
  ["a</div>", "freemarker"],
  ["a <!-- b --> c", "freemarker"],
  ['<a href="${url}">a</a>', "freemarker"],
  ["[#if a]x[#else]<b>y</b>[/#if]", "freemarker"],
  ["[#list names as n]<li>${n}[/#list]", "freemarker"],
  ["((a?? <b>x</b>))", "notify"],
  ['<a href="((url))">a</a>', "notify"],
];

Deno.test("isPlainText: is decided by the author's tags, comments and doctypes, not by values, references or the template's syntax", () => {
  for (const [body, syntax] of PLAIN) assert.equal(isPlainText(parse(body, syntax)), true, body);
  for (const [body, syntax] of MARKED) assert.equal(isPlainText(parse(body, syntax)), false, body);
});

Deno.test("renderInbox: is plain text or HTML whichever branch is shown, when one branch has a tag", () => {
  const body = "[#if a]x\ny[#else]<b>z</b>[/#if]";
  assert.equal(htmlOf(body, { a: true }), "x\ny");
  assert.equal(htmlOf(body, { a: false }), "<b>z</b>");
});

for (const end of ["\n", "\r\n", "\r", "\u2028", "\u0085"]) {
  Deno.test(`renderInbox: writes <br> for each line end ${JSON.stringify(end)} of plain text`, () => {
    const lines = ["Dear Ann,", "", "your passport", "is ready."];
    const expected = "Dear Ann,<br><br>your passport<br>is ready.";
    assert.equal(htmlOf(lines.join(end)), expected);
    assert.equal(htmlOf(lines.join(end), {}, "notify"), expected);
    assert.equal(htmlOf("${v}", { v: lines.join(end) }), expected, "of a value");
  });
}

const LINES: readonly (readonly [body: string, expected: string])[] = [
  ["\n\n a\n", " a"],
  ["a\n\n\n\nb\n\n", "a<br><br><br><br>b"],
  ["a \t\n\tb  c", "a \t<br>\tb  c"],
  [" \n\t\n", ""],
  ["[#if x??]\na\n[#else]\nb\n[/#if]\nc\n", "b<br>c"],
  ["[#list n as i]\n- ${i}\n[/#list]\nend", "- 1<br>- 2<br>end"],
];
for (const [body, expected] of LINES) {
  Deno.test(`renderInbox: keeps the lines of ${JSON.stringify(body)}`, () => {
    assert.equal(htmlOf(body, { n: [1, 2] }), expected);
  });
}

Deno.test("renderInbox: escapes the author's text and the values of plain text, and reads only the author's references", () => {
  assert.equal(
    htmlOf("a < b & c > d <x> ${v}", { v: "<b>&amp;&lt;</b>" }),
    "a &lt; b &amp; c &gt; d &lt;x&gt; &lt;b&gt;&amp;amp;&amp;lt;&lt;/b&gt;",
  );
  assert.equal(htmlOf("&pound;5 &laquo;&#1031;&#x27;&raquo;"), "£5 «Ї'»");
  assert.equal(
    htmlOf("&copy &notit; &; &#; &#99999999; &am${v}", { v: "p;" }),
    "&amp;copy &amp;notit; &amp;; &amp;#; &amp;#99999999; &amp;amp;",
  );
  assert.equal(htmlOf("${v?html}", { v: "<" }), "&lt;");
  assert.equal(htmlOf("&lt;b&gt;"), "&lt;b&gt;");
});

Deno.test("renderInbox: reads in an author's address only references to characters that HTML escapes or that end it", () => {
  assert.equal(
    htmlOf(
      "https://e.com/?a=1&amp;b=2&copy;=3&sect;ion=4&nbsp;&copy; &laquo;https://e.com/b&raquo;",
    ),
    `${link("https://e.com/?a=1&amp;b=2&amp;copy;=3&amp;sect;ion=4")}\u00a0© «${
      link("https://e.com/b")
    }»`,
  );
  assert.equal(
    htmlOf("${v}&copy;=1", { v: "https://e.com/?a" }),
    link("https://e.com/?a&amp;copy;=1"),
  );
  assert.equal(htmlOf("https://e.com/?a=1&amp;b=&#50;&#x33;"), link("https://e.com/?a=1&amp;b=23"));
});

/** The text with `|` around each address that is a link. */
const ADDRESSES: readonly string[] = [
  "See |https://example.com|.",
  "|http://example.com/a|, |HTTPS://example.com/B|; and |https://example.com|!",
  "(|https://example.com/a|) (see |https://example.com/a_(b)|) [|https://example.com/?a[]=1|]",
  "“|https://example.com/a|” «|https://example.com/b|» \"|https://example.com/c|\" '|https://example.com/d|' ’",
  "‘|https://example.com/a|’, <|https://example.com/b|>, `|https://example.com/c|`",
  "|https://example.com/?a=1&region=2&copy=3&section=4&timestamp=5|",
  "|https://example.com/a+b%20c?d=e+f#g|…",
  "|https://example.com/шлях?ї=є| |https://user@example.com:8443/_~*|",
  "|https://example.com/a|\n|https://example.com/b|\u00a0x\u200bx",
  "javascript:alert(1) data:text/html,a vbscript:x ftp://example.com/a //example.com xhttps://example.com",
  "https:// https://. https://:80 https:/example.com example.com www.example.com ann@example.com",
];
for (const marked of ADDRESSES) {
  const text = marked.replaceAll("|", "");
  Deno.test(`renderInbox: links the web addresses of ${JSON.stringify(text)}`, () => {
    const escape = (part: string) =>
      part.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
        .replaceAll("\n", "<br>");
    const expected = marked.split("|").map((part, index) =>
      index % 2 === 0 ? escape(part) : link(escape(part).replaceAll("'", "&#39;"), escape(part))
    ).join("");
    assert.equal(htmlOf(text), expected);
    const unlinked = escape(text);
    assert.equal(htmlOf("${v}", { v: `${text} a` }), `${unlinked} a`, "within a value");
    assert.equal(inboxText(expected), text);
  });
}

Deno.test("renderInbox: links an address that author and values write together, unless a value changes the author's host", () => {
  const body = (start: string, v: string, end = "") => htmlOf(`${start}\${v}${end}`, { v });
  assert.equal(
    body("https://e.com/?id=", "1&copy=2", "&x=3."),
    `${link("https://e.com/?id=1&amp;copy=2&amp;x=3")}.`,
  );
  assert.equal(body("https://e.com/", "a b"), `${link("https://e.com/a")} b`);
  assert.equal(body("https://", "a", ".e.com/"), link("https://a.e.com/"));
  assert.equal(body("See ", "https://e.com", "."), `See ${link("https://e.com")}.`);
  assert.equal(body("https://e.com", "@evil.test"), "https://e.com@evil.test");
  assert.equal(body("https://e.com", ".evil.test/x"), "https://e.com.evil.test/x");
  assert.equal(body("https://", "evil.test/", ".e.com/"), "https://evil.test/.e.com/");
  assert.equal(body("java", "script:alert(1)"), "javascript:alert(1)");
  assert.equal(body("", " https://e.com/a?b.\n"), ` ${link("https://e.com/a?b")}.`);
  assert.equal(body("", "https://e.com", "/a"), link("https://e.com/a"));
  assert.equal(body("Dear ", "Ann https://evil.test", ","), "Dear Ann https://evil.test,");
  assert.equal(body("Dear ", "https://evil.test Ann", ","), "Dear https://evil.test Ann,");
  assert.equal(body("", "https://a.test https://b.test"), "https://a.test https://b.test");
  // The first address ends in the piece in which the second begins.
  assert.equal(
    htmlOf("https://a.test/${v} https://e.com${w} https://b.test/${v}", { v: "1", w: "@x.test" }),
    `${link("https://a.test/1")} https://e.com@x.test ${link("https://b.test/1")}`,
  );
});

const TEXTS: readonly (readonly [html: string, text: string])[] = [
  ["", ""],
  ["a &lt; b &amp;amp; &gt;", "a < b &amp; >"],
  ["a\n\n  b", "a\n\n  b"],
  ["a<br><br><br>  b", "a\n\n\n  b"],
  [
    `${link("https://e.com/?a=1&amp;b=&quot;", 'https://e.com/?a=1&amp;b="')}.`,
    'https://e.com/?a=1&b=".',
  ],
  [`See ${link("https://e.com/", "our page")}.`, "See our page: https://e.com/."],
  [`${link("mailto:ann@e.com", "ann@e.com")} ${link("tel:1", "1")}`, "ann@e.com 1"],
  [link("https://e.com/", ""), "https://e.com/"],
  ["<p>Dear Ann,</p>\n<p>you <b>owe</b>\n £5.</p>", "Dear Ann,\n\nyou owe £5."],
  ["<h1>Title</h1><p>a</p><hr><ul><li>b</li></ul>", "Title\n\na\n\n• b"],
  ["<table><tr><td>a</td><td>b</td></tr></table>", "a b"],
];
for (const [html, text] of TEXTS) {
  Deno.test(`inboxText: is ${JSON.stringify(text)} for ${JSON.stringify(html)}`, () => {
    assert.equal(inboxText(html), text);
  });
}

Deno.test("inboxHtml: gives text that an earlier version stored its lines, and leaves HTML as it is", () => {
  assert.equal(inboxHtml("a &lt;\r\nb\n\nc"), "a &lt;<br>b<br><br>c");
  assert.equal(inboxHtml("<p>a</p>\n<p>b</p>"), "<p>a</p>\n<p>b</p>");
});

/** What a reader's program makes of the HTML: the shown text, and the addresses that it would open. */
function readBack(html: string): { text: string; links: string[] } {
  const seen = { text: "", links: [] as string[] };
  scanHtml(html, {
    open: (name, attributes) => {
      if (name === "br") seen.text += "\n";
      else seen.links.push(attributes.get("href") ?? "");
    },
    close: () => undefined,
    text: (text) => seen.text += text,
  });
  return seen;
}

const word = fc.string({ unit: fc.constantFrom(..."ab Ї<>&;\"'()[].,!?\n\t#=+%"), maxLength: 12 });
const path = fc.string({ unit: fc.constantFrom(..."abї/?&=;+%20_-~"), maxLength: 16 })
  .map((rest) => `https://example.com/${rest}x`);
const plain = fc.array(fc.oneof(word, path), { maxLength: 5 }).map((parts) => parts.join(" "));

Deno.test("renderInbox: shows any value of plain text as it was given, and an address as written when the value is one", () => {
  fc.assert(
    fc.property(fc.oneof(plain, path), fc.constantFrom("notify", "freemarker"), (v, syntax) => {
      const body = htmlOf(syntax === "notify" ? "a ((v)) b" : "a ${v} b", { v }, syntax);
      const { text, links } = readBack(body);
      assert.equal(text, `a ${v} b`);
      assert.equal(inboxText(body), `a ${v} b`);
      assert.equal(toSafeHtml(body), body);
      assert.ok(links.length <= 1);
      for (const address of links) {
        assert.match(v.replace(address, "").trim(), /^[\s\p{P}]*$/u);
      }
      if (/^https:\/\/example\.com\/\S*x$/.test(v) && !/["<>]/.test(v)) {
        assert.deepEqual(links, [v]);
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("renderInbox: leads a reader to the address that stands in plain text", () => {
  fc.assert(
    fc.property(
      path,
      fc.constantFrom("", ".", ",", ")", "”", "»", "’", "…", "!", "?", ";", ":"),
      (address, tail) => {
        const [href = ""] = readBack(htmlOf(`(“${address}${tail}`, {}, "notify")).links;
        assert.equal(new URL(href).href, new URL(address).href);
      },
    ),
    { numRuns: 1000 },
  );
});
