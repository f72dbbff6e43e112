import assert from "node:assert/strict";
import { MAX_PASSED_EVENTS } from "../../adapters/libsql/events/event_log.ts";
import { eventId, EVENTS_KEPT_MS } from "../../domain/events/service_event.ts";
import type { NotificationRef, ServiceId } from "../../domain/ids.ts";
import type { EventRange } from "../../domain/ports/event_log.ts";
import type { Backend } from "./backends.ts";
import {
  accepted,
  type Bench,
  DAY_MS,
  type Isolate,
  newSender,
  openBench,
  receipt,
  type Sender,
  START,
} from "./isolate.ts";
import { sent } from "./sent_messages.ts";

const ALL: EventRange = { after: 0, limit: 250 };

async function deliver({ receipts, time }: Isolate, messageId: string): Promise<void> {
  await receipts.receive([receipt(messageId, "delivered")], time.now);
}

async function numbersOf({ events }: Isolate, serviceId: ServiceId, range: EventRange = ALL) {
  return (await events.read(serviceId, range)).events.map(({ sequence }) => sequence);
}

/** Cancels accepted notifications one by one: an event each. */
async function cancelled(bench: Bench, sender: Sender, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const { notificationId } = await accepted(bench, sender, { dueAt: START + EVENTS_KEPT_MS });
    const ref = { serviceId: sender.serviceId, notificationId };
    await bench.notifications.cancel(ref, undefined, bench.time.now);
  }
}

