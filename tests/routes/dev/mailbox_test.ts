import assert from "node:assert/strict";
import { createClock } from "../../../adapters/clock.ts";
import { createMailbox } from "../../../adapters/providers/sandbox/mailbox.ts";
import type { MailboxEntry } from "../../../domain/ports/mailbox.ts";
import { createDev } from "../../../routes/dev/app.tsx";
import { serveInProcess } from "../../support/http.ts";
import { emailEntry, HOSTILE, hostileEntries, smsEntry } from "./entries.ts";
import { test } from "../../support/runner.ts";

const ORIGIN = "http://localhost";

function devWith(...entries: readonly MailboxEntry[]) {
  const mailbox = createMailbox();
  for (const entry of entries) mailbox.add(entry);
  return { mailbox, app: serveInProcess(createDev({ mailbox, clock: createClock() }), ORIGIN) };
}

async function pageOf(...entries: readonly MailboxEntry[]): Promise<string> {
  return await (await devWith(...entries).app.fetch("/dev/mailbox")).text();
}

test.inside("GET /dev/mailbox.json: returns every field of every message, newest first", async () => {
  const { app } = devWith(smsEntry(), emailEntry());
  const answer = await app.fetch("/dev/mailbox.json");
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("Content-Type") ?? "", /^application\/json/);
  assert.deepEqual(await answer.json(), [emailEntry(), smsEntry()]);
});

test.inside("GET /dev/mailbox.json: answers 304 until the mailbox changes", async () => {
  const { app, mailbox } = devWith(smsEntry());
  const tag = (await app.fetch("/dev/mailbox.json")).headers.get("ETag") ?? "";
  assert.match(tag, /^"[^"]+"$/);
  const ask = () => app.fetch("/dev/mailbox.json", { headers: { "If-None-Match": tag } });
  const unchanged = await ask();
  assert.equal(unchanged.status, 304);
  assert.equal(unchanged.headers.get("Cache-Control"), "private, no-cache");
  mailbox.add(emailEntry());
  const changed = await ask();
  assert.equal(changed.status, 200);
  assert.notEqual(changed.headers.get("ETag"), tag);
  assert.equal((await changed.json()).length, 2);
});

test.inside("GET /dev/mailbox.json: lets no other origin read it", async () => {
  const { app } = devWith(smsEntry());
  const answer = await app.fetch("/dev/mailbox.json", {
    headers: { Origin: "https://a.test" },
  });
  assert.equal(answer.headers.get("Access-Control-Allow-Origin"), null);
  assert.equal(answer.headers.get("Cross-Origin-Resource-Policy"), "same-origin");
});

test.inside("GET /dev/mailbox: shows the newest message first", async () => {
  const page = await pageOf(smsEntry(), emailEntry());
  assert.ok(page.startsWith('<!DOCTYPE html><html lang="en">'));
  const email = page.indexOf("message-email-1");
  assert.ok(email > 0 && email < page.indexOf("message-sms-1"));
});

test.inside("GET /dev/mailbox: shows the first steps only while it is empty", async () => {
  assert.match(await pageOf(), /<section id="empty" aria-labelledby/);
  assert.match(await pageOf(), /http:\/\/localhost\/v2\/notifications\/sms/);
  assert.match(await pageOf(smsEntry()), /<section id="empty" hidden=""/);
  const firstSteps = (root: string) => `curl <${root}>`;
  const dev = createDev({ mailbox: createMailbox(), firstSteps, clock: createClock() });
  const app = serveInProcess(dev, ORIGIN);
  assert.match(
    await (await app.fetch("/dev/mailbox")).text(),
    /curl &lt;http:\/\/localhost\/&gt;/,
  );
});

test.inside("GET /dev/mailbox: shows the fragments of a text message and where they begin", async () => {
  const page = await pageOf(smsEntry({ text: `${"a".repeat(153)}b€` }));
  for (
    const part of [
      "155 characters",
      "1 fragment<",
      "GSM-7",
      "156 of 160 septets",
      "1 character of the GSM-7 extension",
    ]
  ) assert.ok(page.includes(part), part);
  const long = await pageOf(smsEntry({ text: `${"a".repeat(153)}${"b".repeat(47)}` }));
  assert.match(long, /<span class="fragment">a{153}<\/span><span class="fragment">b{47}<\/span>/);
  assert.ok(long.includes("153 of 153 septets") && long.includes("47 of 153 septets"));
  const unicode = await pageOf(smsEntry({ text: "Ŵythnos 🎉" }));
  assert.match(unicode, /UCS-2.*<code>Ŵ<\/code><code>🎉<\/code>/);
});

test.inside("GET /dev/mailbox: links web addresses only", async () => {
  const page = await pageOf(smsEntry({
    text: "See https://hark.test/a?b=1&c=2. (http://hark.test/d) javascript:alert(1)",
  }));
  const links = [...page.matchAll(/<a href="([^"]+)" target="_blank" rel="noopener noreferrer">/g)];
  assert.deepEqual(links.map(([, href]) => href), [
    "https://hark.test/a?b=1&amp;c=2",
    "http://hark.test/d",
  ]);
});

