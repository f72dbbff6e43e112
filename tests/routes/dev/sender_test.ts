import assert from "node:assert/strict";
import { createClock } from "../../../adapters/clock.ts";
import { createDev } from "../../../routes/dev/app.tsx";
import { serveInProcess } from "../../support/http.ts";
import { bodyOf, callAt } from "../support.ts";
import { publish } from "../registry/diia_support.ts";
import { RNOKPP, startRegistry } from "../registry/support.ts";
import { test } from "../../support/runner.ts";

test.inside("GET /dev/mailbox: shows the sender that the API names, on every channel", async () => {
  await using hark = await startRegistry();
  await bodyOf(await publish(hark), 201);
  const { registryServiceId: serviceId } = hark;
  const sms = await hark.newTemplate(serviceId);
  const email = await hark.newTemplate(serviceId, {
    channel: "email",
    name: "Letter",
    subject: "Hello ((name))",
    body: "Dear ((name))",
  });
  const [key, clock] = [await hark.newKey(), createClock()];
  const call = (method: string, path: string, body?: unknown) =>
    callAt(hark, clock, key, method, `/v2/${path}`, body);
  const { templates } = await bodyOf(await call("GET", "templates"), 200);
  const diia = templates.find(({ type }: { type: string }) => type === "diia").id;
  const personalisation = { name: "Ann", count: 2 };
  const send = async (channel: string, fields: Readonly<Record<string, unknown>>) => {
    const body = { personalisation, ...fields };
    const { content } = await bodyOf(await call("POST", `notifications/${channel}`, body), 201);
    await hark.settle();
    const entry = (await hark.sent()).find((each) => each.channel === channel);
    return { content, from: entry?.from };
  };
  const text = await send("sms", { phone_number: "07700900123", template_id: sms });
  assert.equal(text.from, text.content.from_number);
  const letter = await send("email", { email_address: "ann@example.com", template_id: email });
  assert.ok(letter.from?.endsWith(` <${letter.content.from_email}>`), "e-mail");
  const push = await send("diia", { rnokpp: RNOKPP, template_id: diia });
  assert.equal(push.from, push.content.from_name);
  assert.equal(push.from, "Registry");
  const page = await (await serveInProcess(
    createDev({ mailbox: hark.mailbox, clock: createClock() }),
    "http://localhost",
  )
    .fetch("/dev/mailbox")).text();
  for (const from of [text.content.from_number, letter.content.from_email, "Registry"]) {
    assert.ok(page.includes(from), from);
  }
  assert.ok(!page.includes("<em>none</em>"));
});
