/** Outages of providers, in moved time: nothing that was accepted is lost, and nothing is sent twice without a mark. */
import assert from "node:assert/strict";
import { GIVE_UP_AFTER_MS } from "../../../domain/delivery/retry.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../domain/time/durations.ts";
import {
  type Behaviour,
  dropAnswer,
  hang,
  reset,
  status,
} from "../../support/stand_ins/scripted_server.ts";
import { assertSentOnce, openProviders, type ProviderBench } from "./unknown_support.ts";

const TEXTS = 60;

const OUTAGES: readonly (readonly [name: string, behaviour: Behaviour])[] = [
  ["answers 500", status(500, { code: 20500 })],
  ["answers 502 with HTML", status(502, "<html>Bad gateway</html>")],
  ["answers 503 with 20503", status(503, { code: 20503 })],
  ["answers 429", status(429, { code: 20429 }, { "Retry-After": "20" })],
  ["refuses the credentials", status(401, { code: 20003 })],
  ["resets", reset()],
];

const DURATIONS: readonly (readonly [name: string, ms: number, stepMs: number])[] = [
  ["15 s", 15 * SECOND_MS, 5 * SECOND_MS],
  ["3 min", 3 * MINUTE_MS, 30 * SECOND_MS],
  ["1 h", HOUR_MS, 10 * MINUTE_MS],
  ["71 h", 71 * HOUR_MS, 5 * HOUR_MS],
];

async function sendTexts(bench: ProviderBench, count = TEXTS) {
  const refs = await Promise.all(
    Array.from(
      { length: count },
      (_, index) =>
        bench.text({
          personal: { to: `07700900${100 + index}`, recipient: `447700900${100 + index}` },
        }),
    ),
  );
  await bench.drain();
  return refs;
}

async function assertAllSending(bench: ProviderBench, refs: Parameters<typeof assertSentOnce>[1]) {
  assertSentOnce(bench, refs);
  for (const ref of refs as Awaited<ReturnType<typeof sendTexts>>) {
    assert.equal(await bench.statusOf(ref), "sending");
    const story = await bench.story(ref);
    assert.ok(!story.some((event) => event.includes("possible_duplicate")), story.join("\n"));
  }
}

for (const [name, ms, stepMs] of DURATIONS) {
  for (const [kind, behaviour] of OUTAGES) {
    Deno.test(`dispatcher: sends every text once when Twilio ${kind} for ${name}`, async () => {
      await using bench = await openProviders();
      bench.twilio.always(behaviour);
      const refs = await sendTexts(bench, name === "71 h" ? TEXTS : 10);
      await bench.pass(ms, stepMs);
      assert.equal(bench.twilio.accepted.length, 0);
      bench.twilio.always(undefined);
      await bench.pass(50 * MINUTE_MS, 5 * MINUTE_MS);
      await assertAllSending(bench, refs);
    });
  }
}

Deno.test("dispatcher: sends 60 of 60 texts once when Twilio hangs for 15 seconds", async () => {
  await using bench = await openProviders();
  bench.twilio.always(hang());
  const refs = await sendTexts(bench);
  bench.twilio.always(undefined);
  await bench.pass(2 * MINUTE_MS, 15 * SECOND_MS);
  await assertAllSending(bench, refs);
});

Deno.test("dispatcher: ends a text as technical-failure with the reason when its provider is down for over 72 hours", async () => {
  for (
    const [behaviour, reason] of [
      [status(500, { code: 20500 }), "outcome-unknown"],
      [status(503, { code: 20503 }), "20503"],
    ] as const
  ) {
    await using bench = await openProviders();
    bench.twilio.always(behaviour);
    const [ref] = await sendTexts(bench, 1);
    assert.ok(ref);
    await bench.pass(GIVE_UP_AFTER_MS - HOUR_MS, 5 * HOUR_MS);
    assert.equal(await bench.statusOf(ref), "created");
    await bench.pass(2 * HOUR_MS, 10 * MINUTE_MS);
    assert.equal(await bench.statusOf(ref), "technical-failure");
    const story = await bench.story(ref);
    assert.ok(story.at(-2)?.includes(reason), story.slice(-3).join("\n"));
  }
});

Deno.test("dispatcher: sends every e-mail once when Postmark announces a planned outage, or answers 500", async () => {
  for (
    const behaviour of [
      status(503, { ErrorCode: 100, Message: "Maintenance" }),
      status(500, { ErrorCode: 0 }),
      reset(),
    ]
  ) {
    await using bench = await openProviders();
    bench.postmark.always(behaviour);
    const refs = await Promise.all(
      Array.from({ length: 10 }, (_, index) => bench.email(`ann${index}@example.test`)),
    );
    await bench.drain();
    await bench.pass(HOUR_MS, 10 * MINUTE_MS);
    assert.equal(bench.postmark.accepted.length, 0);
    bench.postmark.always(undefined);
    await bench.pass(50 * MINUTE_MS, 5 * MINUTE_MS);
    for (const ref of refs) {
      assert.equal(await bench.statusOf(ref), "sending");
      const copies = bench.postmark.accepted.filter(({ Metadata }) =>
        Metadata?.["notification_id"] === ref.notificationId
      );
      assert.equal(copies.length, 1);
      const story = await bench.story(ref);
      assert.ok(!story.some((event) => event.includes("possible_duplicate")), story.join("\n"));
    }
  }
});

Deno.test("dispatcher: adopts every message that the provider has, and sends none again", async () => {
  await using bench = await openProviders();
  bench.twilio.always(dropAnswer());
  bench.postmark.always(dropAnswer());
  const refs = await sendTexts(bench, 10);
  const email = await bench.email("ann@example.test");
  await bench.drain();
  assert.equal(bench.twilio.accepted.length, 10);
  bench.twilio.always(undefined);
  bench.postmark.always(undefined);
  await bench.pass(10 * MINUTE_MS, 15 * SECOND_MS);
  assert.equal(bench.postmark.accepted.length, 1);
  await assertAllSending(bench, refs);
  assert.equal(await bench.statusOf(email), "sending");
});
