import assert from "node:assert/strict";
import { bodyOf, NO_ID } from "../support.ts";
import {
  type Fixture,
  lastEmail,
  lastText,
  send,
  statusesOf,
  WEBHOOK,
  withProviders,
} from "./support.ts";

type Report = (fixture: Fixture) => Promise<readonly number[]>;
const bounce = (type: string): Report => (fixture) =>
  fixture.postmark.bounce(lastEmail(fixture), { type });
const report = (status: string, errorCode?: number): Report => (fixture) =>
  fixture.twilio.report(lastText(fixture), status, errorCode === undefined ? {} : { errorCode });
const delivered: Report = (fixture) => fixture.postmark.deliver(lastEmail(fixture));
const complaint: Report = (fixture) => fixture.postmark.complaint(lastEmail(fixture));

/** Receipts in their order, and the status after each in `/v2` and in the 2016 API. */
const CASES: readonly {
  readonly channel: "sms" | "email";
  readonly reports: readonly (readonly [Report, string, string])[];
}[] = [
  {
    channel: "email",
    reports: [
      [delivered, "delivered", "delivered"],
      [delivered, "delivered", "delivered"],
      [bounce("SoftBounce"), "delivered", "delivered"],
      [complaint, "delivered", "complaint"],
    ],
  },
  {
    channel: "email",
    reports: [
      [delivered, "delivered", "delivered"],
      [bounce("HardBounce"), "permanent-failure", "bounce"],
      [delivered, "permanent-failure", "bounce"],
      [complaint, "permanent-failure", "complaint"],
    ],
  },
  {
    channel: "email",
    reports: [
      [bounce("SoftBounce"), "temporary-failure", "bounce"],
      [bounce("HardBounce"), "permanent-failure", "bounce"],
      [bounce("SoftBounce"), "permanent-failure", "bounce"],
    ],
  },
  {
    channel: "email",
    reports: [
      [bounce("SoftBounce"), "temporary-failure", "bounce"],
      [delivered, "delivered", "delivered"],
    ],
  },
  {
    channel: "email",
    reports: [
      [bounce("HardBounce"), "permanent-failure", "bounce"],
      [delivered, "permanent-failure", "bounce"],
    ],
  },
  { channel: "email", reports: [[bounce("SoftBounce"), "temporary-failure", "bounce"]] },
  { channel: "email", reports: [[bounce("DMARCPolicy"), "technical-failure", "failed"]] },
  { channel: "email", reports: [[complaint, "sending", "complaint"]] },
  {
    channel: "sms",
    reports: [
      [report("queued"), "sending", "sent"],
      [report("sent"), "sending", "sent"],
      [report("delivered"), "delivered", "delivered"],
      [report("undelivered", 30005), "delivered", "delivered"],
    ],
  },
  {
    channel: "sms",
    reports: [
      [report("undelivered", 30003), "temporary-failure", "failed"],
      [report("failed", 30005), "permanent-failure", "failed"],
      [report("delivered"), "delivered", "delivered"],
    ],
  },
  { channel: "sms", reports: [[report("undelivered", 30005), "permanent-failure", "failed"]] },
  { channel: "sms", reports: [[report("undelivered", 30003), "temporary-failure", "failed"]] },
  { channel: "sms", reports: [[report("failed", 30007), "technical-failure", "failed"]] },
];

Deno.test("POST /receipts/{provider}: moves a notification, and every API reports it with its own status", async () => {
  await withProviders(async (fixture) => {
    for (const { channel, reports } of CASES) {
      const id = await send(fixture, channel);
      assert.deepEqual(await statusesOf(fixture, id), ["sending", "sent"]);
      for (const [at, [report, v2, old]] of reports.entries()) {
        assert.deepEqual(await report(fixture), [200]);
        assert.deepEqual(await statusesOf(fixture, id), [v2, old], `${channel} ${v2} ${at}`);
      }
    }
  });
});

Deno.test("GET /notifications: names the provider as the sender", async () => {
  await withProviders(async (fixture) => {
    const { hark, service } = fixture;
    for (const [channel, provider] of [["sms", "twilio"], ["email", "postmark"]] as const) {
      const id = await send(fixture, channel);
      const answer = await hark.as(service.keys.live, "GET", `/notifications/${id}`);
      assert.equal((await bodyOf(answer, 200)).data.notification.sender, provider);
    }
  });
});