test.inside("GET /dev/mailbox: keeps a link whole that spans two fragments", async () => {
  const text = `${"a".repeat(145)} https://hark.test/${"b".repeat(20)}`;
  const page = await pageOf(smsEntry({ text }));
  const links = page.match(/<a href="https:\/\/hark\.test\/b{20}"/g);
  assert.equal(links?.length, 2);
});

test.inside("GET /dev/mailbox: shows an e-mail in a sandbox and its text and headers beside it", async () => {
  const page = await pageOf(emailEntry());
  const frame = page.match(/<iframe [^>]*>/)?.[0] ?? "";
  assert.match(frame, /src="\/dev\/mailbox\/email-1\/html"/);
  assert.match(frame, /sandbox=""/);
  for (
    const part of [
      "Your passport",
      "ann@example.test",
      "&quot;Passport Office&quot; &lt;passports@hark.test&gt;",
      "It is ready.",
      "<dt>Reply-To</dt><dd>help@hark.test</dd>",
      '<time datetime="2026-11-22T07:30:00.000Z">2026-11-22 07:30:00 UTC</time>',
      "0199e7a4-5b6c-7d8e-9f01-23456789abcd",
    ]
  ) assert.ok(page.includes(part), part);
  assert.doesNotMatch(await pageOf(emailEntry({ html: null })), /<iframe/);
});

test.inside("GET /dev/mailbox: escapes all parts of a message", async () => {
  const page = await pageOf(...hostileEntries());
  assert.ok(!page.includes(HOSTILE));
  assert.doesNotMatch(page, /<img|<script>|href="javascript:/i);
  assert.equal(page.match(/<script/g)?.length, 1);
  assert.equal(page.match(/<\/title>/g)?.length, 1);
});

test.inside("GET /dev/mailbox: allows scripts and styles only by a nonce that is new in each response", async () => {
  const { app } = devWith(emailEntry());
  const nonces = new Set<string>();
  for (const _ of [1, 2]) {
    const answer = await app.fetch("/dev/mailbox");
    const policy = answer.headers.get("Content-Security-Policy") ?? "";
    const nonce = policy.match(/script-src 'nonce-([^']+)';/)?.[1] ?? "";
    nonces.add(nonce);
    assert.equal(
      policy,
      `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; ` +
        "img-src data:; connect-src 'self'; frame-src 'self'; base-uri 'none'; " +
        "form-action 'none'; frame-ancestors 'none'",
    );
    const page = await answer.text();
    assert.ok(page.includes(`<script src="/dev/mailbox.js" nonce="${nonce}" defer`));
    assert.doesNotMatch(page, / on\w+=| style=|<style| src="(?!\/dev\/)/);
  }
  assert.equal(nonces.size, 2);
});

test.inside("GET /dev/mailbox/:id/html: serves an e-mail that can neither run scripts nor send requests", async () => {
  const { app } = devWith(emailEntry());
  const answer = await app.fetch("/dev/mailbox/email-1/html");
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("Content-Type") ?? "", /^text\/html; charset=utf-8$/i);
  assert.equal(
    answer.headers.get("Content-Security-Policy"),
    "sandbox; default-src 'none'; img-src https: data:; style-src 'unsafe-inline'",
  );
  assert.equal(answer.headers.get("X-Content-Type-Options"), "nosniff");
  assert.equal(answer.headers.get("Referrer-Policy"), "no-referrer");
  assert.equal(answer.headers.get("Cross-Origin-Opener-Policy"), null);
  assert.equal(await answer.text(), emailEntry().html);
});

test.inside("GET /dev/mailbox/:id/html: finds an e-mail by any id, escaped in the address", async () => {
  const { app } = devWith(...hostileEntries());
  const page = await (await app.fetch("/dev/mailbox")).text();
  const path = page.match(/<iframe src="([^"]+)"/)?.[1]?.replaceAll("&#39;", "'") ?? "";
  assert.match(await (await app.fetch(path)).text(), /<h1>Hostile<\/h1>/);
});

test.inside("GET /dev/*: 404 for unknown addresses", async () => {
  const { app } = devWith(smsEntry(), emailEntry());
  for (
    const path of [
      "/dev/mailbox/nothing/html",
      "/dev/mailbox/sms-1/html",
      "/dev/mailbox/email-1",
      "/dev/mailbox/email-1/text",
      "/dev/nothing",
    ]
  ) assert.equal((await app.fetch(path)).status, 404, path);
});

test.inside("GET /dev/mailbox.js, .css: have a content type and an ETag", async () => {
  const { app } = devWith();
  const cases = [["js", "text/javascript"], ["css", "text/css"]] as const;
  for (const [extension, type] of cases) {
    const path = `/dev/mailbox.${extension}`;
    const answer = await app.fetch(path);
    assert.equal(answer.headers.get("Content-Type"), `${type}; charset=utf-8`);
    const again = await app.fetch(path, {
      headers: { "If-None-Match": answer.headers.get("ETag") ?? "" },
    });
    assert.equal(again.status, 304);
  }
});
