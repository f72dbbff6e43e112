import assert from "node:assert/strict";
import { renderEmail, renderEmailContent } from "../../../../domain/template/email/email.ts";
import { htmlToText } from "../../../../domain/template/html/html_to_text.ts";
import { parseTemplate } from "../../../../domain/template/parse_template.ts";
import type { Personalisation } from "../../../../domain/template/template.ts";

function email(body: string, values: Personalisation, subject = "S") {
  const template = parseTemplate({ channel: "email", syntax: "freemarker", subject, body });
  return renderEmail(template, values, { serviceName: "Council", language: "uk" });
}

const DOCUMENT = `<!DOCTYPE html>
<html lang="uk"><head><title>x</title><style>p { color: red }</style></head>
<body bgcolor=white><!--[if mso]><table><![endif]--><p style='a: "b"'>Вітаємо, \${name}!</p>
<img src="data:image/jpeg;base64,AA==" alt="герб"><a href="https://e.com/?a=1&b=\${id}">кабінет</a>
</body></html>`;

Deno.test("renderEmail: sends the author's document as it was written, with its values", () => {
  const { html, body, htmlBody, text } = email(DOCUMENT, { name: "<b>Ann</b> & O'Hara", id: "1" });
  const expected = DOCUMENT.replace("${name}", "&lt;b&gt;Ann&lt;/b&gt; &amp; O&#39;Hara")
    .replace("${id}", "1");
  assert.equal(html, expected);
  assert.equal(body, expected);
  assert.equal(htmlBody, expected);
  assert.equal(
    text,
    "Вітаємо, <b>Ann</b> & O'Hara!\n\nгерб кабінет: https://e.com/?a=1&b=1\n",
  );
});

Deno.test("renderEmail: the numbers of an HTML list stay in plain text", () => {
  const { text } = email(
    `<ol start="3"><li>a<li value=14>b<li>c</ol><ol start="x"><li>d</ol><ul start=5><li value=7>e</ul>`,
    {},
  );
  assert.equal(text, "3. a\n14. b\n15. c\n\n1. d\n\n• e\n");
});

Deno.test("renderEmail: a bare address in the author's HTML keeps its parameters in both parts", () => {
  const query = "a=1&copy=2&region=3&lt=4&notice=5&amp=6&section";
  const { htmlBody, text } = email(`<p>x https://e.com/?${query} &copy 2026, AT&T</p>`, {});
  assert.equal(text, `x https://e.com/?${query} © 2026, AT&T\n`);
  assert.equal(
    htmlBody,
    "<p>x https://e.com/?a=1&amp;copy=2&amp;region=3&amp;lt=4&amp;notice=5&amp;amp=6&amp;section " +
      "&copy 2026, AT&T</p>",
  );
});