Deno.test("POST /receipts/{provider}: ignores receipts without a valid signature or password", async () => {
  await withProviders(async (fixture) => {
    const { hark, postmark, twilio } = fixture;
    const email = await send(fixture, "email");
    assert.deepEqual(await postmark.deliver(lastEmail(fixture), { forged: true }), [401]);
    assert.deepEqual(await statusesOf(fixture, email), ["sending", "sent"]);
    const text = await send(fixture, "sms");
    assert.deepEqual(await twilio.report(lastText(fixture), "delivered", { forged: true }), [401]);
    assert.deepEqual(await statusesOf(fixture, text), ["sending", "sent"]);
    for (const name of ["postmark", "twilio"]) {
      const answer = await hark.request(`/receipts/${name}`, { method: "POST", body: "{}" });
      assert.deepEqual(await bodyOf(answer, 401), { error: "Unauthorized" });
      await bodyOf(await hark.request(`/receipts/${name}`), 405);
    }
    await bodyOf(await hark.request("/receipts/unknown", { method: "POST" }), 404);
  });
});

Deno.test("POST /receipts/postmark: 400 for an unreadable receipt, 200 for one that it ignores", async () => {
  await withProviders(async ({ hark }) => {
    const authorization = `Basic ${btoa(`${WEBHOOK.webhookUser}:${WEBHOOK.webhookPassword}`)}`;
    const cases = [
      ["{", 400],
      ["[]", 400],
      [JSON.stringify({ RecordType: "Bounce", MessageID: "m" }), 400],
      [JSON.stringify({ RecordType: "Open", MessageID: "m" }), 200],
      [JSON.stringify({ RecordType: "Delivery", MessageID: crypto.randomUUID() }), 200],
      [JSON.stringify({ RecordType: "Delivery", MessageID: "a\u0000\ud800" }), 200],
      [
        JSON.stringify({
          RecordType: "Delivery",
          MessageID: "m",
          Metadata: { service_id: NO_ID, notification_id: NO_ID },
        }),
        200,
      ],
    ] as const;
    for (const [body, status] of cases) {
      const answer = await hark.request("/receipts/postmark", {
        method: "POST",
        headers: { authorization },
        body,
      });
      await bodyOf(answer, status, body);
    }
  });
});

Deno.test("GET /manage/services/{id}/notifications/{id}/timeline: lists every event", async () => {
  await withProviders(async (fixture) => {
    const { hark, service, postmark } = fixture;
    const id = await send(fixture, "email");
    await postmark.deliver(lastEmail(fixture), { times: 2 });
    await postmark.bounce(lastEmail(fixture));
    await postmark.complaint(lastEmail(fixture));
    await postmark.unsubscribe(lastEmail(fixture));
    const path = `/manage/services/${service.id}/notifications/${id}/timeline`;
    const { notification_id, events } = await bodyOf(await hark.manage("GET", path), 200);
    assert.equal(notification_id, id);
    assert.deepEqual(
      events.map(({ at, ...event }: { at: string }) => {
        assert.match(at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        return event;
      }),
      [
        { kind: "accepted", status: "created" },
        { kind: "attempt-started", provider: "postmark", attempt: 1 },
        { kind: "attempt-ended", provider: "postmark", attempt: 1, outcome: "accepted" },
        { kind: "status-changed", status: "sending" },
        { kind: "status-changed", status: "delivered", provider: "postmark" },
        {
          kind: "status-corrected",
          status: "permanent-failure",
          corrects: "delivered",
          provider: "postmark",
          code: "HardBounce",
        },
        { kind: "complaint", provider: "postmark", code: "SpamComplaint" },
        { kind: "unsubscribed", provider: "postmark", code: "ManualSuppression" },
      ],
    );
    const { notifications } = await bodyOf(
      await hark.manage("GET", `/manage/services/${service.id}/notifications`),
      200,
    );
    assert.ok(notifications[0].complained_at !== null);
    assert.equal(notifications[0].provider, "postmark");
  });
});
