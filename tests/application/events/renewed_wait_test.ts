/** Requests that wait again after a wait without an event, over the real log. */
import assert from "node:assert/strict";
import { createEventFeed } from "../../../application/events/event_feed.ts";
import { createEventWatch } from "../../../application/events/event_watch.ts";
import { createServiceSlots } from "../../../application/sending/service_slots.ts";
import { NO_KEY_ID } from "../../../domain/service/no_key.ts";
import { FILE, SHARED_HTTP } from "../../contracts/backends.ts";
import { accepted, type Bench, newSender, openBench, START } from "../../contracts/isolate.ts";
import { pause } from "../../support/process.ts";

const WAIT_S = 30;

/** A feed of a service, which counts the reads of its log and the looks of its watch. */
async function startFeed(bench: Bench) {
  const sender = await newSender(bench);
  const counts = { reads: 0, looks: 0 };
  const events: typeof bench.events = {
    ...bench.events,
    read: (...args) => (counts.reads++, bench.events.read(...args)),
    lastNumbers: async (ids) => {
      const numbers = await bench.events.lastNumbers(ids);
      counts.looks++;
      return numbers;
    },
  };
  const feed = createEventFeed({
    clock: bench.clock,
    events,
    watch: createEventWatch(events, { embeddedMs: 20, remoteMs: 20 }),
    slots: createServiceSlots(),
    contexts: bench.contexts,
    stopping: undefined,
    maxWaiting: 200,
  });
  const caller = {
    serviceId: sender.serviceId,
    key: { id: NO_KEY_ID, kind: "live" },
    id: "a",
  } as const;
  const leave = new AbortController();
  return {
    /** A feed whose watch has looked before the request, and does not look again. */
    staleRead: (after: number) =>
      createEventFeed({
        clock: bench.clock,
        events,
        watch: {
          newest: (_id, since) => since < performance.now() - 1_000 ? after : undefined,
          wait: () => Promise.resolve(false),
        },
        slots: createServiceSlots(),
        contexts: bench.contexts,
        stopping: undefined,
        maxWaiting: 1,
      }).read(caller, { after, waitS: WAIT_S }, leave.signal),
    counts,
    leave,
    read: (after: number, waitS = WAIT_S) => feed.read(caller, { after, waitS }, leave.signal),
    /** Writes one event. */
    async write() {
      const ref = await accepted(bench, sender, { dueAt: START + 1 });
      await bench.notifications.cancel(ref, undefined, START);
    },
    /** Resolves right after a look that began now or later. */
    async looked() {
      for (const looks = counts.looks; counts.looks < looks + 2;) await pause(1);
    },
  };
}

for (const backend of [FILE, SHARED_HTTP]) {
  Deno.test(`createEventFeed: a request that has seen the newest event waits without a read (${backend.name})`, async () => {
    await using bench = await openBench(backend);
    const { counts, read, leave, write, looked } = await startFeed(bench);
    await write();
    const first = read(1);
    await looked();
    assert.equal(counts.reads, 1);
    const renewed = Array.from({ length: 20 }, () => read(1));
    await looked();
    assert.equal(counts.reads, 1);
    leave.abort();
    for (const page of await Promise.all([first, ...renewed])) {
      assert.deepEqual(page.ok && [page.value.events.length, page.value.next], [0, 1]);
    }
  });

  Deno.test(`createEventFeed: an event that is written before, while and after a request begins to wait is missed by none (${backend.name})`, async () => {
    await using bench = await openBench(backend);
    const { read, leave, write, looked } = await startFeed(bench);
    let last = 0;
    for (let round = 0; round < 15; round++) {
      // One that waits, so that the watch looks; it ends with the event.
      const first = read(last);
      await looked();
      const before = read(last);
      const writing = write();
      const requests = [first, before];
      for (let i = 0; i < 5; i++) {
        requests.push(read(last));
        await pause(i);
      }
      await writing;
      requests.push(read(last));
      for (const page of await Promise.all(requests)) {
        assert.ok(page.ok);
        assert.deepEqual(page.value.events.map(({ sequence }) => sequence), [last + 1]);
        assert.equal(page.value.next, last + 1);
      }
      last++;
    }
    leave.abort();
  });

  Deno.test(`createEventFeed: the log is read for a request that has not seen the newest event, is ahead, or does not wait (${backend.name})`, async () => {
    await using bench = await openBench(backend);
    const { counts, read, leave, write, looked } = await startFeed(bench);
    await write();
    await write();
    const first = read(2);
    await looked();
    for (const [after, waitS, found] of [[1, WAIT_S, 1], [2, 0, 0]] as const) {
      const { reads } = counts;
      const page = await read(after, waitS);
      assert.equal(page.ok && page.value.events.length, found);
      assert.equal(counts.reads, reads + 1);
    }
    assert.deepEqual(await read(3), { ok: false, refusal: { kind: "events-ahead", last: 2 } });
    leave.abort();
    assert.ok((await first).ok);
  });

  Deno.test(`createEventFeed: an event from before the wait is read at its end when no look has begun since (${backend.name})`, async () => {
    await using bench = await openBench(backend);
    const { staleRead, write } = await startFeed(bench);
    await write();
    const page = await staleRead(0);
    assert.deepEqual(page.ok && page.value.events.map(({ sequence }) => sequence), [1]);
  });
}