/** The contract of {@link EventLog}. */
export function eventLogContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`EventLog ${name} (${backend.name})`, run);

  test("read: has an event with the notification and its status then for every end and complaint", async () => {
    await using bench = await openBench(backend);
    const [sender, stranger] = [await newSender(bench), await newSender(bench)];
    assert.deepEqual(
      await bench.events.read(sender.serviceId, ALL),
      { events: [], next: 0, oldest: 1, last: 0 },
    );
    const ref = await sent(bench, sender, "m", { reference: "case 7" });
    await sent(bench, stranger, "n");
    assert.deepEqual(await numbersOf(bench, sender.serviceId), [], "sending is no event");
    bench.time.now += 5;
    await deliver(bench, "m");
    await deliver(bench, "m");
    bench.time.now += 5;
    await bench.receipts.receive([receipt("m", "complaint", { ref })], bench.time.now);
    await bench.receipts.receive(
      [receipt("m", "complaint", { ref, dedupeKey: "again" })],
      bench.time.now,
    );
    const page = await bench.events.read(sender.serviceId, ALL);
    const notification = await bench.notifications.get(ref);
    const own = { ...ref, keyKind: "live" as const, status: "delivered" as const, notification };
    assert.deepEqual(page, {
      events: [
        { ...own, sequence: 1, type: "delivered", at: START + 5 },
        { ...own, sequence: 2, type: "complaint", at: START + 10 },
      ],
      next: 2,
      oldest: 1,
      last: 2,
    });
    assert.equal(notification?.reference, "case 7");
    const [first, second] = page.events.map(eventId);
    assert.equal(first, `evt_${ref.notificationId.replaceAll("-", "")}_1`);
    assert.notEqual(first, second);
    assert.deepEqual(await numbersOf(bench, stranger.serviceId), []);
  });

  test("read: reads on from a number, a page at a time, up to the newest", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    await cancelled(bench, sender, 5);
    const { serviceId } = sender;
    const read = async (after: number, limit: number) => {
      const { events, next, last } = await bench.events.read(serviceId, { after, limit });
      return [events.map(({ sequence }) => sequence), next, last];
    };
    assert.deepEqual(await read(0, 2), [[1, 2], 2, 5]);
    assert.deepEqual(await read(2, 2), [[3, 4], 4, 5]);
    assert.deepEqual(await read(4, 2), [[5], 5, 5]);
    assert.deepEqual(await read(5, 2), [[], 5, 5]);
    assert.deepEqual(await read(9, 2), [[], 9, 5]);
    assert.deepEqual(await read(Number.MAX_SAFE_INTEGER - 1, 2), [
      [],
      Number.MAX_SAFE_INTEGER - 1,
      5,
    ]);
  });

  test("read: passes the events of other kinds of keys", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const { serviceId } = sender;
    for (const keyKind of ["live", "test", "test", "live", "test"] as const) {
      const ref = await accepted(bench, sender, { keyKind });
      await bench.notifications.cancel(ref, undefined, START);
    }
    const read = async (range: EventRange) => {
      const { events, next } = await bench.events.read(serviceId, range);
      return [events.map(({ sequence }) => sequence), next];
    };
    assert.deepEqual(await read({ ...ALL, keyKind: "live" }), [[1, 4], 5]);
    assert.deepEqual(await read({ ...ALL, keyKind: "live", limit: 1 }), [[1], 1]);
    assert.deepEqual(await read({ after: 1, limit: 1, keyKind: "live" }), [[4], 4]);
    assert.deepEqual(await read({ after: 4, limit: 1, keyKind: "live" }), [[], 5]);
    assert.deepEqual(await read({ ...ALL, keyKind: "team" }), [[], 5]);
  });

  test("read: ends a search among events of other kinds of keys after so many", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const { serviceId } = sender;
    const ref = await accepted(bench, sender, { keyKind: "test" });
    await bench.notifications.cancel(ref, undefined, START);
    await bench.db.write([`WITH RECURSIVE n(i) AS (
        SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ${MAX_PASSED_EVENTS})
      INSERT INTO service_events SELECT service_id, n.i, notification_id, key_kind, type, status, at
      FROM service_events, n WHERE sequence = 1`]);
    const live = await accepted(bench, sender);
    await bench.notifications.cancel(live, undefined, START);
    const range: EventRange = { ...ALL, keyKind: "live" };
    const page = await bench.events.read(serviceId, range);
    assert.deepEqual([page.events.length, page.next], [0, MAX_PASSED_EVENTS]);
    assert.deepEqual(
      await numbersOf(bench, serviceId, { ...range, after: page.next }),
      [MAX_PASSED_EVENTS + 1],
    );
  });

  test("read: has no gap and no repeat, in the order of each notification, while processes write at once", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const { serviceId } = sender;
    const isolates = [bench, await bench.another(), await bench.another()];
    const refs: NotificationRef[] = [];
    for (let i = 0; i < 30; i++) refs.push(await sent(bench, sender, `m${i}`));
    const seen: number[] = [];
    let isOver = false;
    const consumer = (async () => {
      for (let after = 0; !isOver || seen.length < 60;) {
        const page = await bench.events.read(serviceId, { after, limit: 7 });
        seen.push(...page.events.map(({ sequence }) => sequence));
        after = page.next;
        await new Promise((resolve) => setTimeout(resolve));
      }
    })();
    await Promise.all(refs.map(async (ref, i) => {
      const own = isolates[i % 3] ?? bench;
      await own.receipts.receive([receipt(`m${i}`, "delivered")], START);
      const other = isolates[(i + 1) % 3] ?? bench;
      await other.receipts.receive([receipt(`m${i}`, "complaint", { ref })], START);
    }));
    isOver = true;
    await consumer;
    assert.deepEqual(seen, Array.from({ length: 60 }, (_, i) => i + 1));
    const { events } = await bench.events.read(serviceId, ALL);
    for (const { notificationId } of refs) {
      const types = events.filter((event) => event.notificationId === notificationId)
        .map(({ type }) => type);
      assert.deepEqual(types, ["delivered", "complaint"]);
    }
  });

  test("purge: deletes the events of 7 days before, in their order, and never the newest", async () => {
    await using bench = await openBench(backend);
    const [sender, other] = [await newSender(bench), await newSender(bench)];
    const { serviceId } = sender;
    await cancelled(bench, sender, 3);
    bench.time.now = START + 100;
    await cancelled(bench, sender, 2);
    // A process whose clock is behind: what is kept has no gap.
    bench.time.now = START;
    await cancelled(bench, sender, 2);
    await cancelled(bench, other, 2);
    const purgeAll = async (now: number) => {
      while (await bench.retention.purge(now, 100) > 0);
    };
    await purgeAll(START + EVENTS_KEPT_MS);
    assert.deepEqual(await numbersOf(bench, serviceId), [1, 2, 3, 4, 5, 6, 7]);
    await purgeAll(START + EVENTS_KEPT_MS + 1);
    const page = await bench.events.read(serviceId, { after: 1, limit: 9 });
    assert.deepEqual([page.oldest, page.last, page.events.length], [4, 7, 4]);
    await purgeAll(START + EVENTS_KEPT_MS + 101);
    assert.deepEqual(await numbersOf(bench, serviceId), [7]);
    assert.deepEqual(await numbersOf(bench, other.serviceId), [2]);
    await cancelled(bench, sender, 1);
    assert.deepEqual(await numbersOf(bench, serviceId), [7, 8]);
  });

  test("read: has the events of a notification that was deleted, without it", async () => {
    await using bench = await openBench(backend);
    const settings = { retention_days: { sms: 1, email: 1, inbox: 1, diia: 1 } };
    const sender = await newSender(bench, { settings });
    await cancelled(bench, sender, 2);
    assert.equal(await bench.retention.purge(START + 2 * DAY_MS, 100), 2);
    const { events } = await bench.events.read(sender.serviceId, ALL);
    assert.deepEqual(
      events.map(({ sequence, type, status, notification }) => [
        sequence,
        type,
        status,
        notification,
      ]),
      [[1, "cancelled", "cancelled", undefined], [2, "cancelled", "cancelled", undefined]],
    );
  });

  test("purge: deletes many events in bounded steps", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    await cancelled(bench, sender, 12);
    await bench.db.write(["DELETE FROM notifications", "DELETE FROM outbox"]);
    const now = START + EVENTS_KEPT_MS + 1;
    const steps: number[] = [];
    for (let deleted = 1; deleted > 0;) {
      deleted = await bench.retention.purge(now, 5);
      steps.push(deleted);
    }
    assert.deepEqual(steps, [5, 5, 1, 0]);
  });

  test("lastNumbers: has the newest number of each service that has one", async () => {
    await using bench = await openBench(backend);
    const senders = [await newSender(bench), await newSender(bench), await newSender(bench)];
    const [first, second, third] = senders;
    if (first === undefined || second === undefined || third === undefined) throw new Error();
    await cancelled(bench, first, 3);
    await cancelled(bench, third, 1);
    const ids = senders.map(({ serviceId }) => serviceId);
    assert.deepEqual(
      await bench.events.lastNumbers(ids),
      new Map([[first.serviceId, 3], [third.serviceId, 1]]),
    );
    assert.deepEqual(await bench.events.lastNumbers([]), new Map());
  });
}
