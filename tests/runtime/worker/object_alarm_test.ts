import assert from "node:assert/strict";
import { createObjectAlarm } from "../../../runtime/worker/object_alarm.ts";

function startStorage(alarm: number | null) {
  const state = { alarm, writes: 0 };
  return {
    state,
    getAlarm: () => Promise.resolve(state.alarm),
    setAlarm(time: number) {
      state.writes++;
      state.alarm = time;
      return Promise.resolve();
    },
  };
}

Deno.test("ObjectAlarm.wakeAt: keeps the earliest time when several are asked for at once", async () => {
  for (const times of [[10, 20], [20, 10], [30, 10, 20]]) {
    const storage = startStorage(null);
    const alarm = createObjectAlarm(storage);
    await Promise.all(times.map((time) => alarm.wakeAt(time)));
    assert.equal(storage.state.alarm, 10, times.join());
  }
});

Deno.test("ObjectAlarm.wakeAt: writes nothing when an earlier alarm is set, and sets the next one after it has rung", async () => {
  const storage = startStorage(10);
  const alarm = createObjectAlarm(storage);
  await alarm.wakeAt(20);
  await alarm.wakeAt(10);
  assert.deepEqual(storage.state, { alarm: 10, writes: 0 });
  await alarm.wakeAt(9);
  assert.deepEqual(storage.state, { alarm: 9, writes: 1 });
  alarm.ring();
  await alarm.wakeAt(20);
  assert.deepEqual(storage.state, { alarm: 20, writes: 2 });
});
