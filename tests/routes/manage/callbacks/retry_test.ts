import assert from "node:assert/strict";
import {
  FAILURES_BEFORE_PAUSE,
  MAX_PAUSE_MS,
  MAX_TRIES,
} from "../../../../domain/callbacks/callback_result.ts";
import { MINUTE_MS } from "../../../../domain/time/durations.ts";
import { bodyOf, HOUR } from "../../support.ts";
import { RUNNER } from "../../../support/runner.ts";
import { type Stage, startStage } from "./support.ts";

async function logOf({ callbacks }: Stage, kind = "delivery") {
  return (await bodyOf(await callbacks("GET", `${kind}/log`), 200)).deliveries;
}

/** Moves the time in steps, and sends what is due after each. */
async function passTime(stage: Stage, ms: number, stepMs: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    stage.clock.advance(stepMs);
    await stage.run();
  }
}

for (const status of [408, 425, 429, 500, 502, 503, 301, 302, 307]) {
  Deno.test(`callbacks: tries again after ${status}, with the same id, and does not follow it`, async () => {
    await using stage = await startStage();
    await stage.set();
    const { receiver } = stage;
    receiver.answer = () => ({ status, headers: { location: `${receiver.url}elsewhere` } });
    await stage.text();
    await stage.run();
    receiver.answer = () => ({ status: 200 });
    const [waiting] = await logOf(stage);
    assert.deepEqual([waiting.state, waiting.tries, waiting.http_status, waiting.error], [
      "waiting",
      1,
      status,
      `status-${status}`,
    ]);
    await stage.run();
    assert.equal(receiver.calls.length, 1);
    await passTime(stage, MINUTE_MS, MINUTE_MS);
    const [first, second, ...rest] = receiver.calls;
    assert.deepEqual(rest, []);
    assert.deepEqual([second?.id, second?.path], [first?.id, "/"]);
    const [done] = await logOf(stage);
    assert.deepEqual([done.state, done.tries, done.error, done.next_try_at], [
      "done",
      2,
      null,
      null,
    ]);
  });
}

for (const status of [400, 401, 404, 422]) {
  Deno.test(`callbacks: ${status} ends the delivery, which stays in the log`, async () => {
    await using stage = await startStage();
    await stage.set();
    stage.receiver.answer = () => ({ status });
    await stage.text();
    await stage.run();
    await passTime(stage, 24 * HOUR, 6 * HOUR);
    assert.equal(stage.receiver.calls.length, 1);
    const [failed] = await logOf(stage);
    assert.deepEqual([failed.state, failed.error], ["failed", `status-${status}`]);
  });
}

Deno.test("callbacks: 410 disables the callback, visibly, until it is set again, without a gap", async () => {
  await using stage = await startStage();
  await stage.set();
  const { callbacks, receiver } = stage;
  receiver.answer = () => ({ status: 410 });
  await stage.text();
  await stage.run();
  await stage.text();
  await passTime(stage, HOUR, HOUR / 4);
  assert.equal(receiver.calls.length, 1);
  const shown = await bodyOf(await callbacks("GET", "delivery"), 200);
  assert.deepEqual([shown.state, shown.disabled_at], ["disabled", "2031-05-14T12:00:00.000Z"]);
  receiver.answer = () => ({ status: 204 });
  const again = await bodyOf(
    await callbacks("PUT", "delivery", { url: receiver.url, bearer_token: "another-token" }),
    200,
  );
  assert.deepEqual([again.state, again.signing_secret], ["active", undefined]);
  await stage.run();
  assert.deepEqual(receiver.calls.map(({ sequence }) => sequence), [1, 1, 2]);
  assert.equal(receiver.calls.at(-1)?.headers.get("authorization"), "Bearer another-token");
});

Deno.test(`callbacks: gives up a delivery after ${MAX_TRIES} tries over a day`, async () => {
  await using stage = await startStage();
  await stage.set();
  stage.receiver.answer = () => ({ status: 500 });
  await stage.text();
  await stage.run();
  await passTime(stage, 23 * HOUR, 10 * MINUTE_MS);
  const [first] = await logOf(stage);
  assert.ok(first.tries >= MAX_TRIES - 1, JSON.stringify(first));
  await passTime(stage, 3 * HOUR, 10 * MINUTE_MS);
  const [failed] = await logOf(stage);
  assert.deepEqual([failed.state, failed.tries], ["failed", MAX_TRIES]);
  assert.equal(stage.receiver.calls.length, MAX_TRIES);
});

