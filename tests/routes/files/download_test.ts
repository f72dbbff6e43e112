import assert from "node:assert/strict";
import {
  assertStored,
  fileOf,
  linkIn,
  openFilesFixture,
  pageOf,
  postFiles,
  press,
  sendFile,
} from "./support.ts";
import { bodyOf } from "../support.ts";

const ANN = "ann@example.com";

Deno.test("POST /v2/notifications/email: sends a link to a file, which its recipient fetches", async () => {
  await using fixture = await openFilesFixture();
  const { hark } = fixture;
  const path = await sendFile(fixture, fileOf("a,b\n1,2\n", { filename: "rows 2026.csv" }));
  await hark.settle();
  const [sent] = await hark.sent();
  assert.ok(sent?.text.includes(`http://hark.test${path}`));
  assert.ok(sent?.html?.includes(`href="http://hark.test${path}"`));

  const page = await pageOf(await hark.request(path), 200);
  for (const text of ["Land Registry", "CSV file", "8 bytes", "email_address"]) {
    assert.ok(page.includes(text), text);
  }
  // A file name can be as private as the file: only the recipient may read it.
  assert.ok(!page.includes("rows 2026"));
  // Half a year from 14 May 2031, 12:00 UTC.
  assert.ok(page.includes("12 November 2031 at 12:00 UTC"), page);

  const response = await press(fixture, path, ` ${ANN.toUpperCase()} `);
  assert.equal(response.status, 200);
  assert.equal(await response.text(), "a,b\n1,2\n");
  const headers = {
    "content-type": "text/csv",
    "content-length": "8",
    "content-disposition": 'attachment; filename="rows 2026.csv"',
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow, noarchive",
    "content-security-policy": "default-src 'none'; sandbox",
  };
  for (const [name, value] of Object.entries(headers)) {
    assert.equal(response.headers.get(name), value, name);
  }
});

Deno.test("POST /v2/notifications/email: accepts several files, each with a link of its own", async () => {
  await using fixture = await openFilesFixture();
  const template_id = await fixture.hark.newTemplate(fixture.service.id, {
    channel: "email",
    name: "Two",
    subject: "Two",
    body: "((one))\n((two))\n((one))",
  });
  const files = { one: fileOf("first"), two: fileOf("second", { filename: "b.json" }) };
  const body = await bodyOf(await postFiles(fixture, files, { template_id }), 201);
  const [one = "", two = "", again] = body.content.body.split("\n");
  assert.equal(one, again);
  assert.notEqual(one, two);
  assert.equal(await (await press(fixture, linkIn(one), ANN)).text(), "first");
  assert.equal(await (await press(fixture, linkIn(two), ANN)).text(), "second");
  await assertStored(fixture, 2);
});
