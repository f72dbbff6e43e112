import assert from "node:assert/strict";
import { createObjectAlarm } from "../../../runtime/worker/object_alarm.ts";

/** The storage of an object, with the times that were written. */
function newStorage(stored: number | null = null) {
  const written: number[] = [];
  return {
    written,
    getAlarm: () => Promise.resolve(written.at(-1) ?? stored),
    setAlarm: (time: number) => Promise.resolve(void written.push(time)),
  };
}

Deno.test("createObjectAlarm: rings at the earliest time, also when several are asked for at once", async () => {
  const storage = newStorage();
  const { wakeAt, rang } = createObjectAlarm(storage);
  await Promise.all([wakeAt(5), wakeAt(60), wakeAt(7)]);
  assert.deepEqual(storage.written, [5]);
  await wakeAt(4);
  await wakeAt(4);
  assert.deepEqual(storage.written, [5, 4]);
  rang();
  await wakeAt(60);
  assert.deepEqual(storage.written, [5, 4, 60]);
});

Deno.test("createObjectAlarm: keeps an earlier alarm that an object had before it came into memory", async () => {
  const storage = newStorage(5);
  const { wakeAt } = createObjectAlarm(storage);
  await Promise.all([wakeAt(6), wakeAt(5)]);
  assert.deepEqual(storage.written, []);
  await wakeAt(4);
  assert.deepEqual(storage.written, [4]);
});
