import assert from "node:assert/strict";
import { recount } from "../limit_days_support.ts";
import { bodyOf, type MovableClock, movableClock } from "../support.ts";
import { byChannels, messageTo, startRegistry, type TestRegistry } from "./support.ts";
import { test } from "../../support/runner.ts";

const MINUTE = 60_000;
const FOLLOW_UPS = [
  { channel: "email", afterMinutes: 60 },
  { channel: "SMS", afterMinutes: 120 },
];

async function startFollowing(): Promise<{ hark: TestRegistry; clock: MovableClock }> {
  const clock = movableClock();
  const hark = await startRegistry({ clock });
  for (const channel of ["inbox", "email", "sms"]) {
    await hark.publish(`${channel}:hello`, "Hello ${name}");
  }
  return { hark, clock };
}

const chain = (fields = {}) => ({
  notification: { templateName: "hello", ignoreChannelPreferences: true, followUps: FOLLOW_UPS },
  recipients: [byChannels([
    { channel: "sms", phone: "+380501234567" },
    { channel: "email", email: "olena@example.com" },
    { channel: "inbox" },
  ], fields)],
});

async function pass(hark: TestRegistry, clock: MovableClock, minutes: number): Promise<void> {
  clock.advance(minutes * MINUTE);
  await hark.settle();
}

const channelsOf = async (hark: TestRegistry) => (await hark.sent()).map(({ channel }) => channel);

async function acknowledge(hark: TestRegistry, id: string): Promise<void> {
  const path = `/api/notifications/inbox/${id}/ack`;
  await bodyOf(await hark.citizen("olena")("POST", path), 200);
}

Deno.test("followUps: send the e-mail, and later the text, when the inbox message is not read in time", async () => {
  const { hark, clock } = await startFollowing();
  await using _ = hark;
  const { notifications: [inbox, email, sms], refused } = await hark.send(chain());
  assert.deepEqual(refused, []);
  await pass(hark, clock, 59);
  assert.equal(await hark.statusOf(inbox.id), "delivered");
  assert.deepEqual(await channelsOf(hark), []);
  await pass(hark, clock, 1);
  assert.deepEqual(await channelsOf(hark), ["email"]);
  assert.equal(await hark.statusOf(email.id), "delivered");
  await pass(hark, clock, 59);
  assert.deepEqual(await channelsOf(hark), ["email"]);
  await pass(hark, clock, 1);
  assert.deepEqual((await channelsOf(hark)).toSorted(), ["email", "sms"]);
  assert.equal(await hark.statusOf(sms.id), "delivered");
});

Deno.test("followUps: the remaining ones are cancelled when the inbox message is read, with the reason in their timelines", async () => {
  const { hark, clock } = await startFollowing();
  await using _ = hark;
  const { notifications: [inbox, email, sms] } = await hark.send(chain());
  await pass(hark, clock, 60);
  await acknowledge(hark, inbox.id);
  assert.equal(await hark.statusOf(email.id), "delivered");
  assert.equal(await hark.statusOf(sms.id), "cancelled");
  assert.deepEqual(await hark.timeline(sms.id), [
    "accepted created",
    "status-changed cancelled acknowledged",
  ]);
  assert.ok((await hark.timeline(inbox.id)).includes("acknowledged"));
  await pass(hark, clock, 24 * 60);
  assert.deepEqual(await channelsOf(hark), ["email"]);
});

Deno.test("followUps: are cancelled when all messages are acknowledged together", async () => {
  const { hark, clock } = await startFollowing();
  await using _ = hark;
  const { notifications: [, email, sms] } = await hark.send(chain());
  await hark.settle();
  await bodyOf(await hark.citizen("olena")("POST", "/api/notifications/inbox/ack-all"), 200);
  await pass(hark, clock, 24 * 60);
  assert.equal(await hark.statusOf(email.id), "cancelled");
  assert.equal(await hark.statusOf(sms.id), "cancelled");
  assert.deepEqual(await channelsOf(hark), []);
});

