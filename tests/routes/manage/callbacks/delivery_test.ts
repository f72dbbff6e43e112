import assert from "node:assert/strict";
import { isSignedBy } from "../../../support/stand_ins/callback_receiver.ts";
import { NUMBER, receiveText, TWILIO_INBOUND } from "../../inbound/support.ts";
import { bodyOf, clockFromNow, HOUR } from "../../support.ts";
import { BEARER_TOKEN, startStage } from "./support.ts";

Deno.test("callbacks/delivery: announces a delivered text in GOV.UK Notify's shape, signed", async () => {
  await using stage = await startStage();
  const secret = await stage.set();
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  const id = await stage.text({ reference: "case 7" });
  await stage.run();
  const { receiver, service } = stage;
  const sent = await bodyOf(
    await stage.as("GET", `/v2/notifications/${id}`),
    200,
  );
  const [call, ...rest] = receiver.calls;
  assert.deepEqual(rest, []);
  assert.deepEqual(call?.body, {
    id,
    reference: "case 7",
    to: sent.phone_number,
    status: "delivered",
    created_at: sent.created_at,
    completed_at: sent.completed_at,
    sent_at: sent.sent_at,
    notification_type: "sms",
    template_id: service.sms,
    template_version: 1,
  });
  assert.equal(call?.headers.get("authorization"), `Bearer ${BEARER_TOKEN}`);
  assert.equal(call?.headers.get("hark-sequence"), "1");
  assert.equal(call?.id, `evt_${id.replaceAll("-", "")}_1`);
  assert.ok(call !== undefined && isSignedBy(secret, call));
  const { events } = await bodyOf(
    await stage.as("GET", "/v2/events?after=0"),
    200,
  );
  assert.deepEqual(events.map(({ id, data }: Record<string, unknown>) => ({ id, data })), [
    { id: call.id, data: call.body },
  ]);
  await stage.run();
  assert.equal(receiver.calls.length, 1);
});

Deno.test("callbacks/delivery: announces the four statuses, those of test keys too, and no other", async () => {
  await using stage = await startStage();
  await stage.set();
  const { receiver, service, text } = stage;
  const simulated = {
    "07700900003": "temporary-failure",
    "07700900002": "permanent-failure",
    "07700900004": "delivered",
  };
  for (const phone_number of Object.keys(simulated)) {
    await text({ phone_number }, service.keys.test);
  }
  const later = new Date(stage.clock.now() + HOUR).toISOString();
  const cancelled = await text({ scheduled_for: later });
  await bodyOf(await stage.as("POST", `/v2/notifications/${cancelled}/cancel`), 200);
  await stage.run();
  assert.deepEqual(
    receiver.calls.map(({ body }) => body.status).sort(),
    Object.values(simulated).sort(),
  );
  const { position } = await bodyOf(await stage.callbacks("GET", "delivery"), 200);
  assert.equal(position, 4);
});

Deno.test("callbacks/delivery: sends nothing from before it was set, and nothing without a callback", async () => {
  await using stage = await startStage();
  await stage.text();
  await stage.run();
  await stage.set();
  await stage.run();
  assert.equal(stage.receiver.calls.length, 0);
  await stage.text();
  await stage.run();
  assert.deepEqual(stage.receiver.calls.map(({ sequence }) => sequence), [2]);
});

Deno.test("callbacks/delivery: a correction announces the new status with the same id, after the first", async () => {
  await using stage = await startStage();
  await stage.set();
  const id = await stage.text();
  // As a correction changes it: the log hangs on the row.
  await stage.hark.db.write([
    { sql: "UPDATE notifications SET status = 'permanent-failure'", args: [] },
  ]);
  await stage.run();
  assert.deepEqual(
    stage.receiver.calls.map(({ body, sequence }) => [body.id, body.status, sequence]),
    [[id, "delivered", 1], [id, "permanent-failure", 2]],
  );
});

Deno.test("callbacks/complaint: announces a complaint in GOV.UK Notify's shape", async () => {
  await using stage = await startStage();
  await stage.set("complaint");
  const id = await stage.text({ reference: "r" });
  await stage.hark.db.write([
    { sql: `UPDATE notifications SET complained_at = ${stage.clock.now()}`, args: [] },
  ]);
  await stage.run();
  const [call] = stage.receiver.calls;
  assert.deepEqual(Object.keys(call?.body ?? {}), [
    "notification_id",
    "complaint_id",
    "reference",
    "to",
    "complaint_date",
  ]);
  assert.equal(call?.body.notification_id, id);
  assert.equal(call?.sequence, 2);
});

Deno.test("callbacks/inbound: announces a received text once, and keeps it encrypted until then", async () => {
  await using stage = await startStage(TWILIO_INBOUND, clockFromNow());
  const { clock, hark, receiver, service } = stage;
  const numbers = `/manage/services/${service.id}/inbound_numbers`;
  await bodyOf(await hark.manage("POST", numbers, { number: NUMBER }), 201);
  const receive = async (Body: string) =>
    void await (await receiveText(hark, { Body })).body?.cancel();
  const storedRows = async () =>
    (await hark.db.read([{ sql: "SELECT * FROM callback_deliveries", args: [] }]))[0]?.rows ?? [];
  await receive("This came before");
  await stage.set("inbound");
  // A call that fails is tried again later: until then the text is stored.
  receiver.answer = () => ({ status: 503 });
  await receive("Yes it is secret");
  await stage.run();
  const rows = await storedRows();
  assert.equal(rows.length, 1);
  const stored = JSON.stringify(
    rows,
    (_key, value) => value instanceof ArrayBuffer ? new TextDecoder().decode(value) : value,
  );
  assert.ok(rows[0]?.["payload"] instanceof ArrayBuffer);
  assert.ok(!stored.includes("secret") && !stored.includes("447700900"), stored);
  receiver.answer = () => ({ status: 204 });
  clock.advance(HOUR);
  await stage.run();
  await stage.run();
  const received = await bodyOf(await stage.as("GET", "/v2/received-text-messages"), 200);
  const [text] = received.received_text_messages;
  const announced = [{
    id: text.id,
    source_number: "447700900123",
    destination_number: "447700900999",
    message: "Yes it is secret",
    date_received: text.created_at,
  }, 1];
  assert.deepEqual(
    receiver.calls.map(({ body, sequence }) => [body, sequence]),
    [announced, announced],
    "the call that failed, and the next one",
  );
  assert.deepEqual((await storedRows()).map(({ payload }) => payload), [null]);
});
