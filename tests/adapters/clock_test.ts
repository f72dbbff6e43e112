import assert from "node:assert/strict";
import { createClock } from "../../adapters/clock.ts";

const UUID_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const NOW = Date.UTC(2026, 2, 1);

function timeOf(id: string): number {
  return parseInt(id.replace("-", "").slice(0, 12), 16);
}

function assertAscending(ids: readonly string[]): void {
  for (const [index, id] of ids.entries()) {
    assert.match(id, UUID_7);
    const before = ids[index - 1];
    assert.ok(before === undefined || before < id, `${before} ${id}`);
  }
}

Deno.test("newNotificationId: creates version 7 ids that begin with the time", () => {
  const id = createClock(() => NOW).newNotificationId();
  assert.match(id, UUID_7);
  assert.equal(timeOf(id), NOW);
});

Deno.test("newNotificationId: ascends in a burst of 10,000 within a millisecond", () => {
  const clock = createClock(() => NOW);
  const ids = Array.from({ length: 10_000 }, () => clock.newNotificationId());
  assertAscending(ids);
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(
    timeOf(ids.at(-1) ?? ""),
    NOW + 2,
    "4096 ids a millisecond, then its time runs ahead",
  );
});

Deno.test("newNotificationId: ascends when the clock goes back, and while it catches up", () => {
  const times = [NOW, NOW + 5, NOW + 5, NOW - 60_000, NOW - 1, NOW + 4, NOW + 5, NOW + 6, NOW + 90];
  let index = 0;
  const clock = createClock(() => times[index++] ?? NOW);
  const ids = times.map(() => clock.newNotificationId());
  assertAscending(ids);
  assert.deepEqual(ids.map((id) => timeOf(id) - NOW), [0, 5, 5, 5, 5, 5, 5, 6, 90]);
});

Deno.test("newNotificationId: does not go back after a burst that ran ahead of the clock", () => {
  let now = NOW;
  const clock = createClock(() => now);
  const ids = Array.from({ length: 9_000 }, () => clock.newNotificationId());
  now += 1;
  ids.push(clock.newNotificationId());
  now += 1;
  ids.push(clock.newNotificationId());
  now += 10;
  ids.push(clock.newNotificationId());
  assertAscending(ids);
  assert.equal(timeOf(ids.at(-1) ?? ""), NOW + 12);
});

Deno.test("createClock: uses the injected time and generates ids and randomness", () => {
  const clock = createClock(() => NOW);
  assert.equal(clock.now(), NOW);
  assert.match(clock.newId(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/);
  assert.notEqual(clock.newId(), clock.newId());
  const roll = clock.random();
  assert.ok(roll >= 0 && roll < 1);
});
