import assert from "node:assert/strict";
import { startPace } from "../../../adapters/spreadsheets/pace.ts";
import { createSlots } from "../../../adapters/spreadsheets/slots.ts";

const never = new AbortController().signal;
const tick = () => new Promise<void>((resolve) => void setTimeout(resolve, 0));

Deno.test("createSlots: gives waiting work its slot in the order in which it asked", async () => {
  const slots = createSlots(2);
  const order: number[] = [];
  const ask = async (id: number) => {
    const release = await slots.acquire(never);
    order.push(id);
    return release;
  };
  const releases = [0, 1, 2, 3].map(ask);
  await tick();
  assert.deepEqual(order, [0, 1]);
  (await releases[1])?.();
  await tick();
  assert.deepEqual(order, [0, 1, 2]);
  (await releases[0])?.();
  await tick();
  assert.deepEqual(order, [0, 1, 2, 3]);
});

Deno.test("createSlots: frees a slot once, however often it is released", async () => {
  const slots = createSlots(1);
  const release = await slots.acquire(never);
  release();
  release();
  await slots.acquire(never);
  let isGiven = false;
  void slots.acquire(never).then(() => isGiven = true);
  await tick();
  assert.equal(isGiven, false);
});

Deno.test("createSlots: work that is aborted while it waits takes no slot", async () => {
  const slots = createSlots(1);
  const release = await slots.acquire(never);
  const abort = new AbortController();
  const waiting = slots.acquire(abort.signal);
  const next = slots.acquire(never);
  abort.abort(new Error("left"));
  await assert.rejects(waiting, /left/);
  release();
  (await next)();
  await assert.rejects(slots.acquire(abort.signal), /left/);
});

Deno.test("startPace: yields to the event loop when a slice is over, by the clock or by steps", async () => {
  let now = 0;
  const pace = startPace(() => now);
  let ticks = 0;
  const count = async (steps: number, msAStep: number) => {
    ticks = 0;
    const timer = setInterval(() => ticks++, 0);
    for (let step = 0; step < steps; step++) {
      now += msAStep;
      await pace(never);
    }
    clearInterval(timer);
    return ticks;
  };
  assert.equal(await count(3, 1), 0);
  assert.ok(await count(10, 20) > 0);
  assert.ok(await count(1_000, 0) > 0);
});