Deno.test("callbacks: obeys Retry-After of 429, for the whole endpoint", async () => {
  await using stage = await startStage();
  await stage.set();
  const { receiver } = stage;
  receiver.answer = () => ({ status: 429, headers: { "retry-after": "1800" } });
  await stage.text();
  await stage.run();
  receiver.answer = () => ({ status: 200 });
  await stage.text();
  await passTime(stage, 29 * MINUTE_MS, MINUTE_MS);
  assert.equal(receiver.calls.length, 1);
  await passTime(stage, 2 * MINUTE_MS, MINUTE_MS);
  assert.deepEqual(receiver.calls.map(({ sequence }) => sequence).sort(), [1, 1, 2]);
});

Deno.test("callbacks: keeps the order of a notification while its first delivery waits", async () => {
  await using stage = await startStage();
  await stage.set();
  const { receiver } = stage;
  receiver.answer = ({ sequence }) => ({ status: sequence === 1 ? 500 : 200 });
  const id = await stage.text();
  await stage.run();
  await stage.hark.db.write([
    { sql: "UPDATE notifications SET status = 'permanent-failure'", args: [] },
  ]);
  await stage.text();
  await stage.run();
  assert.deepEqual(receiver.calls.map(({ sequence }) => sequence), [1, 3]);
  receiver.answer = () => ({ status: 200 });
  await passTime(stage, MINUTE_MS, MINUTE_MS / 4);
  const own = receiver.calls.filter(({ body }) => body.id === id);
  assert.deepEqual(own.map(({ sequence }) => sequence), [1, 1, 2]);
});

Deno.test("callbacks: pauses an endpoint that fails, probes it, and catches up after an hour without a gap or a repeat", async () => {
  await using stage = await startStage();
  await stage.set();
  const { receiver } = stage;
  receiver.answer = () => ({ status: 503 });
  const count = 30;
  for (let i = 0; i < count; i++) await stage.text();
  await stage.run();
  assert.ok(receiver.calls.length < 2 * FAILURES_BEFORE_PAUSE + 8, `${receiver.calls.length}`);
  const shown = await bodyOf(await stage.callbacks("GET", "delivery"), 200);
  assert.equal(shown.state, "paused");
  await passTime(stage, HOUR, MINUTE_MS / 2);
  // One call a probe.
  assert.ok(receiver.calls.length < 40, `${receiver.calls.length}`);
  for (let i = 0; i < count; i++) await stage.text();
  const failed = receiver.calls.splice(0).length;
  assert.ok(failed > FAILURES_BEFORE_PAUSE);
  receiver.answer = () => ({ status: 200 });
  await passTime(stage, MAX_PAUSE_MS + MINUTE_MS, MINUTE_MS / 2);
  const sequences = receiver.calls.map(({ sequence }) => sequence);
  assert.deepEqual(
    sequences.toSorted((a, b) => a - b),
    Array.from({ length: 2 * count }, (_, index) => index + 1),
  );
  const after = await bodyOf(await stage.callbacks("GET", "delivery"), 200);
  assert.deepEqual([after.state, after.failures, after.waiting], ["active", 0, 0]);
  const events = (await stage.hark.log()).map(({ event }) => event).filter((event) =>
    String(event).startsWith("callback")
  );
  assert.deepEqual(events, ["callback-paused", "callback-resumed"]);
});

Deno.test("callbacks: an endpoint that resets, hangs or never ends its body delays no other service", async () => {
  await using stage = await startStage();
  await stage.set();
  const { receiver } = stage;
  const answers = [
    (response: { destroy(): void }) => response.destroy(),
    () => {},
    (response: { writeHead(status: number): void; write(text: string): void }) => {
      response.writeHead(200);
      response.write("x");
    },
  ];
  receiver.answer = ({ sequence }) => answers[sequence - 1] ?? { status: 200 };
  for (const _ of answers) await stage.text();
  await stage.run();
  const deliveries = await logOf(stage);
  // Outside of workerd a stand-in makes the calls of a Worker, and answers 500 where the connection is reset.
  const reset = RUNNER === "worker" ? "status-500" : "connection-failed";
  assert.deepEqual(
    deliveries.map(({ number, state, error }: Record<string, unknown>) => [number, state, error]),
    [[3, "done", null], [2, "waiting", "timed-out"], [1, "waiting", reset]],
  );
});
