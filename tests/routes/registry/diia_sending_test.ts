import assert from "node:assert/strict";
import { uuid } from "../../../adapters/libsql/connection/row.ts";
import { status } from "../../support/stand_ins/scripted_server.ts";
import type { DiiaStandIn } from "../../support/stand_ins/diia.ts";
import { bodyOf, callAt, HOUR, SECOND } from "../support.ts";
import { byChannels, OTHER_RNOKPP, RNOKPP, SEND } from "./support.ts";
import { message, publish, PUSH, startBoth, toDiia } from "./diia_support.ts";
import { test } from "../../support/runner.ts";

const pollsOf = (diia: DiiaStandIn) =>
  diia.calls.filter(({ method, path }) => method === "GET" && path.startsWith(`${PUSH}/`)).length;

Deno.test("POST /api/notifications: sends Diia the values that the template uses, as text", async () => {
  await using both = await startBoth();
  const { hark, diia } = both;
  await bodyOf(await publish(hark), 201);
  const parameters = { name: "Олена", count: 12345678901234567890n, unused: "secret" };
  const text = JSON.stringify(
    message([toDiia(RNOKPP, parameters), toDiia(OTHER_RNOKPP, { name: true, count: 1.5 })]),
    (_, value) => typeof value === "bigint" ? `@${value}@` : value,
  ).replace(/"@(\d+)@"/, "$1");
  const { notifications } = await hark.send(text);
  await hark.settle();
  const [sent, ...others] = diia.distributions;
  assert.deepEqual(others, []);
  assert.deepEqual(sent?.recipients.toSorted((a, b) => a.rnokpp < b.rnokpp ? -1 : 1), [
    {
      rnokpp: RNOKPP,
      id: notifications[0].id,
      parameters: [{ key: "name", value: "Олена" }, {
        key: "count",
        value: "12345678901234567890",
      }],
    },
    {
      rnokpp: OTHER_RNOKPP,
      id: notifications[1].id,
      parameters: [{ key: "name", value: "true" }, { key: "count", value: "1.5" }],
    },
  ]);
});

Deno.test("POST /api/notifications: refuses missing values and invalid tax numbers for Diia", async () => {
  await using both = await startBoth();
  const { hark, diia } = both;
  await bodyOf(await publish(hark), 201);
  const answer = await hark.send(message([
    toDiia(RNOKPP, { name: "Олена" }),
    toDiia(RNOKPP, { name: "Олена", count: null }),
    toDiia(RNOKPP, { name: "Олена", count: ["1"] }),
    toDiia("3184710692", { name: "Олена", count: 1 }),
    toDiia("318471069", { name: "Олена", count: 1 }),
    toDiia(RNOKPP, { name: "Олена", count: 1 }),
  ]));
  assert.deepEqual(
    answer.refused.map(({ recipient, code }: { recipient: number; code: string }) =>
      `${recipient} ${code}`
    ),
    [
      "0 missing-personalisation",
      "1 missing-personalisation",
      "2 missing-personalisation",
      "3 rnokpp-not-valid",
      "4 rnokpp-not-valid",
    ],
  );
  assert.ok(!JSON.stringify(answer).includes("31847"), "a tax number is not repeated");
  await hark.settle();
  assert.equal(diia.distributions.flatMap(({ recipients }) => recipients).length, 1);
});

Deno.test("POST /api/notifications: batches messages to Diia, and tracks each recipient's outcome", async () => {
  await using both = await startBoth();
  const { hark, diia, clock } = both;
  await bodyOf(await publish(hark), 201);
  const outcomes = [
    "sent",
    "read",
    "not-found",
    "error",
    "send-error",
    "notification-generation-error",
  ];
  const numbers = Array.from({ length: 300 }, (_, i) => rnokppOf(i));
  for (const [i, number] of numbers.entries()) diia.decide(number, outcomes[i % 6] ?? "");
  const { notifications } = await hark.send(
    message(numbers.map((number) => toDiia(number, { name: "N", count: 1 }))),
  );
  assert.equal(notifications.length, 300);
  await hark.settle();
  assert.ok(diia.distributions.length <= 3, String(diia.distributions.length));
  assert.equal(await hark.statusOf(notifications[0].id), "sending");
  diia.proceed("sent");
  clock.advance(10 * SECOND);
  await hark.settle();
  const rows = await hark.db.read(["SELECT id, status FROM notifications"]);
  const statuses = new Map(rows[0]?.rows.map((row) => [uuid(row, "id"), row.status]));
  const expected = ["delivered", "delivered", "permanent-failure", "temporary-failure"];
  expected.push("temporary-failure", "technical-failure");
  for (const [i, { id }] of notifications.entries()) {
    assert.equal(statuses.get(id), expected[i % 6], String(outcomes[i % 6]));
  }
  const polls = pollsOf(diia);
  clock.advance(100 * HOUR);
  await hark.settle();
  assert.equal(pollsOf(diia), polls, "what is final is not asked about");
});

