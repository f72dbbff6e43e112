import assert from "node:assert/strict";
import {
  createWriteScheduler,
  FOREGROUND_IN_A_ROW,
} from "../../../../adapters/libsql/connection/write_scheduler.ts";

Deno.test("createWriteScheduler: runs one operation at a time, foreground first, each queue in order", async () => {
  const scheduler = createWriteScheduler();
  const order: string[] = [];
  let running = 0;
  const operation = (name: string) => async () => {
    assert.equal(++running, 1);
    await Promise.resolve();
    running--;
    order.push(name);
    return name;
  };
  const results = await Promise.all([
    scheduler.background(operation("p1")),
    scheduler.background(operation("p2")),
    scheduler.foreground(operation("u1")),
    scheduler.foreground(operation("u2")),
  ]);
  assert.deepEqual(results, ["p1", "p2", "u1", "u2"]);
  // The first one started before a foreground operation was queued.
  assert.deepEqual(order, ["p1", "u1", "u2", "p2"]);
});

Deno.test("createWriteScheduler: runs a background operation after FOREGROUND_IN_A_ROW foreground ones", async () => {
  const scheduler = createWriteScheduler();
  const order: string[] = [];
  const operation = (name: string) => () => Promise.resolve(void order.push(name));
  await Promise.all([
    ...Array.from({ length: FOREGROUND_IN_A_ROW + 3 }, () => scheduler.foreground(operation("u"))),
    scheduler.background(operation("p")),
  ]);
  assert.equal(order.indexOf("p"), FOREGROUND_IN_A_ROW);
});

Deno.test("createWriteScheduler: yields to the event loop after each background operation", async () => {
  const scheduler = createWriteScheduler();
  let isFree = false;
  const first = scheduler.background(() => {
    setImmediate(() => isFree = true);
    return Promise.resolve();
  });
  const second = scheduler.background(() => Promise.resolve(isFree));
  await first;
  assert.equal(await second, true);
});

Deno.test("createWriteScheduler: continues after an operation that fails", async () => {
  const scheduler = createWriteScheduler();
  const failed = scheduler.foreground(() => Promise.reject(new Error("no")));
  const next = scheduler.background(() => Promise.resolve("yes"));
  await assert.rejects(failed, /no/);
  assert.equal(await next, "yes");
});
