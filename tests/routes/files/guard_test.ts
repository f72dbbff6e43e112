import assert from "node:assert/strict";
import { ConfigError } from "../../../runtime/config.ts";
import { ADDRESS_ATTEMPTS } from "../../../domain/files/attempts.ts";
import { RECORD_RETENTION_MS } from "../../../domain/files/document.ts";
import { startTestApplication } from "../../support/application.ts";
import { DAY } from "../support.ts";
import { fileOf, filesOnDisk, openFilesFixture, pageOf, press, sendFile } from "./support.ts";
import { test } from "../../support/runner.ts";

const ANN = "ann@example.com";
const BOB = "bob@example.com";
const OPEN = { confirm_email_before_download: false };
const NOT_FOUND = "The requested document could not be found";
const GONE = "The document is no longer available";
const BLOCKED = "Access to the document has been blocked";

/** A page without the parts that differ in every response. */
const plain = (page: string) => page.replace(/nonce="[^"]*"/g, "");

Deno.test("/d/…: every invalid link gets the same answer", async () => {
  await using fixture = await openFilesFixture();
  const { hark } = fixture;
  const path = await sendFile(fixture, fileOf("x", OPEN));
  const other = await sendFile(fixture, fileOf("y", OPEN));
  const [, , service = "", document = "", key = ""] = /^(\/d)\/(.*)\/(.*)\?key=(.*)$/.exec(path) ??
    [];
  const [, otherDocument = "", otherKey = ""] = /\/([^/]*)\?key=(.*)$/.exec(other) ?? [];
  const unknown = crypto.getRandomValues(new Uint8Array(16))
    .toBase64({ alphabet: "base64url", omitPadding: true });
  const wrong = [
    `/d/${service}/${document}`,
    `/d/${service}/${document}?key=`,
    `/d/${service}/${document}?key=${otherKey}`,
    `/d/${service}/${document}?key=${"A".repeat(43)}`,
    `/d/${service}/${document}?key=${key}A`,
    `/d/${service}/${document}?key=${key.slice(0, -1)}`,
    `/d/${service}/${document}?KEY=${key}`,
    `/d/${service}/${otherDocument}?key=${key}`,
    `/d/${unknown}/${document}?key=${key}`,
    `/d/${service}/${unknown}?key=${key}`,
    `/d/${document}/${service}?key=${key}`,
    `/d/${service}/x?key=${key}`,
    `/d/${service}/${document}%00?key=${key}`,
    `/d/${service}/%2e%2e%2f?key=${key}`,
  ];
  const [first = ""] = wrong;
  const expected = plain(await pageOf(await hark.request(first), 404));
  assert.ok(expected.includes(NOT_FOUND));
  assert.ok(!expected.includes("Land Registry"));
  for (const address of wrong) {
    for (const answer of [await hark.request(address), await press(fixture, address, ANN)]) {
      assert.equal(plain(await pageOf(answer, 404, address)), expected, address);
      assert.equal(answer.headers.get("cache-control"), "no-store");
      assert.equal(answer.headers.get("referrer-policy"), "no-referrer");
    }
  }
  assert.equal(await (await press(fixture, path)).text(), "x");
});

Deno.test("GET and HEAD /d/…: return no file, because programs follow links", async () => {
  await using fixture = await openFilesFixture();
  const path = await sendFile(fixture, fileOf("the content", OPEN));
  for (let look = 0; look < 60; look++) {
    const page = await fixture.hark.request(path);
    assert.equal(page.headers.get("content-disposition"), null);
    assert.ok(!(await pageOf(page, 200)).includes("the content"));
  }
  const head = await fixture.hark.request(path, { method: "HEAD" });
  assert.deepEqual([head.status, await head.text()], [200, ""]);
  const put = await fixture.hark.request(path, { method: "PUT" });
  assert.equal(put.status, 405);
  await put.body?.cancel();
  assert.equal(await (await press(fixture, path)).text(), "the content");
});