Deno.test("POST /api/notifications: sends thousands to Diia in one call", async () => {
  await using both = await startBoth();
  const { hark, diia } = both;
  await bodyOf(await publish(hark), 201);
  const count = 2_000;
  const parameters = { name: "Олена", count };
  const recipients = Array.from({ length: count }, () => toDiia(RNOKPP, parameters));
  const { notifications } = await hark.send(message(recipients));
  assert.equal(notifications.length, count);
  await hark.settle();
  assert.deepEqual(diia.distributions.map(({ recipients }) => recipients.length), [count]);
});

Deno.test("POST /api/notifications: polls Diia at growing intervals, and gives up after three days", async () => {
  await using both = await startBoth();
  const { hark, diia, clock } = both;
  await bodyOf(await publish(hark), 201);
  const { notifications: [{ id }] } = await hark.send(
    message([toDiia(RNOKPP, { name: "N", count: 1 })]),
  );
  await hark.settle();
  const pollTimes: number[] = [];
  for (let second = 0; second < 120; second++) {
    const before = pollsOf(diia);
    clock.advance(SECOND);
    await hark.settle();
    if (pollsOf(diia) > before) pollTimes.push(second);
  }
  assert.ok(pollTimes.length >= 4 && pollTimes.length <= 12, String(pollTimes));
  const waits = pollTimes.slice(1).map((at, index) => at - (pollTimes[index] ?? 0));
  assert.deepEqual(waits, waits.toSorted((a, b) => a - b));
  for (let hour = 0; hour < 73; hour++) {
    clock.advance(HOUR);
    await hark.settle();
  }
  assert.equal(await hark.statusOf(id), "temporary-failure");
  assert.equal((await hark.timeline(id)).at(-1), "status-changed temporary-failure no-receipt");
});

test.inside("POST /api/notifications: inbox and e-mail arrive while Diia is down, and Diia is retried and delivered later", async () => {
  await using both = await startBoth({ control: true });
  const { hark, diia, clock, network } = both;
  await bodyOf(await publish(hark), 201);
  await hark.publish("inbox:hello", "<p>Hello ${name}</p>");
  await hark.publish("email:hello", "<p>Hello ${name}</p>");
  network.isDown = true;
  network.isDown = true;
  const recipient = byChannels([
    { channel: "inbox" },
    { channel: "email", email: "olena@example.com" },
    { channel: "diia", rnokpp: RNOKPP },
  ], { parameters: { name: "Олена", count: 1 } });
  const { notifications, refused } = await hark.send(message([recipient]));
  assert.deepEqual(refused, []);
  const [inbox, email, push] = notifications;
  assert.deepEqual([inbox.channel, email.channel, push.channel], ["inbox", "email", "diia"]);
  await hark.settle();
  assert.equal(await hark.statusOf(inbox.id), "delivered");
  assert.equal(await hark.statusOf(email.id), "delivered");
  assert.equal(await hark.statusOf(push.id), "created");
  const [mail] = await hark.sent();
  assert.deepEqual([mail?.to, mail?.channel], ["olena@example.com", "email"]);
  const olena = hark.citizen("olena");
  const [shown] = await bodyOf(await olena("GET", "/api/notifications/inbox"), 200);
  assert.equal(shown.message, "<p>Hello Олена</p>");

  // Diia is down for half an hour, and then overloaded.
  for (let minute = 0; minute < 60; minute++) {
    if (minute === 30) {
      network.isDown = false;
      diia.always(status(503));
    }
    clock.advance(60 * SECOND);
    await hark.settle();
  }
  assert.equal(diia.distributions.length, 0);
  assert.equal(await hark.statusOf(push.id), "created");
  diia.always(undefined);
  clock.advance(20 * 60 * SECOND);
  await hark.settle();
  assert.equal(diia.distributions.length, 1);
  assert.equal(await hark.statusOf(push.id), "sending");
  clock.advance(5 * SECOND);
  await hark.settle();
  assert.equal(await hark.statusOf(push.id), "sending");
  diia.proceed("closed");
  clock.advance(HOUR);
  await hark.settle();
  assert.equal(await hark.statusOf(push.id), "delivered");
  const timeline = await hark.timeline(push.id);
  assert.equal(timeline[0], "accepted created");
  const failed = timeline.filter((line) => line.startsWith("attempt-ended not-sent"));
  assert.ok(failed.length >= 5, timeline.join("\n"));
  assert.deepEqual(timeline.slice(-4), [
    "attempt-started",
    "attempt-ended accepted",
    "status-changed sending",
    "status-changed delivered sent",
  ]);
  assert.deepEqual((await hark.timeline(email.id)).at(-1), "status-changed delivered");
});

