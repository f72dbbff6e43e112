import assert from "node:assert/strict";
import { toMessages } from "../../../../routes/inbox_element/messages.js";
import { createClock } from "../../../../adapters/clock.ts";
import { bodyOf, callAt } from "../../support.ts";
import { startRegistry } from "../support.ts";
import { INBOX, readEvents, storeMessage, STREAM } from "./support.ts";

const PLAIN = "Шановний ${name},\r\n\r\nдовідка: https://e.example/?a=1&copy=${id}.\n";
const PLAIN_HTML = "Шановний Лев &lt;b&gt;,<br><br>довідка: " +
  '<a href="https://e.example/?a=1&amp;copy=7" rel="noopener noreferrer">' +
  "https://e.example/?a=1&amp;copy=7</a>.";
const PLAIN_TEXT = "Шановний Лев <b>,\n\nдовідка: https://e.example/?a=1&copy=7.";
const MARKED = '<p>Dear ${name},</p>\n<p>see <a href="https://e.example/${id}">our page</a>.</p>';
const MARKED_HTML = "<p>Dear Лев &lt;b&gt;,</p>\n<p>see " +
  '<a href="https://e.example/7" rel="noopener noreferrer">our page</a>.</p>';
const MARKED_TEXT = "Dear Лев <b>,\n\nsee our page: https://e.example/7.";
const VALUES = { name: "Лев <b>", id: 7 };

/** Publishes a template, sends it by the platform's message, and returns its recipient's calls. */
async function startWith(content: string, environment: Readonly<Record<string, string>> = {}) {
  const hark = await startRegistry({ environment });
  await hark.publish("inbox:letter", content, { title: "A < B &amp; C" });
  await hark.send({
    notification: { templateName: "letter", ignoreChannelPreferences: true },
    recipients: [{ id: "lev", parameters: VALUES, channels: [{ channel: "inbox" }] }],
  });
  await hark.settle();
  return hark;
}

for (
  const [kind, content, html, text] of [
    ["without tags", PLAIN, PLAIN_HTML, PLAIN_TEXT],
    ["with tags", MARKED, MARKED_HTML, MARKED_TEXT],
  ] as const
) {
  Deno.test(`GET /api/notifications/inbox, its stream and GET /v2/notifications/{id}: subject is text, message safe HTML and text without markup, of a template ${kind}`, async () => {
    await using hark = await startWith(content);
    const citizen = hark.citizen("lev");
    const [message] = await bodyOf(await citizen("GET", INBOX), 200);
    assert.deepEqual(
      [message.subject, message.message, message.text, message.html],
      ["A < B &amp; C", html, text, undefined],
    );
    assert.match(message.createdAtIso, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(message.createdAtIso.slice(0, 19).replace("T", " "), message.createdAt);
    await using events = readEvents(
      await citizen("GET", STREAM, undefined, { "last-event-id": "0" }),
    );
    const pushed = (await events.upTo("message")).at(-1)?.data;
    assert.deepEqual(pushed, message);
    const key = await hark.newKey();
    const stored = await bodyOf(
      await callAt(hark, createClock(), key, "GET", `/v2/notifications/${message.id}`),
      200,
    );
    assert.equal(stored.body, html);
  });

  Deno.test(`INBOX_MESSAGE=text: message is the text, and html the HTML that <hark-inbox> shows, of a template ${kind}`, async () => {
    await using hark = await startWith(content, { INBOX_MESSAGE: "text" });
    const citizen = hark.citizen("lev");
    const list = await bodyOf(await citizen("GET", INBOX), 200);
    const [message] = list;
    assert.deepEqual([message.message, message.text, message.html], [text, text, html]);
    await using events = readEvents(
      await citizen("GET", STREAM, undefined, { "last-event-id": "0" }),
    );
    assert.deepEqual((await events.upTo("message")).at(-1)?.data, message);
    assert.equal(toMessages(list)[0]?.message, html);
  });
}

Deno.test("GET /api/notifications/inbox: gives a message that an earlier version stored its lines", async () => {
  await using hark = await startRegistry();
  await storeMessage(hark, "lev", { subject: "A letter", body: "Dear &lt;Ann&gt;,\n\nBye" });
  const [message] = await bodyOf(await hark.citizen("lev")("GET", INBOX), 200);
  assert.equal(message.message, "Dear &lt;Ann&gt;,<br><br>Bye");
  assert.equal(message.text, "Dear <Ann>,\n\nBye");
});
