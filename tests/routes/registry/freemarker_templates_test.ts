import assert from "node:assert/strict";
import { bodyOf } from "../support.ts";
import { byChannels, SEND, startRegistry, type TestRegistry } from "./support.ts";
import { inboxOf } from "./send_support.ts";

/** Sends the template `t` to one person by e-mail and inbox. */
async function sendAll(hark: TestRegistry, parameters: unknown, channels = ["email", "inbox"]) {
  const answer = await hark.send({
    notification: { templateName: "t", ignoreChannelPreferences: true },
    recipients: [
      byChannels(
        channels.map((channel) =>
          channel === "email" ? { channel, email: "o@example.com" } : { channel }
        ),
        { parameters },
      ),
    ],
  });
  await hark.settle();
  return answer;
}

async function emailOf(content: string, parameters: unknown): Promise<string> {
  await using hark = await startRegistry();
  await hark.publish("email:t", content);
  await sendAll(hark, parameters, ["email"]);
  return (await hark.sent())[0]?.html ?? "";
}

/** E-mails as the platform's publisher writes them: it serialises their HTML, and with it the directives. */
const SERIALISED: readonly (readonly [content: string, parameters: unknown, shown: RegExp])[] = [
  ["<p>[#if (n &gt; 5) &amp;&amp; ok]many[#else]few[/#if]</p>", { n: 7, ok: true }, /<p>many<\/p>/],
  ["<p>[#if n &lt; 3]few[/#if] &amp; more</p>", { n: 2 }, /<p>few &amp; more<\/p>/],
  ["<p>[#if n &gt;= 3 || n &lt;= 1]a[/#if]</p>", { n: 3 }, /<p>a<\/p>/],
  ['<p title="[#if a == &quot;x&quot;]one[/#if]">t</p>', { a: "x" }, /<p title="one">t<\/p>/],
  ["<p>${a!&#39;-&#39;}</p>", {}, /<p>-<\/p>/],
  ["<p>${a!&quot;&amp;&quot;}</p>", {}, /<p>&amp;<\/p>/],
  ["<p>[#if&nbsp;ok]yes[/#if]</p>", { ok: true }, /<p>yes<\/p>/],
  [
    "<p>[#list xs?filter(x -&gt; x &gt; 1) as x]${x}[#sep], [/#list]</p>",
    { xs: [1, 2, 3] },
    /<p>2, 3<\/p>/,
  ],
  ["<p>${a + &apos; &lt; &apos; + b}</p>", { a: 1, b: 2 }, /<p>1 &lt; 2<\/p>/],
  ["<p>&#91;#if &lt;b&gt;</p>[#if ok]a[/#if]", { ok: true }, /<p>&#91;#if &lt;b&gt;<\/p>a/],
];
for (const [content, parameters, shown] of SERIALISED) {
  Deno.test(`PUT …/templates/email:{name}: reads the character references in the directives of ${content}`, async () => {
    assert.match(await emailOf(content, parameters), shown);
  });
}

Deno.test("PUT …/templates/email:{name}: names the line and column of the template as it is written, behind references", async () => {
  await using hark = await startRegistry();
  for (
    const [content, at] of [
      ["<p>&amp;&lt;</p>\n[#if n &gt; 5 &amp;&amp; ]x[/#if]", "line 2, column 26"],
      ["<p>[#if n &gt; 5]x[/#if]</p>${&quot;a}", "line 1, column 31"],
      ["[#if n &gt; 5]${n?nothing}[/#if]", "line 1, column 19"],
    ] as const
  ) {
    const answer = await bodyOf(await hark.put("email:t", { title: "T", content }), 400);
    const { message } = answer.details.errors[0];
    assert.ok(message.startsWith(at), message);
  }
});

Deno.test("POST /api/notifications: markup of the author's texts stays markup in an e-mail, that of values does not", async () => {
  const content = "[#assign bold]<b>${name}</b>[/#assign][#macro cell a]<td>${a}</td>[/#macro]" +
    "<p>${bold} ${ok?then('<i>yes</i>', '')} ${'<u>' + name + '</u>'} ${name!'<b>'}</p><table><tr>[@cell a=name/]</tr></table>";
  const html = await emailOf(content, { name: "<s>O</s>", ok: true });
  const name = "&lt;s&gt;O&lt;/s&gt;";
  assert.ok(html.includes(`<p><b>${name}</b> <i>yes</i> <u>${name}</u> ${name}</p>`), html);
  assert.ok(html.includes(`<td>${name}</td>`), html);
});

Deno.test("POST /api/notifications: ?no_esc and output formats add no markup of values to an e-mail", async () => {
  const content = '[#ftl output_format="HTML"]<p>${name} ${name?no_esc} ${name?esc}</p>';
  const html = await emailOf(content, { name: "<s>" });
  assert.ok(html.includes("<p>&lt;s&gt; &lt;s&gt; &lt;s&gt;</p>"), html);
});

Deno.test("POST /api/notifications: writes numbers, dates and lists of an inbox message as the platform does", async () => {
  await using hark = await startRegistry();
  await hark.publish(
    "inbox:t",
    "${sum?string(',##0.00')} ${sum} ${date?date('yyyy-MM-dd')?string('dd.MM.yyyy')} " +
      "[#list rows as r]${r_index + 1}. ${r.n}[#if r_has_next]; [/#if][/#list]",
  );
  await sendAll(hark, { sum: 1234.5, date: "2026-02-01", rows: [{ n: "a" }, { n: "b" }] }, [
    "inbox",
  ]);
  const [{ message }] = await inboxOf(hark, "olena");
  assert.match(message, /1,234\.50 1,234\.5 01\.02\.2026 1\. a; 2\. b/);
});

Deno.test("POST /api/notifications: refuses an e-mail whose text comes out empty, as an inbox message", async () => {
  const empty =
    "<html><head><style>p { color: red }</style></head><body><p>[#if ok]text[/#if]&nbsp;</p></body></html>";
  const frame = "<body><img src='https://example.com/logo.png'>[#if ok]<p>text</p>[/#if]</body>";
  for (const content of [empty, frame, "[#if ok]text[/#if]"]) {
    await using hark = await startRegistry();
    await hark.publish("email:t", content);
    const message = {
      notification: { templateName: "t", ignoreChannelPreferences: true },
      recipients: [
        byChannels([{ channel: "email", email: "o@example.com" }], { parameters: { ok: false } }),
      ],
    };
    const answer = await bodyOf(await hark.admin("POST", SEND, message), 400);
    assert.match(answer.details.errors[0].message, /empty/, content);
    assert.equal((await hark.sent()).length, 0);
    await sendAll(hark, { ok: true }, ["email"]);
    assert.equal((await hark.sent()).length, 1);
  }
});

Deno.test("POST /api/notifications: sends an e-mail of pictures alone where its template has no conditions", async () => {
  await using hark = await startRegistry();
  await hark.publish("email:t", "<body><img src='https://example.com/${name}.png'></body>");
  await sendAll(hark, { name: "a" }, ["email"]);
  assert.equal((await hark.sent()).length, 1);
});

Deno.test("PUT …/templates/{channel}:{name}: a version that would be refused now is still sent, and its next PUT is refused", async () => {
  await using hark = await startRegistry();
  const old = "<p>${name} ${name == 'O'} [#if name == 1]x[/#if]${(1)?c}</p>";
  await hark.publish("email:t", "<p>${name}</p>");
  await hark.db.write(
    [{ sql: "UPDATE template_versions SET body = ?", args: ["<p>${name} ${name == 'O'}</p>"] }],
  );
  await sendAll(hark, { name: "O" }, ["email"]);
  assert.match((await hark.sent())[0]?.html ?? "", /<p>O true<\/p>/);
  for (const content of [old, "<p>${name} ${name == 'O'}</p>"]) {
    await bodyOf(await hark.put("email:t", { title: "Title", content }), 400);
  }
  await sendAll(hark, { name: "O" }, ["email"]);
  assert.equal((await hark.sent()).length, 2);
});

Deno.test("PUT …/templates/{channel}:{name}: refuses a template that shows nothing whatever the values are", async () => {
  await using hark = await startRegistry();
  for (
    const [target, content] of [["email:t", "<html><body><p> </p></body></html>"], [
      "inbox:t",
      "[#-- text --] ",
    ]]
  ) {
    const answer = await bodyOf(await hark.put(target ?? "", { title: "T", content }), 400);
    assert.equal(answer.details.errors[0].field, "content");
  }
});

Deno.test("POST /api/notifications: a plain text inbox template with directives keeps its lines, and texts in quotes are text", async () => {
  await using hark = await startRegistry();
  await hark.publish("inbox:t", "Hello\n[#if n > 5]\nmany\n[/#if]\n${a!'<b>'} < ${n}");
  await sendAll(hark, { n: 7 }, ["inbox"]);
  const [{ message }] = await inboxOf(hark, "olena");
  assert.equal(message, "Hello<br>many<br>&lt;b&gt; &lt; 7");
});