Deno.test("GET /d/…: serves a page with a strict policy that loads nothing from other origins", async () => {
  await using fixture = await openFilesFixture();
  const path = await sendFile(fixture, fileOf("x"));
  const answer = await fixture.hark.request(path);
  const page = await pageOf(answer, 200);
  const policy = answer.headers.get("content-security-policy") ?? "";
  for (const part of ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"]) {
    assert.ok(policy.includes(part), policy);
  }
  const nonce = /style-src 'nonce-([^']+)'/.exec(policy)?.[1];
  assert.ok(nonce !== undefined && page.includes(`<style nonce="${nonce}">`));
  assert.ok(!/<script|https?:\/\/|src=/.test(page), page);
  assert.equal(answer.headers.get("x-robots-tag"), "noindex, nofollow, noarchive");
});

Deno.test("POST /d/…: shows the form again for an invalid address or another recipient's", async () => {
  await using fixture = await openFilesFixture();
  const path = await sendFile(fixture, fileOf("x"), { email_address: "Ann.Lee@Example.com" });
  const typed = '"><script>alert(1)</script>';
  for (
    const [address, status, text] of [
      [undefined, 400, "Enter an email address in the correct format"],
      ["", 400, "Enter an email address in the correct format"],
      [typed, 400, "Enter an email address in the correct format"],
      [BOB, 403, "This is not the email address the file was sent to"],
      ["ann.lee@example.com.evil.com", 403, "This is not the email address the file was sent to"],
    ] as const
  ) {
    const page = await pageOf(await press(fixture, path, address), status, address);
    assert.ok(page.includes(text), page);
    assert.ok(page.includes('aria-invalid="true"') && page.includes("Error: "));
    assert.ok(!page.includes("<script"));
  }
  for (const address of ["ann.lee@example.com", " ANN.LEE@EXAMPLE.COM\u200b"]) {
    assert.equal(await (await press(fixture, path, address)).text(), "x");
  }
  const tooMuch = await pageOf(await press(fixture, path, "a".repeat(9_000)), 413);
  assert.ok(tooMuch.includes("too much"));
});

Deno.test("POST /d/…: allows 50 attempts per document in 5 minutes", async () => {
  await using fixture = await openFilesFixture();
  const { clock } = fixture;
  const [path, other] = [
    await sendFile(fixture, fileOf("x")),
    await sendFile(fixture, fileOf("y")),
  ];
  // An invalid address does not count as an attempt.
  await pageOf(await press(fixture, path, "not-an-address"), 400);
  for (let attempt = 0; attempt < ADDRESS_ATTEMPTS.limit; attempt++) {
    await pageOf(await press(fixture, path, BOB), 403);
    clock.advance(1_000);
  }
  const refused = await press(fixture, path, ANN);
  assert.equal(refused.headers.get("retry-after"), "250");
  assert.ok((await pageOf(refused, 429)).includes("Too many attempts"));
  assert.equal(await (await press(fixture, other, ANN)).text(), "y");
  clock.advance(249_999);
  await pageOf(await press(fixture, path, ANN), 429);
  clock.advance(1);
  assert.equal(await (await press(fixture, path, ANN)).text(), "x");
});

Deno.test("/d/…: 403 while the service is archived, with a valid key only", async () => {
  await using fixture = await openFilesFixture();
  const { hark, service } = fixture;
  const path = await sendFile(fixture, fileOf("x", OPEN));
  const change = (active: boolean) =>
    hark.manage("PATCH", `/manage/services/${service.id}`, { active });
  await change(false);
  for (const answer of [await hark.request(path), await press(fixture, path)]) {
    assert.ok((await pageOf(answer, 403)).includes(BLOCKED));
  }
  const wrong = path.replace(/key=.*/, `key=${"A".repeat(43)}`);
  assert.ok((await pageOf(await hark.request(wrong), 404)).includes(NOT_FOUND));
  await change(true);
  assert.equal(await (await press(fixture, path)).text(), "x");
});

