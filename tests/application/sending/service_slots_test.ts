import assert from "node:assert/strict";
import {
  createServiceSlots,
  MAX_REQUESTS_AT_ONCE,
  MAX_REQUESTS_WAITING,
} from "../../../application/sending/service_slots.ts";
import type { ServiceId } from "../../../domain/ids.ts";

const [ANN, BOB] = ["ann", "bob"] as [ServiceId, ServiceId];

Deno.test("ServiceSlots: work on so many requests of a service at once, let so many wait, and refuse the rest", async () => {
  const slots = createServiceSlots();
  const { signal } = new AbortController();
  const enter = (serviceId = ANN) => slots.enter(serviceId, () => signal);
  const entered = Array.from({ length: MAX_REQUESTS_AT_ONCE }, () => enter());
  assert.ok(entered.every((leave) => typeof leave === "function"));
  const order: number[] = [];
  const waiting = Array.from({ length: MAX_REQUESTS_WAITING }, async (_, at) => {
    const leave = await enter();
    order.push(at);
    return leave;
  });
  assert.equal(enter(), undefined);
  assert.equal(typeof enter(BOB), "function", "another service");
  for (const leave of entered) if (typeof leave === "function") leave();
  for (const next of waiting) (await next)?.();
  assert.deepEqual(order, [...order].sort((a, b) => a - b));
  assert.equal(order.length, MAX_REQUESTS_WAITING);
  assert.equal(typeof enter(), "function", "all have left");
});

Deno.test("ServiceSlots: a request that waits gives up its place when its client leaves", async () => {
  const slots = createServiceSlots();
  const controller = new AbortController();
  const enter = () => slots.enter(ANN, () => controller.signal);
  const leaves = Array.from({ length: MAX_REQUESTS_AT_ONCE }, enter);
  const waiting = enter();
  controller.abort("a reason that is no error");
  await assert.rejects(async () => await waiting, { name: "AbortError" });
  const { signal } = new AbortController();
  const next = slots.enter(ANN, () => signal);
  const [first] = leaves;
  if (typeof first === "function") first();
  assert.equal(typeof await next, "function");
});
