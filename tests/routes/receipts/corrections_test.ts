/** Corrections of final statuses, over HTTP from the provider's report to the answer of each API. */
import assert from "node:assert/strict";
import { bodyOf } from "../support.ts";
import {
  type Fixture,
  lastEmail,
  lastText,
  passTime,
  send,
  statusesOf,
  withProviders,
} from "./support.ts";

async function listed({ hark, service }: Fixture, status: string): Promise<readonly string[]> {
  const path = `/v2/notifications?status=${status}`;
  const { notifications } = await bodyOf(await hark.as(service.keys.live, "GET", path), 200);
  return notifications.map(({ id }: { id: string }) => id);
}

async function eventsOf({ hark, service }: Fixture, id: string) {
  const path = `/manage/services/${service.id}/notifications/${id}/timeline`;
  const { events } = await bodyOf(await hark.manage("GET", path), 200);
  return events.map(({ at: _, ...event }: { at: string }) => event);
}

Deno.test("POST /receipts/twilio: corrects the time-out no-receipt, which never says that the text was not sent", async () => {
  await withProviders(async (fixture) => {
    const { twilio } = fixture;
    const id = await send(fixture, "sms");
    await passTime(fixture);
    assert.deepEqual(await statusesOf(fixture, id), ["temporary-failure", "failed"]);
    assert.deepEqual((await eventsOf(fixture, id)).slice(2), [
      { kind: "attempt-ended", provider: "twilio", attempt: 1, outcome: "accepted" },
      { kind: "status-changed", status: "sending" },
      { kind: "status-changed", status: "temporary-failure", code: "no-receipt" },
    ]);
    assert.deepEqual(await twilio.report(lastText(fixture), "delivered"), [200]);
    assert.deepEqual(await statusesOf(fixture, id), ["delivered", "delivered"]);
    assert.deepEqual((await eventsOf(fixture, id)).at(-1), {
      kind: "status-corrected",
      status: "delivered",
      corrects: "temporary-failure",
      provider: "twilio",
    });
    assert.deepEqual(await listed(fixture, "temporary-failure"), []);
    assert.deepEqual(await listed(fixture, "delivered"), [id]);
  });
});

Deno.test("POST /receipts/postmark: a bounce after delivered is in both word lists, the lists by status and the times", async () => {
  await withProviders(async (fixture) => {
    const { hark, service, postmark } = fixture;
    const id = await send(fixture, "email");
    const read = async () =>
      await bodyOf(await hark.as(service.keys.live, "GET", `/v2/notifications/${id}`), 200);
    await postmark.deliver(lastEmail(fixture));
    const before = await read();
    await postmark.bounce(lastEmail(fixture), { type: "HardBounce" });
    const after = await read();
    assert.deepEqual(await statusesOf(fixture, id), ["permanent-failure", "bounce"]);
    assert.equal(after.sent_at, before.sent_at);
    assert.equal(after.created_at, before.created_at);
    assert.ok(after.completed_at >= before.completed_at);
    for (const status of ["permanent-failure", "failed"]) {
      assert.deepEqual(await listed(fixture, status), [id], status);
    }
    for (const status of ["delivered", "received"]) {
      assert.deepEqual(await listed(fixture, status), [], status);
    }
  });
});

Deno.test("POST /receipts/{provider}: every order and repetition of reports about one message ends in one status", async () => {
  await withProviders(async (fixture) => {
    const { postmark, twilio } = fixture;
    const reports = {
      email: [
        () => postmark.deliver(lastEmail(fixture)),
        () => postmark.bounce(lastEmail(fixture), { type: "SoftBounce" }),
        () => postmark.bounce(lastEmail(fixture), { type: "HardBounce" }),
      ],
      sms: [
        () => twilio.report(lastText(fixture), "delivered"),
        () => twilio.report(lastText(fixture), "undelivered", { errorCode: 30003 }),
        () => twilio.report(lastText(fixture), "failed", { errorCode: 30005 }),
      ],
    };
    const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    const ends = { email: ["permanent-failure", "bounce"], sms: ["delivered", "delivered"] };
    for (const channel of ["email", "sms"] as const) {
      for (const order of orders) {
        const id = await send(fixture, channel);
        for (const index of [...order, ...order]) {
          assert.deepEqual(await reports[channel][index]?.(), [200]);
        }
        assert.deepEqual(await statusesOf(fixture, id), ends[channel], `${channel} ${order}`);
      }
    }
  });
});