test.inside("POST /api/notifications: a push is delivered after a short outage of Diia, and marked as a possible duplicate only if it may be one", async () => {
  const broken = () => {
    throw new TypeError("connection closed");
  };
  const cases = [[() => new Response("", { status: 503 }), false], [broken, true]] as const;
  for (const [pushes, inDoubt] of cases) {
    await using both = await startBoth({ control: true });
    const { hark, diia, clock, network } = both;
    await bodyOf(await publish(hark), 201);
    network.pushes = pushes;
    const { notifications: [{ id }] } = await hark.send(
      message([toDiia(RNOKPP, { name: "N", count: 1 })]),
    );
    for (let minute = 0; minute < 10; minute++) {
      await hark.settle();
      clock.advance(60 * SECOND);
    }
    assert.equal(await hark.statusOf(id), "created");
    delete network.pushes;
    clock.advance(15 * 60 * SECOND);
    await hark.settle();
    assert.equal(diia.distributions.length, 1);
    const timeline = (await hark.timeline(id)).join("\n");
    assert.equal(timeline.includes("unknown"), inDoubt, timeline);
    assert.equal(await hark.statusOf(id), "sending");
  }
});

Deno.test("POST /v2/notifications/diia and /inbox: send published templates with a key of the registry service", async () => {
  await using both = await startBoth();
  const { hark, diia, clock } = both;
  await bodyOf(await publish(hark), 201);
  await hark.publish("inbox:hello", "<p>Hello ${name}</p>");
  const key = await hark.newKey();
  const { templates } = await bodyOf(await callAt(hark, clock, key, "GET", "/v2/templates"), 200);
  const [onDiia, onInbox] = templates;
  const pushed = await bodyOf(
    await callAt(hark, clock, key, "POST", "/v2/notifications/diia", {
      rnokpp: RNOKPP,
      template_id: onDiia.id,
      personalisation: { name: "Олена", count: 1 },
    }),
    201,
  );
  const put = await bodyOf(
    await callAt(hark, clock, key, "POST", "/v2/notifications/inbox", {
      recipient_id: "olena",
      template_id: onInbox.id,
      personalisation: { name: "<b>Олена</b>" },
    }),
    201,
  );
  await hark.settle();
  assert.equal(diia.distributions[0]?.recipients[0]?.id, pushed.id);
  const [shown] = await bodyOf(await hark.citizen("olena")("GET", "/api/notifications/inbox"), 200);
  assert.deepEqual([shown.id, shown.message], [put.id, "<p>Hello &lt;b&gt;Олена&lt;/b&gt;</p>"]);
  const other = await hark.newService();
  for (
    const [path, body] of [
      ["/v2/notifications/inbox", { recipient_id: "olena", template_id: onInbox.id }],
      ["/v2/notifications/diia", { rnokpp: RNOKPP, template_id: onDiia.id }],
    ] as const
  ) {
    await bodyOf(await callAt(hark, clock, other.keys.live, "POST", path, body), 400);
  }
});

Deno.test("POST /api/notifications: a test key's message does not reach Diia", async () => {
  await using both = await startBoth();
  const { hark, diia, clock } = both;
  await bodyOf(await publish(hark), 201);
  const calls = diia.calls.length;
  const body = message([toDiia(RNOKPP, { name: "N", count: 1 })]);
  const key = await hark.newKey("test");
  await bodyOf(await callAt(hark, clock, key, "POST", SEND, body), 202);
  await hark.settle();
  assert.equal(diia.calls.length, calls);
});

/** The i-th tax number, with its check digit. */
function rnokppOf(i: number): string {
  const digits = String(300_000_000 + i);
  const weights = [-1, 5, 7, 9, 4, 6, 10, 5, 7];
  const sum = weights.reduce((all, weight, at) => all + weight * Number(digits[at]), 0);
  return `${digits}${((sum % 11 + 11) % 11) % 10}`;
}