test.inside("/d/…: serves a file for its weeks, then 410, then 404", async () => {
  await using fixture = await openFilesFixture();
  const { hark, clock } = fixture;
  const path = await sendFile(fixture, fileOf("x", { ...OPEN, retention_period: "2 weeks" }));
  const half = await sendFile(fixture, fileOf("y", OPEN));
  const purge = () => hark.backgroundWork.purge(new AbortController().signal);
  await hark.settle();
  clock.advance(14 * DAY - 1);
  await purge();
  assert.equal(await (await press(fixture, path)).text(), "x");
  clock.advance(1);
  for (const purged of [false, true]) {
    if (purged) await purge();
    for (const answer of [await hark.request(path), await press(fixture, path)]) {
      assert.ok((await pageOf(answer, 410)).includes(GONE));
    }
  }
  // The record of a file outlives it.
  assert.equal((await filesOnDisk(fixture)).length, 1);
  assert.equal(await (await press(fixture, half)).text(), "y");
  clock.advance(RECORD_RETENTION_MS);
  await purge();
  assert.ok((await pageOf(await hark.request(path), 404)).includes(NOT_FOUND));
  assert.ok((await pageOf(await hark.request(half), 410)).includes(GONE));
  assert.deepEqual(await filesOnDisk(fixture), []);
});

test.inside("POST /d/…: 410 when only the stored file is missing", async () => {
  await using fixture = await openFilesFixture();
  const path = await sendFile(fixture, fileOf("x", OPEN));
  const [file = ""] = await filesOnDisk(fixture);
  await Deno.remove(fixture.folder + file);
  assert.ok((await pageOf(await press(fixture, path), 410)).includes(GONE));
});

const NAMES: readonly (readonly [string, string])[] = [
  ["a\r\nSet-Cookie: x=1.txt", 'attachment; filename="a__Set-Cookie_ x_1.txt"'],
  ["../../x.txt", 'attachment; filename="x.txt"'],
  ['";x=".txt', 'attachment; filename="__x__.txt"'],
  ["звіт.txt", 'attachment; filename="____.txt"'],
  ["<img src=x onerror=alert(1)>.txt", 'attachment; filename="_img src_x onerror_alert(1)_.txt"'],
  ["\ud800\u0000\u202e.txt", 'attachment; filename="___.txt"'],
];
for (const [filename, expected] of NAMES) {
  Deno.test(`/d/…: gives the file named ${JSON.stringify(filename)} a harmless name`, async () => {
    await using fixture = await openFilesFixture();
    const path = await sendFile(fixture, fileOf("x", { ...OPEN, filename }));
    const page = await pageOf(await fixture.hark.request(path), 200);
    assert.ok(["<img", "\u0000", "\u202e"].every((part) => !page.includes(part)));
    const response = await press(fixture, path);
    assert.equal(
      response.headers.get("content-disposition")?.replace(/; filename\*.*/, ""),
      expected,
    );
    assert.equal(response.headers.get("set-cookie"), null);
    assert.equal(await response.text(), "x");
  });
}

Deno.test("/d/…: writes no key, name or address to the log", async () => {
  await using fixture = await openFilesFixture();
  const path = await sendFile(fixture, fileOf("x", { filename: "secret.txt" }));
  await pageOf(await fixture.hark.request(path), 200);
  await pageOf(await press(fixture, path, BOB), 403);
  await (await press(fixture, path, ANN)).text();
  const log = JSON.stringify(await fixture.hark.log());
  assert.ok(log.includes("/d/:service/:document"));
  for (const secret of [...path.split(/[/?=]/).slice(2), "secret", BOB, ANN]) {
    if (secret !== "key") assert.ok(!log.includes(secret), secret);
  }
});

test.inside("start: fails and names FILES_DIR when it is not writable", async () => {
  const file = await Deno.makeTempFile();
  try {
    await assert.rejects(
      startTestApplication({ environment: { FILES_DIR: `${file}/below` } }),
      (error) =>
        error instanceof ConfigError && /^FILES_DIR cannot be written to/.test(error.message),
    );
  } finally {
    await Deno.remove(file);
  }
});
