/** Files by the official Node client's own `prepareUpload`, with a served process that has a folder for them. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { NotifyClient } from "npm:notifications-node-client@8.4.0";
import { PUBLIC_URL } from "../support/process.ts";
import { serveHark } from "../support/served_hark.ts";
import { newService, newTemplate, reachAt } from "./services.ts";

const PDF = Buffer.from("%PDF-1.7\nhello\n");

Deno.test("notifications-node-client 8.4.0: sends files that their links download", async () => {
  await using hark = await serveHark({ FILES_DIR: "files" });
  const reach = reachAt(() => hark.url);
  const service = await newService(reach);
  const client = new NotifyClient(hark.url, service.keys.live);
  const template = await newTemplate(reach, service.id, {
    channel: "email",
    name: "Files",
    subject: "Files",
    body: "((first))\n((second))",
  });
  const { status, data } = await client.sendEmail(template, "ann@example.com", {
    personalisation: {
      first: client.prepareUpload(PDF),
      second: client.prepareUpload(PDF, {
        filename: "decision.pdf",
        confirmEmailBeforeDownload: false,
        retentionPeriod: "4 weeks",
      }),
    },
  });
  assert.equal(status, 201);
  const [first = "", second = ""] = data.content.body.split("\n");
  const press = (link: string, email_address = "") =>
    fetch(link.replace(PUBLIC_URL, hark.url), {
      method: "POST",
      body: new URLSearchParams({ email_address }),
    });
  assert.ok(first.startsWith(`${PUBLIC_URL}/d/`), first);
  const unconfirmed = await press(first);
  assert.equal(unconfirmed.status, 400);
  await unconfirmed.body?.cancel();
  for (const download of [await press(first, "ann@example.com"), await press(second)]) {
    assert.equal(download.headers.get("content-type"), "application/pdf");
    assert.deepEqual(Buffer.from(await download.arrayBuffer()), PDF);
  }
});
