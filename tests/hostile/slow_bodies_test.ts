/** Slow bodies of one key leave the other keys of its service served, over a real process. */
import assert from "node:assert/strict";
import { MAX_REQUESTS_AT_ONCE } from "../../application/sending/service_slots.ts";
import { callAs, newService, newTemplate, reachAt } from "../conformance/services.ts";
import { issueRequestToken } from "../support/application.ts";
import {
  makeFolder,
  migrateFolder,
  pause,
  SANDBOX_ENVIRONMENT,
  serve,
} from "../support/process.ts";
import { createCrowd } from "./clients.ts";

const MAX_ANSWER_MS = 5_000;

Deno.test("start: serves a service's live key beside as many slow bodies of its test key as a service may send", async () => {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  await using hark = await serve("start", { folder, environment: SANDBOX_ENVIRONMENT });
  const reach = reachAt(() => hark.url);
  const service = await newService(reach, { name: "Slow bodies" });
  const template = await newTemplate(reach, service.id, { channel: "sms", name: "a", body: "Hi" });
  const send = (key: string) =>
    callAs(reach, key, "POST", "/v2/notifications/sms", {
      phone_number: "07700900123",
      template_id: template,
    });
  await using crowd = createCrowd(hark.url);
  const token = await issueRequestToken(service.keys.test);
  await crowd.add(
    MAX_REQUESTS_AT_ONCE,
    "POST /v2/notifications/sms HTTP/1.1\r\nHost: localhost\r\n" +
      `Authorization: Bearer ${token}\r\nContent-Length: 100000\r\n\r\n{`,
  );
  await pause(300);
  let isAnswered = false;
  const ofTest = send(service.keys.test).finally(() => isAnswered = true);
  const startedAt = performance.now();
  assert.equal((await send(service.keys.live)).status, 201);
  assert(performance.now() - startedAt < MAX_ANSWER_MS);
  assert(!isAnswered, "the test key has its share");
  await crowd[Symbol.asyncDispose]();
  assert.equal((await ofTest).status, 201);
});