test.inside("followUps: a failed one is cancelled before its retry when the message is read meanwhile", async () => {
  const clock = movableClock();
  await using hark = await startRegistry({
    clock,
    fetch: () => Promise.reject(new TypeError("client error (Connect)")),
    environment: { EMAIL_PROVIDER: "postmark", POSTMARK_SERVER_TOKEN: "token" },
  });
  await hark.publish("inbox:hello", "Hello ${name}");
  await hark.publish("email:hello", "Hello ${name}");
  const { notifications: [inbox, email] } = await hark.send({
    notification: {
      templateName: "hello",
      ignoreChannelPreferences: true,
      followUps: [{ channel: "email", afterMinutes: 1 }],
    },
    recipients: [byChannels([{ channel: "inbox" }, { channel: "email", email: "o@example.com" }])],
  });
  await pass(hark, clock, 1);
  assert.equal(await hark.statusOf(email.id), "created");
  await acknowledge(hark, inbox.id);
  await pass(hark, clock, 10);
  assert.equal(await hark.statusOf(email.id), "cancelled");
  assert.deepEqual((await hark.timeline(email.id)).slice(-2), [
    "attempt-ended not-sent acknowledged",
    "status-changed cancelled",
  ]);
});

Deno.test("followUps: are sent at their time when there is no inbox message", async () => {
  const { hark, clock } = await startFollowing();
  await using _ = hark;
  const { notifications, refused } = await hark.send(chain({ id: null }));
  assert.deepEqual(refused.map(({ code }: { code: string }) => code), ["no-recipient-id"]);
  assert.equal(notifications.length, 2);
  await pass(hark, clock, 59);
  assert.deepEqual(await channelsOf(hark), []);
  await pass(hark, clock, 61);
  assert.deepEqual((await channelsOf(hark)).toSorted(), ["email", "sms"]);
});

Deno.test("followUps: a disabled channel has no address", async () => {
  const { hark, clock } = await startFollowing();
  await using _ = hark;
  await hark.activate("olena", "email", "olena@example.com");
  const message = messageTo(["olena"], "hello", { followUps: FOLLOW_UPS });
  Object.assign(message.recipients[0] ?? {}, {
    channels: [{ channel: "sms", phone: "+380501234567" }],
  });
  const { notifications: [inbox, email], refused } = await hark.send(message);
  assert.deepEqual(refused, [{
    recipient: 0,
    recipientId: "olena",
    channel: "sms",
    code: "no-address",
    message: "No address of the channel is known",
  }]);
  await hark.settle();
  await acknowledge(hark, inbox.id);
  await pass(hark, clock, 60);
  assert.equal(await hark.statusOf(email.id), "cancelled");
});

Deno.test("followUps: one recipient's are not cancelled by another's acknowledgement", async () => {
  const { hark, clock } = await startFollowing();
  await using _ = hark;
  const message = chain();
  message.recipients.push(byChannels([
    { channel: "inbox" },
    { channel: "email", email: "taras@example.com" },
  ], { id: "taras" }));
  const { notifications } = await hark.send(message);
  await hark.settle();
  await acknowledge(hark, notifications[0].id);
  await pass(hark, clock, 60);
  assert.deepEqual((await hark.sent()).map(({ to }) => to), ["taras@example.com"]);
});

Deno.test("followUps: still wait for the first message when the request is replayed", async () => {
  const { hark, clock } = await startFollowing();
  await using _ = hark;
  const key = { "idempotency-key": "chain" };
  const first = await hark.send(chain(), key);
  await pass(hark, clock, 1);
  const again = await hark.send(chain(), key);
  assert.deepEqual(
    again.notifications.map(({ id }: { id: string }) => id),
    first.notifications.map(({ id }: { id: string }) => id),
  );
  await acknowledge(hark, first.notifications[0].id);
  await pass(hark, clock, 200);
  assert.deepEqual(await channelsOf(hark), []);
});

Deno.test("followUps: count for the day on which they are due, and are given back when the message is read", async () => {
  const { hark, clock } = await startFollowing();
  await using _ = hark;
  // The registry's day is that of Kyiv: it is three o'clock in the afternoon there.
  const followUps = [
    { channel: "email", afterMinutes: 539 },
    { channel: "SMS", afterMinutes: 540 },
  ];
  const { notification, recipients } = chain();
  const message = { notification: { ...notification, followUps }, recipients };
  const { notifications: [inbox] } = await hark.send(message);
  await hark.settle();
  assert.deepEqual(await recount(hark), {
    "day:2031-05-14:email": 1,
    "day:2031-05-14:inbox": 1,
    "day:2031-05-15:sms": 1,
  });
  await pass(hark, clock, 539);
  await acknowledge(hark, inbox.id);
  await acknowledge(hark, inbox.id);
  await hark.settle();
  assert.deepEqual(await recount(hark), { "day:2031-05-14:email": 1, "day:2031-05-14:inbox": 1 });
});
