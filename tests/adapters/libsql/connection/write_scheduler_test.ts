import assert from "node:assert/strict";
import {
  createWriteScheduler,
  FOREGROUND_IN_A_ROW,
} from "../../../../adapters/libsql/connection/write_scheduler.ts";

Deno.test("createWriteScheduler runs one work at a time, the urgent first, each kind in its order", async () => {
  const turns = createWriteScheduler();
  const order: string[] = [];
  let running = 0;
  const work = (name: string) => async () => {
    assert.equal(++running, 1);
    await Promise.resolve();
    running--;
    order.push(name);
    return name;
  };
  const results = await Promise.all([
    turns.patient(work("p1")),
    turns.patient(work("p2")),
    turns.urgent(work("u1")),
    turns.urgent(work("u2")),
  ]);
  assert.deepEqual(results, ["p1", "p2", "u1", "u2"]);
  // The first had begun before there was anything urgent.
  assert.deepEqual(order, ["p1", "u1", "u2", "p2"]);
});

Deno.test("createWriteScheduler lets a patient work go after FOREGROUND_IN_A_ROW urgent ones", async () => {
  const turns = createWriteScheduler();
  const order: string[] = [];
  const work = (name: string) => () => Promise.resolve(void order.push(name));
  await Promise.all([
    ...Array.from({ length: FOREGROUND_IN_A_ROW + 3 }, () => turns.urgent(work("u"))),
    turns.patient(work("p")),
  ]);
  assert.equal(order.indexOf("p"), FOREGROUND_IN_A_ROW);
});

Deno.test("createWriteScheduler gives the event loop a turn after each patient work", async () => {
  const turns = createWriteScheduler();
  let isFree = false;
  const first = turns.patient(() => {
    setImmediate(() => isFree = true);
    return Promise.resolve();
  });
  const second = turns.patient(() => Promise.resolve(isFree));
  await first;
  assert.equal(await second, true);
});

Deno.test("createWriteScheduler goes on after a work that fails", async () => {
  const turns = createWriteScheduler();
  const failed = turns.urgent(() => Promise.reject(new Error("no")));
  const next = turns.patient(() => Promise.resolve("yes"));
  await assert.rejects(failed, /no/);
  assert.equal(await next, "yes");
});
