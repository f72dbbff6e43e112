import assert from "node:assert/strict";
import {
  createServiceSlots,
  MAX_REQUESTS_AT_ONCE,
  MAX_REQUESTS_OF_KEY_AT_ONCE,
  MAX_REQUESTS_OF_KEY_WAITING,
  MAX_REQUESTS_WAITING,
} from "../../../application/sending/service_slots.ts";
import type { KeyId, ServiceId } from "../../../domain/ids.ts";

const [ANN, BOB] = ["ann", "bob"] as [ServiceId, ServiceId];
const [LIVE, TEST] = ["live", "test"] as [KeyId, KeyId];
/** Half of the requests are of either key. */
const keyOf = (at: number) => at % 2 === 0 ? LIVE : TEST;

Deno.test("ServiceSlots: work on so many requests of a service at once, let so many wait, and refuse the rest", async () => {
  const slots = createServiceSlots();
  const { signal } = new AbortController();
  const enter = (serviceId = ANN, at = 0) => slots.enter(serviceId, keyOf(at), () => signal);
  const entered = Array.from({ length: MAX_REQUESTS_AT_ONCE }, (_, at) => enter(ANN, at));
  assert.ok(entered.every((leave) => typeof leave === "function"));
  const order: number[] = [];
  const waiting = Array.from({ length: MAX_REQUESTS_WAITING }, async (_, at) => {
    const leave = await enter(ANN, at);
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
  const enter = (at: number) => slots.enter(ANN, keyOf(at), () => controller.signal);
  const leaves = Array.from({ length: MAX_REQUESTS_AT_ONCE }, (_, at) => enter(at));
  const waiting = enter(0);
  controller.abort("a reason that is no error");
  await assert.rejects(async () => await waiting, { name: "AbortError" });
  const { signal } = new AbortController();
  const next = slots.enter(ANN, LIVE, () => signal);
  const [first] = leaves;
  if (typeof first === "function") first();
  assert.equal(typeof await next, "function");
});

Deno.test("ServiceSlots: leave slots to other keys of the service when one key has its share", async () => {
  const slots = createServiceSlots();
  const { signal } = new AbortController();
  const enter = (key: KeyId) => slots.enter(ANN, key, () => signal);
  const isEntered = (leave: ReturnType<typeof enter>) => typeof leave === "function";
  const ofTest = Array.from({ length: MAX_REQUESTS_OF_KEY_AT_ONCE }, () => enter(TEST));
  assert.ok(ofTest.every(isEntered));
  const order: string[] = [];
  const wait = async (key: KeyId) => {
    const leave = await enter(key);
    order.push(key);
    return leave;
  };
  const waiting = Array.from({ length: MAX_REQUESTS_OF_KEY_WAITING }, () => wait(TEST));
  assert.equal(enter(TEST), undefined, "so many of the key may wait");
  const left = MAX_REQUESTS_AT_ONCE - MAX_REQUESTS_OF_KEY_AT_ONCE;
  const ofLive = Array.from({ length: left }, () => enter(LIVE));
  assert.ok(ofLive.every(isEntered), "the live key has the slots that are left");
  const next = wait(LIVE);
  const [live] = ofLive;
  if (typeof live === "function") live();
  await next;
  assert.deepEqual(order, [LIVE], "it overtakes those of the test key");
  const [test] = ofTest;
  if (typeof test === "function") test();
  await waiting[0];
  assert.deepEqual(order, [LIVE, TEST]);
});
