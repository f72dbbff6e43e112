import assert from "node:assert/strict";
import { createEventWatch, MAX_ISOLATED_WAIT_MS } from "../../../application/events/event_watch.ts";
import { createEventLog } from "../../../adapters/libsql/events/event_log.ts";
import { openDatabase } from "../../../adapters/libsql/connection/database.ts";
import { migrateEmpty } from "../../support/migrated.ts";
import type { ServiceId } from "../../../domain/ids.ts";
import { SHARED_HTTP } from "../../contracts/backends.ts";
import { accepted, createIsolate, newSender, openBench, START } from "../../contracts/isolate.ts";

const NEVER = new AbortController().signal;
/** Longer than any test runs. */
const LONG_MS = 3_600_000;
const QUICK = { embeddedMs: 5, remoteMs: 5 };

const newServiceId = () => crypto.randomUUID() as ServiceId;

/** A log of numbers that the test sets. */
function createNumbers() {
  const numbers = new Map<ServiceId, number>();
  const asked: (readonly ServiceId[])[] = [];
  let isBroken = false;
  return {
    numbers,
    asked,
    breakNext: () => void (isBroken = true),
    events: {
      isRemote: true,
      lastNumbers(serviceIds: readonly ServiceId[]) {
        asked.push(serviceIds);
        const fails = isBroken;
        isBroken = false;
        if (fails) return Promise.reject(new Error("the database is away"));
        return Promise.resolve(
          new Map([...numbers].filter(([id]) => serviceIds.includes(id))),
        );
      },
    },
  };
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

Deno.test("createEventWatch: wakes the requests of the service that has a greater number, and no others", async () => {
  const { events, numbers } = createNumbers();
  const watch = createEventWatch(events, QUICK);
  const [one, other] = [newServiceId(), newServiceId()];
  numbers.set(one, 3).set(other, 3);
  const ended: string[] = [];
  const leave = new AbortController();
  const note = (name: string, wait: Promise<boolean>) =>
    wait.then((hasEvent) => ended.push(`${name} ${hasEvent}`));
  const waits = [
    note("one", watch.wait(one, 3, LONG_MS, NEVER)),
    note("one again", watch.wait(one, 3, LONG_MS, NEVER)),
    note("one ahead", watch.wait(one, 4, LONG_MS, leave.signal)),
    note("other", watch.wait(other, 3, LONG_MS, leave.signal)),
  ];
  await pause(30);
  assert.deepEqual(ended, []);
  numbers.set(one, 4);
  await Promise.all(waits.slice(0, 2));
  assert.deepEqual(ended, ["one true", "one again true"]);
  leave.abort();
  await Promise.all(waits);
  assert.deepEqual(ended.slice(2).toSorted(), ["one ahead false", "other false"]);
});

Deno.test("createEventWatch.newest: the last look's number, of services that requests wait for, if it began late enough", async () => {
  const { events, numbers, asked } = createNumbers();
  const watch = createEventWatch(events, QUICK);
  const [one, other] = [newServiceId(), newServiceId()];
  numbers.set(one, 3).set(other, 3);
  const since = performance.now();
  assert.equal(watch.newest(one, 0), undefined);
  const leave = new AbortController();
  const wait = watch.wait(one, 3, LONG_MS, leave.signal);
  assert.equal(watch.newest(one, 0), undefined);
  while (asked.length < 2) await pause(5);
  assert.equal(watch.newest(one, since), 3);
  assert.equal(watch.newest(one, performance.now() + 1), undefined);
  assert.equal(watch.newest(other, 0), undefined);
  leave.abort();
  await wait;
  assert.equal(watch.newest(one, 0), undefined);
});

Deno.test("createEventWatch: one look serves all that wait, and none is made while no request waits", async () => {
  const { events, asked } = createNumbers();
  const watch = createEventWatch(events, { embeddedMs: LONG_MS, remoteMs: 40 });
  const services = Array.from({ length: 10 }, newServiceId);
  const waits = Array.from(
    { length: 200 },
    (_, i) => watch.wait(services[i % 10] ?? newServiceId(), 0, 100, NEVER),
  );
  assert.deepEqual(new Set(await Promise.all(waits)), new Set([false]));
  assert.ok(asked.length >= 1 && asked.length <= 3, `${asked.length} looks`);
  assert.deepEqual(asked[0], services);
  const { length } = asked;
  await pause(120);
  assert.equal(asked.length, length);
  assert.equal(await watch.wait(newServiceId(), 0, 0, NEVER), false);
  assert.equal(await watch.wait(newServiceId(), 0, LONG_MS, AbortSignal.abort()), false);
});

Deno.test("createEventWatch: goes on when a look fails", async () => {
  const { events, numbers, breakNext, asked } = createNumbers();
  const watch = createEventWatch(events, QUICK);
  const service = newServiceId();
  breakNext();
  numbers.set(service, 1);
  assert.equal(await watch.wait(service, 0, LONG_MS, NEVER), true);
  assert.equal(asked.length, 2);
});

Deno.test("createEventWatch: looks again within a second or so after a slow look", async () => {
  const { events, numbers } = createNumbers();
  let looks = 0;
  const watch = createEventWatch({
    ...events,
    async lastNumbers(ids) {
      if (looks++ === 0) await pause(300);
      return await events.lastNumbers(ids);
    },
  }, QUICK);
  const service = newServiceId();
  const since = performance.now();
  const wait = watch.wait(service, 0, LONG_MS, NEVER);
  await pause(320);
  numbers.set(service, 1);
  assert.equal(await wait, true);
  // Fifty times the look would be 15 seconds.
  assert.ok(performance.now() - since < 10_000);
});

Deno.test("createEventWatch: sees the events that another process writes to the same server", async () => {
  await using bench = await openBench(SHARED_HTTP);
  const sender = await newSender(bench);
  const another = await bench.another();
  const watch = createEventWatch(bench.events, QUICK);
  const wait = watch.wait(sender.serviceId, 0, LONG_MS, NEVER);
  const ref = await accepted(another, sender, { dueAt: START + 1 });
  await another.notifications.cancel(ref, undefined, START);
  assert.equal(await wait, true);
});

Deno.test("createEventWatch: on Workers each request looks by itself, and waits for a short time only", async () => {
  const { events, asked } = createNumbers();
  const navigator = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  const timers: number[] = [];
  const { setTimeout } = globalThis;
  Object.defineProperty(globalThis, "navigator", {
    value: { userAgent: "Cloudflare-Workers" },
    configurable: true,
  });
  try {
    globalThis.setTimeout = Object.assign(
      (run: () => void, ms: number) => (timers.push(ms), setTimeout(run, 0)),
      setTimeout,
    );
    const watch = createEventWatch(events);
    assert.equal(await watch.wait(newServiceId(), 0, 30_000, NEVER), false);
  } finally {
    globalThis.setTimeout = setTimeout;
    if (navigator !== undefined) Object.defineProperty(globalThis, "navigator", navigator);
  }
  assert.equal(timers.reduce((sum, ms) => sum + ms, 0), MAX_ISOLATED_WAIT_MS);
  assert.equal(asked.length, 5);
});

Deno.test("createEventWatch: 1,000 requests that wait ask the database nothing while nothing is written, and wake up at no message of another service", async () => {
  const folder = await Deno.makeTempDir();
  const db = await openDatabase({ url: `file:${folder}/hark.db` });
  try {
    await migrateEmpty(db, START);
    const isolate = await createIsolate(db, { now: START });
    const sender = await newSender(isolate);
    let reads = 0;
    let underWay = 0;
    const readLong: typeof db.readLong = (statements) => {
      reads++;
      underWay++;
      return db.readLong(statements).finally(() => underWay--);
    };
    const watch = createEventWatch(createEventLog({ ...db, readLong }, isolate.encryption), QUICK);
    const leave = new AbortController();
    let woken = 0;
    const waits = Array.from(
      { length: 1_000 },
      () =>
        watch.wait(newServiceId(), 0, LONG_MS, leave.signal).then((has) => woken += Number(has)),
    );
    while (reads === 0) await pause(5);
    reads = 0;
    await pause(50);
    assert.ok(reads <= 1, `${reads} reads while nothing is written`);
    for (let n = 0; n < 5; n++) {
      const ref = await accepted(isolate, sender, { dueAt: START + 1 });
      await isolate.notifications.cancel(ref, undefined, START);
    }
    await pause(50);
    assert.equal(woken, 0);
    leave.abort();
    await Promise.all(waits);
    // Its thread is closed after the look that may be under way.
    while (underWay > 0) await pause(5);
  } finally {
    db.close();
    await Deno.remove(folder, { recursive: true });
  }
});
