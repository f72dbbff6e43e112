import assert from "node:assert/strict";
import {
  type EmailOptions,
  renderEmail,
  renderEmailContent,
} from "../../../../domain/template/email/email.ts";
import { parseTemplate } from "../../../../domain/template/parse_template.ts";
import type { Personalisation } from "../../../../domain/template/template.ts";

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
  ["3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'],
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
  // White space that comes before a mark only once markdown has gone.
  ["a ![b](c), d", "<p>a, d</p>"],
  ["a ![b](c)- d", "<p>a – d</p>"],
  ["a \\. b", "<p>a. b</p>"],
  ["b  &#8211;  c", "<p>b – c</p>"],
];

for (const [body, expected] of HTML_CASES) {
  Deno.test(`renderEmail: makes HTML of ${JSON.stringify(body)}`, () => {
    assert.equal(bare(email(body).htmlBody), expected);
  });
}

Deno.test("renderEmail: returns the source with its values as the body, and one line as the subject", () => {
  const { body, subject } = email(
    "# ((a))\r\n((list))",
    { a: "<x>", list: ["1", "2"] },
    " ((a))\n'b' ",
  );
  assert.equal(body, "# <x>\r\n\n\n* 1\n* 2");
  assert.equal(subject, "<x> ‘b’");
});

Deno.test("renderEmailContent: is the same subject and body", () => {
  const template = parseTemplate({ channel: "email", subject: "((a))", body: " ((a)) " });
  assert.deepEqual(renderEmailContent(template, { a: "x" }), { subject: "x", body: "x" });
});

Deno.test("renderEmail: writes headings, lists and links into the plain text part", () => {
  const { text } = email("# Head\n\n* a\n* b\n\n[t](https://e.com)");
  assert.equal(text, `Head\n${"=".repeat(65)}\n\n• a\n• b\n\nt: https://e.com\n`);
});

Deno.test("renderEmail makes a whole document: language, title, preheader, banner, both colour schemes", () => {
  const { html } = email("# Hello\n\nWorld & <x>", {}, "A & B");
  assert.match(html, /^<!DOCTYPE html>\n<html lang="cy" dir="ltr">/);
  assert.match(html, /<title>A &amp; B<\/title>/);
  assert.match(html, />Hello World &amp; &lt;x&gt;…<\/span>/);
  assert.match(html, />Council &amp; &lt;Co&gt;</);
  assert.match(html, /prefers-color-scheme: dark/);
});

const LOOKS: readonly (readonly [string, Partial<EmailOptions>, RegExp])[] = [
  ["the language, written from left to right", { language: "uk" }, /<html lang="uk" dir="ltr">/],
  ["a language written from right to left", { language: "ar-EG" }, /<html lang="ar-EG" dir="rtl">/],
  ["the direction of the script", { language: "ar-Latn" }, /<html lang="ar-Latn" dir="ltr">/],
  ["English for an invalid language tag", { language: '"><x' }, /<html lang="en" dir="ltr">/],
  ["a dark brand with white", { brandColour: "#1d70b8" }, /background: #1D70B8.*color: #FFFFFF/s],
  ["a light brand with black", { brandColour: "#fd0" }, /background: #FFDD00.*color: #000000/s],
  ["its own banner for a wrong colour", { brandColour: "red;x" }, /background: #0B0C0C; padding/],
  ["a logo", { logoUrl: "https://e.com/a b.png" }, /<img src="https:\/\/e.com\/a%20b.png" alt=""/],
];
for (const [what, options, pattern] of LOOKS) {
  Deno.test(`renderEmail: returns the document ${what}`, () => {
    const template = parseTemplate({ channel: "email", subject: "S", body: "* a\n\n^ b" });
    assert.match(renderEmail(template, {}, { serviceName: "C", ...options }).html, pattern);
  });
}

for (const logoUrl of ["http://e.com/a.png", "javascript:x", "https://u:p@e.com/", "x", ""]) {
  Deno.test(`renderEmail: leaves out the logo ${JSON.stringify(logoUrl)}`, () => {
    const template = parseTemplate({ channel: "email", subject: "S", body: "a" });
    assert.doesNotMatch(renderEmail(template, {}, { serviceName: "C", logoUrl }).html, /<img/);
  });
}

Deno.test("renderEmail: puts lists and insets on the side on which lines begin", () => {
  const template = parseTemplate({ channel: "email", subject: "S", body: "* a\n\n^ b" });
  const html = (language: string) =>
    renderEmail(template, {}, { serviceName: "C", language }).htmlBody;
  assert.match(html("en"), /Margin: 0 0 0 20px.*border-left/s);
  assert.match(html("he"), /Margin: 0 20px 0 0.*border-right/s);
});

Deno.test("renderEmail: links to the whole unsubscribe address, with any characters in it", () => {
  const template = parseTemplate({ channel: "email", subject: "S", body: "a" });
  const unsubscribeUrl = "https://e.com/u(1)/a b?x=[y]\n";
  const { htmlBody, text } = renderEmail(template, {}, { serviceName: "C", unsubscribeUrl });
  assert.match(htmlBody, /href="https:\/\/e.com\/u\(1\)\/a%20b\?x=\[y\]%0A"/);
  assert.match(text, /: https:\/\/e.com\/u\(1\)\/a%20b\?x=\[y\]%0A\n$/);
});

Deno.test("renderEmail shows the start of the message as the preheader: 256 characters", () => {
  const { html } = email(`${"😀".repeat(300)} end`);
  assert.ok(html.includes(`>${"😀".repeat(256)}…</span>`));
});

Deno.test("renderEmail: drops controls and mends halves of surrogate pairs", () => {
  const { subject, htmlBody, text } = email(
    "((v))",
    { v: "a\0\x1b[0m&#x81;b\ud800" },
    "x ((v))\r\ny: \u202ez",
  );
  assert.equal(subject, "x a[0m&#x81;b\ufffd y: z");
  assert.equal(bare(htmlBody), "<p>a[0mb\ufffd</p>");
  assert.equal(text, "a[0mb\ufffd\n");
});

Deno.test("renderEmail: writes the unsubscribe link in the message's language, and in English for other languages", () => {
  const unsubscribeUrl = "https://example.com/unsubscribe";
  const cases = [
    ["uk-UA", "Відписатися від цих листів"],
    ["cy", "Dad-danysgrifio o’r negeseuon e-bost hyn"],
    ["AR", "إلغاء الاشتراك في هذه الرسائل"],
    ["fi", "Unsubscribe from these emails"],
    [undefined, "Unsubscribe from these emails"],
  ] as const;
  for (const syntax of ["notify", "freemarker"] as const) {
    const template = parseTemplate({ channel: "email", syntax, subject: "S", body: "Hello" });
    for (const [language, words] of cases) {
      const { html, text } = renderEmail(template, {}, {
        serviceName: "Service",
        language,
        unsubscribeUrl,
      });
      assert.ok(html.includes(`>${words}</a>`), `${language} ${syntax}`);
      assert.ok(text.includes(`${words}: ${unsubscribeUrl}`), text);
    }
  }
});
