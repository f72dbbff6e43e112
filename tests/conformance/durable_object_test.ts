/** The Worker with its database in a Durable Object of its own, in a real workerd. */
import assert from "node:assert/strict";
import { startWorker, WORKER_TEST } from "../support/workerd.ts";
import { SANDBOX_ENVIRONMENT } from "../support/process.ts";
import { bundleOnce } from "./hark_worker.ts";
import { callAs, newService, newTemplate, waitForStatus } from "./services.ts";

const SMS = { channel: "sms", name: "Text", body: "Hello ((name))" };

Deno.test("the Worker: keeps its database in a Durable Object", WORKER_TEST, async () => {
  await using worker = await startWorker({
    script: await bundleOnce(),
    bindings: { ...SANDBOX_ENVIRONMENT, DATABASE_URL: "durable-object:" },
    sqliteObjects: { DATABASE: "DatabaseObject" },
  });
  const reach = worker.fetch;
  const { id, keys } = await newService(reach);
  const template_id = await newTemplate(reach, id, SMS);
  const request = { template_id, phone_number: "07900900123", personalisation: { name: "Ann" } };
  const sent = await callAs(reach, keys.live, "POST", "/v2/notifications/sms", request);
  assert.equal(sent.status, 201);
  await waitForStatus(reach, keys.live, sent.body.id, "delivered");
});