Deno.test("renderEmail: puts a fragment into the service's document, with language, title and preheader", () => {
  const { html, htmlBody } = email("<p>Hello ${name}</p>", { name: "Ann" }, "It's due");
  assert.equal(htmlBody, "<p>Hello Ann</p>");
  assert.match(html, /^<!DOCTYPE html>\n<html lang="uk" dir="ltr">/);
  assert.match(html, /<title>It&#39;s due<\/title>/);
  assert.match(html, />Hello Ann…<\/span>/);
  assert.ok(html.includes("<p>Hello Ann</p>"));
});

Deno.test("renderEmail: keeps a FreeMarker template's title unchanged, on one line", () => {
  const title = '${name} ((name)) -- "x"\r\nBcc: a@example.com\0\ud800';
  const template = parseTemplate({
    channel: "email",
    syntax: "freemarker",
    subject: title,
    body: "x",
  });
  const expected = '${name} ((name)) -- "x" Bcc: a@example.com\ufffd';
  assert.equal(renderEmailContent(template, { name: "A" }).subject, expected);
  assert.deepEqual(template.placeholders, []);
});

Deno.test("renderEmail: escapes once where the template uses ?html", () => {
  assert.equal(email("${a?html} ${a}", { a: "<" }).body, "&lt; &lt;");
});

Deno.test("renderEmail: links to the unsubscribe address at the end of the document's body", () => {
  const unsubscribeUrl = 'https://e.com/u?a=1&b="';
  const render = (body: string) =>
    renderEmail(
      parseTemplate({ channel: "email", syntax: "freemarker", subject: "S", body }),
      {},
      { serviceName: "C", unsubscribeUrl },
    );
  const link = /<a href="https:\/\/e\.com\/u\?a=1&amp;b=&quot;">Unsubscribe/;
  const { html, text, body } = render("<html><body><p>a</p></body></html>");
  assert.match(html, link);
  assert.ok(html.endsWith("</p>\n</body></html>"));
  assert.ok(text.endsWith(`Unsubscribe from these emails: ${unsubscribeUrl}\n`));
  assert.doesNotMatch(body, /Unsubscribe/);
  assert.match(render("<p>a</p>").html, link);
});

function notifyHtml(body: string, values: Personalisation, subject = "S") {
  const template = parseTemplate({ channel: "email", syntax: "html", subject, body });
  return renderEmail(template, values, { serviceName: "Council", language: "uk" });
}

Deno.test("renderEmail: puts values into the author's HTML with ((name)) too, in every part", () => {
  const values = { Name: "<b>Ann</b> & O'Hara", id: 1, items: ["a<", "b", "c"] };
  const { subject, html, htmlBody, text } = notifyHtml(
    '<!-- ((name)) --><p title="((name))">Dear <i>((NAME))</i></p>' +
      '<a href="https://e.com/?a=1&b=((id))"># case</a> **((items))**',
    values,
    "For ((name)) -- ((id))",
  );
  const name = "&lt;b&gt;Ann&lt;/b&gt; &amp; O&#39;Hara";
  const expected = `<!-- _ --><p title="${name}">Dear <i>${name}</i></p>` +
    '<a href="https://e.com/?a=1&b=1"># case</a> **a&lt;, b and c**';
  assert.equal(htmlBody, expected);
  assert.ok(html.includes(expected));
  assert.match(html, /^<!DOCTYPE html>\n<html lang="uk" dir="ltr">/);
  assert.match(html, /<title>For &lt;b&gt;Ann&lt;\/b&gt; &amp; O&#39;Hara -- 1<\/title>/);
  assert.equal(subject, "For <b>Ann</b> & O'Hara -- 1");
  assert.equal(
    text,
    "Dear <b>Ann</b> & O'Hara\n\n# case: https://e.com/?a=1&b=1 **a<, b and c**\n",
  );
});

Deno.test("renderEmail: sends a document with ((name)) as it was written, with its values", () => {
  const written = DOCUMENT.replace("${name}", "((name))").replace("${id}", "((id))");
  const expected = DOCUMENT.replace("${name}", "&lt;b&gt;Ann").replace("${id}", "1");
  assert.equal(notifyHtml(written, { name: "<b>Ann", id: "1" }).html, expected);
});

const OPTIONAL: readonly (readonly [value: unknown, expected: string])[] = [
  ["yes", "<p><b>soon</b></p>"],
  [true, "<p><b>soon</b></p>"],
  ["no", "<p></p>"],
  ["", "<p></p>"],
  ["<b>soon</b>", "<p></p>"],
  [undefined, "<p>((x??&lt;b&gt;soon&lt;/b&gt;))</p>"],
];
for (const [x, expected] of OPTIONAL) {
  Deno.test(`renderEmail: conditional HTML with ${JSON.stringify(x)} is ${expected}`, () => {
    assert.equal(notifyHtml("<p>((x??<b>soon</b>))</p>", { x }).body, expected);
  });
}

Deno.test("renderEmail: a subject with values stays one line in HTML e-mails", () => {
  const v = "x\r\nBcc: a@example.com\0\ud800";
  assert.equal(notifyHtml("<p>x</p>", { v }, "Hi ((v))").subject, "Hi x Bcc: a@example.com\ufffd");
});

const PUT: readonly (readonly [body: string, value: string, expected: string])[] = [
  ["<p>${v}</p>", "<i>\"'&", "<p>&lt;i&gt;&quot;&#39;&amp;</p>"],
  ['<p title="${v}">', '" onclick="x', '<p title="&quot; onclick=&quot;x">'],
  ["<p title='${v}'>", "' onclick='x", "<p title='&#39; onclick=&#39;x'>"],
  ["<p title=${v}>", "a onclick=x", "<p title=_>"],
  ["<p ${v}>", "onclick=x", "<p _>"],
  ["<p ${v}>", "", "<p >"],
  ["<${v}>", "b", "&lt;b>"],
  ["</${v}>", "b", "</_>"],
  ["<b${v}>", "r", "<b_>"],
  ["a<${v} b", "script", "a&lt;script b"],
  ["<!-- ${v} -->", "--><b>", "<!-- _ -->"],
  ["<style>p{${v}}</style>${v}", "x", "<style>p{_}</style>x"],
  ["<script>${v}</script>${v}", "x", "<script>_</script>x"],
  ["<title>${v}</title>", "</title>", "<title>&lt;/title&gt;</title>"],
  ["<title></${v}><p>", "title", "<title>&lt;/title><p>"],
  ["<title></t${v}tle><p>", "i", "<title>&lt;/title><p>"],
  ["<p onclick=\"f('${v}')\">", "x", "<p onclick=\"f('_')\">"],
  ['<iframe srcdoc="${v}">', "x", '<iframe srcdoc="_">'],
  [
    '<meta http-equiv="refresh" content="${v}">',
    "0;url=javascript:alert(1)",
    '<meta http-equiv="refresh" content="_">',
  ],
  ["<META CONTENT='0;url=${v}'>", "//e.com", "<META CONTENT='0;url=_'>"],
  ['<p style="${v}">', "background:url(//e)", '<p style="_">'],
  ["<p STYLE='color: ${v}'>", "red", "<p STYLE='color: _'>"],
  ['<img srcset="https://e.com/${v}">', "a, //evil.com/b 2x", '<img srcset="https://e.com/_">'],
  ['<a ping="https://e.com/${v}">', "a https://evil.com", '<a ping="https://e.com/_">'],
  ['<a ${v}"${v}">', "href=", '<a _"_">'],
  ['<a hr${v}ef="${v}">', "x", '<a hr_ef="x">'],
  ["&${v}", "lt;", "&lt;"],
];
for (const [body, v, expected] of PUT) {
  Deno.test(`renderEmail: puts ${JSON.stringify(v)} into ${body} as text or not at all`, () => {
    assert.equal(email(body, { v }).body, expected);
    assert.equal(notifyHtml(body.replaceAll("${v}", "((v))"), { v }).body, expected);
  });
}

const ADDRESSES: readonly (readonly [address: string, v: string, expected: string])[] = [
  ["${v}", "https://e.com/?a=1&b", "https://e.com/?a=1&amp;b"],
  ["${v}", "mailto:a@e.com", "mailto:a@e.com"],
  ["${v}", "page.html", "page.html"],
  ["${v}", "javascript:x", "#"],
  ["${v}", " \tJava\nScript\0:x", "#"],
  ["${v}", "\u200bjavascript\xad:x", "#"],
  ["${v}", "data:text/html,x", "#"],
  ["${v}", "vbscript:x", "#"],
  ["${v}", "file:///etc/passwd", "#"],
  ["java${v}", "script:x", "#"],
  ["${v}${v}:x", "javascript", "#"],
  ["java&#115;cript${v}", ":x", "#"],
  ["&#106;avascript:${v}", "x", "#"],
  ["javascript:f(${v})", "x", "#"],
  ["javascript&colon;${v}", "x", "#"],
  ["https://e.com/${v}", "javascript:x", "https://e.com/javascript:x"],
  ["/a?b=${v}", "data:x", "/a?b=data:x"],
  ["viber://chat?number=${v}", "1", "viber://chat?number=1"],
  ["https://gov.uk${v}", "@evil.com", "#"],
  ["https://gov.uk${v}", ".evil.com", "#"],
  ["https://gov.uk${v}/a", "x", "#"],
  ["https://gov.uk${v}", "/a", "#"],
  ["https://gov.uk${v}", ":80", "#"],
  ["https://gov.uk${v}", "", "https://gov.uk"],
  ["https://gov.uk:${v}/a", "8080", "https://gov.uk:8080/a"],
  ["https://gov.uk:${v}/a", "x@evil.com", "#"],
  ["https://${v}.gov.uk/", "evil.com/", "#"],
  ["https://${v}.gov.uk/", "evil.com?", "#"],
  ["https://${v}.gov.uk/", "evil.com#", "#"],
  ["https://${v}.gov.uk/", "evil.com\\", "#"],
  ["https://${v}.gov.uk/", "evil.com\t", "#"],
  ["https://${v}.gov.uk/", "evil.com\n", "#"],
  ["https://${v}.gov.uk/", "evil.com%2f", "#"],
  ["https://${v}.gov.uk/", "evil.com\uff0f", "#"],
  ["https://${v}.gov.uk/", "a.b-1", "https://a.b-1.gov.uk/"],
  ["https://${v}.${v}/", "ab", "https://ab.ab/"],
  ["https://a.${v}.gov.uk${v}", "a", "#"],
  ["https://${v}", "e.com", "https://e.com"],
  ["https://${v}", "e.com/a", "#"],
  ["https://www.${v}/a", "e.com", "https://www.e.com/a"],
  ["https://gov&#${v}", "64e.com", "#"],
  ["https&#58;&#47;/gov.uk${v}", "@evil.com", "#"],
  [" ht\ntps://gov.uk${v}", "@evil.com", "#"],
  ["HTTPS:/gov.uk${v}", "@evil.com", "#"],
  ["https:gov.uk${v}", "@evil.com", "#"],
  ["https:\\\\gov.uk${v}", "@evil.com", "#"],
  ["https:///gov.uk${v}", "@evil.com", "#"],
  ["https://gov.uk\\${v}", "@evil.com", "#"],
  ["//gov.uk${v}", "@evil.com", "#"],
  ["viber://${v}", "evil/a", "#"],
  ["app:///${v}", "a/b", "app:///a/b"],
  ["/${v}", "/evil.com", "#"],
  ["/${v}", "\\evil.com", "#"],
  ["/${v}", "\t/evil.com", "#"],
  ["/${v}", "a//b", "/a//b"],
  ["https://gov.uk/${v}", "/evil.com@\\", "https://gov.uk//evil.com@\\"],
  ["https://gov.uk?${v}", "@evil.com", "https://gov.uk?@evil.com"],
  ["https://gov.uk#${v}", "@evil.com", "https://gov.uk#@evil.com"],
  ["${v}/a", "https://e.com", "https://e.com/a"],
  ["${v}${v}", "/a", "/a/a"],
];
for (const [address, v, expected] of ADDRESSES) {
  Deno.test(`renderEmail: the address ${address} with ${JSON.stringify(v)} is ${expected}`, () => {
    assert.equal(email(`<a href="${address}">`, { v }).body, `<a href="${expected}">`);
    assert.equal(email(`<IMG SRC='${address}'>`, { v }).body, `<IMG SRC='${expected}'>`);
    const written = `<a href="${address.replaceAll("${v}", "((v))")}">`;
    assert.equal(notifyHtml(written, { v }).body, `<a href="${expected}">`);
  });
}

const TEXTS: readonly (readonly [html: string, text: string])[] = [
  ["a  b\n c", "a b c"],
  ["<p>a</p><p>b</p>\n\n<div>c</div><div>d</div>", "a\n\nb\n\nc\nd"],
  ["<h1>a</h1>b<h2>c</h2><h3>d</h3>", `a\n${"=".repeat(65)}\n\nb\n\nc\n${"-".repeat(65)}\n\nd`],
  ["a<br>b<br/>c<hr>d", `a\nb\nc\n\n${"-".repeat(65)}\n\nd`],
  [
    "a<ul><li>b<li>c</ul><ol><li>d</li><li><p>e</p></li></ol>f",
    "a\n\n• b\n• c\n\n1. d\n2.\n\ne\n\nf",
  ],
  ["<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "• a\n  • b\n• c"],
  ['<a href="https://e.com/?a&amp;b">a <b>b</b></a>.', "a b: https://e.com/?a&b."],
  ['<a href="https://e.com/?a=1&copy=2&section=3">a</a>', "a: https://e.com/?a=1&copy=2&section=3"],
  ['<a href=" https://e.com/a b\n?(c)+ ">a</a>', "a: https://e.com/a%20b?(c)+"],
  [
    '<a href="https://e.com">https://e.com</a> <a href="mailto:a@e.com">a@e.com</a>',
    "https://e.com a@e.com",
  ],
  [
    '<a href="javascript:x">a</a><a>b</a><a href="https://e.com"><img src=x></a>',
    "ab https://e.com",
  ],
  ["<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"],
  ["<head><title>a</title><style>b</style></head><script>c</script>d<!-- e -->", "d"],
  ["&lt;b&gt; &amp; &nbsp;&#8211; &copy", "<b> & \u00a0– ©"],
  ['<img alt="a"> <img alt=""> <img> <svg><title>b</title></svg>c', "a c"],
  ["</p></ul></a></x>a<q", "a"],
  ["", ""],
];
for (const [html, text] of TEXTS) {
  Deno.test(`htmlToText: returns ${JSON.stringify(text)} for ${JSON.stringify(html)}`, () => {
    assert.equal(htmlToText(html), text);
  });
}
