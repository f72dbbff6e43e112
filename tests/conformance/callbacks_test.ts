/** Callbacks of a real process: configured, stopped in the middle, and started again. */

import assert from "node:assert/strict";
import {
  makeFolder,
  migrateFolder,
  SANDBOX_ENVIRONMENT,
  serve,
  waitFor,
} from "../support/process.ts";
import { startCallbackReceiver } from "../support/stand_ins/callback_receiver.ts";
import { callAs, manage, newService, newTemplate, reachAt } from "./services.ts";

const TOKEN = "a-token-of-the-consumer";

Deno.test("start: sends callbacks to a host of CALLBACK_ALLOW; a stop in the middle loses none and repeats none", async () => {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  await using receiver = await startCallbackReceiver();
  let answered = 0;
  receiver.answer = () => (response) =>
    void setTimeout(() => {
      response.writeHead(204).end();
      answered++;
    }, 20);
  const environment = { ...SANDBOX_ENVIRONMENT, CALLBACK_ALLOW: new URL(receiver.url).host };
  let process = await serve("start", { folder, environment });
  const reach = reachAt(() => process.url);
  const service = await newService(reach);
  const template = await newTemplate(reach, service.id, {
    channel: "sms",
    name: "Text",
    body: "Hi",
  });
  const path = `/manage/services/${service.id}/callbacks/delivery`;
  for (const url of ["http://127.0.0.1:1/", "http://169.254.169.254/", "https://localhost/"]) {
    assert.equal((await manage(reach, "PUT", path, { url, bearer_token: TOKEN })).status, 400, url);
  }
  const set = await manage(reach, "PUT", path, { url: receiver.url, bearer_token: TOKEN });
  assert.equal(set.status, 200);

  const count = 120;
  const ids = await Promise.all(Array.from({ length: count }, async () => {
    const body = {
      phone_number: "07900900123",
      template_id: template,
      personalisation: { name: "A" },
    };
    const sent = await callAs(reach, service.keys.live, "POST", "/v2/notifications/sms", body);
    assert.equal(sent.status, 201);
    return sent.body.id;
  }));
  await waitFor("the first callbacks", () => receiver.calls.length >= count / 4);
  const { code } = await process.kill("SIGTERM");
  assert.equal(code, 0);
  const before = receiver.calls.length;
  assert.ok(before < count, "the process was stopped too late");
  process = await serve("start", { folder, environment });
  await using _running = process;
  await waitFor("all callbacks", () => receiver.calls.length >= count);
  await waitFor("their answers", () => answered === receiver.calls.length);
  assert.deepEqual(receiver.calls.map(({ body }) => body.id).toSorted(), ids.toSorted());
  assert.ok(receiver.calls.every(({ body }) => body.status === "delivered"));
});
