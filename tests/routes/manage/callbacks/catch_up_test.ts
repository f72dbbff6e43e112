import assert from "node:assert/strict";
import { MAX_PAUSE_MS } from "../../../../domain/callbacks/callback_result.ts";
import { MINUTE_MS } from "../../../../domain/time/durations.ts";
import { startCallbackReceiver } from "../../../support/stand_ins/callback_receiver.ts";
import { bodyOf, callAt, HOUR, textTo } from "../../support.ts";
import { type Stage, startStage } from "./support.ts";

/** Sends texts to completion in one call, without their callbacks. @returns their ids */
async function sendBatchOf(stage: Stage, count: number): Promise<readonly string[]> {
  const { hark, clock, service } = stage;
  const notifications = Array.from({ length: count }, () => textTo(service, { type: "sms" }));
  const answer = await callAt(hark, clock, service.keys.live, "POST", "/v2/notifications/batch", {
    notifications,
  });
  const { notifications: sent } = await bodyOf(answer, 200);
  await hark.settle();
  return sent.map(({ id }: { id: string }) => id);
}

Deno.test("callbacks: a consumer that is stopped for an hour of 600 changes gets each of them once, none is lost, and the numbers have no gap", async () => {
  await using stage = await startStage();
  const { service, receiver, clock } = stage;
  await bodyOf(
    await stage.hark.manage("PATCH", `/manage/services/${service.id}`, {
      rate_limit_per_minute: 100_000,
    }),
    200,
  );
  await stage.set();
  const ids = [...await sendBatchOf(stage, 20)];
  await stage.run();
  assert.equal(receiver.calls.length, 20);
  // Nothing listens any more: connections are refused.
  const port = Number(new URL(receiver.url).port);
  await receiver.close();
  for (let i = 0; i < 12; i++) {
    ids.push(...await sendBatchOf(stage, 50));
    clock.advance(HOUR / 12);
    await stage.run();
  }
  assert.equal((await bodyOf(await stage.callbacks("GET", "delivery"), 200)).state, "paused");
  await using again = await startCallbackReceiver(port);
  for (let passed = 0; passed < MAX_PAUSE_MS + MINUTE_MS; passed += MINUTE_MS) {
    clock.advance(MINUTE_MS);
    await stage.run();
  }
  const calls = [...receiver.calls, ...again.calls];
  assert.equal(again.calls.length, 600);
  assert.deepEqual(
    calls.map(({ sequence }) => sequence).toSorted((a, b) => a - b),
    Array.from({ length: 620 }, (_, index) => index + 1),
  );
  assert.deepEqual(calls.map(({ body }) => body.id).toSorted(), ids.toSorted());
  assert.equal(new Set(calls.map(({ id }) => id)).size, 620);
  const shown = await bodyOf(await stage.callbacks("GET", "delivery"), 200);
  assert.deepEqual([shown.state, shown.waiting], ["active", 0]);
});
