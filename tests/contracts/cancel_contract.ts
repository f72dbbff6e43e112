import assert from "node:assert/strict";
import type { Backend } from "./backends.ts";
import {
  accepted,
  capacityFor,
  claimOne,
  countRows,
  dump,
  newSender,
  openBench,
  START,
  startAndAccept,
} from "./isolate.ts";

const LATER = START + 60_000;

/** The contract of {@link NotificationStore.cancel}. */
export function cancelContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`NotificationStore ${name} (${backend.name})`, run);

  test("cancel: cancels a notification without a started attempt, once", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const ref = await accepted(bench, sender, { dueAt: LATER });
    const other = await accepted(bench, sender, { dueAt: LATER });
    const cancelled = await bench.notifications.cancel(ref, "live", START + 5);
    assert.equal(cancelled?.id, ref.notificationId);
    assert.equal(cancelled?.status, "cancelled");
    assert.deepEqual([cancelled?.statusAt, cancelled?.completedAt], [START + 5, START + 5]);
    assert.deepEqual(await bench.notifications.get(ref), cancelled);
    const before = await dump(bench.db);
    assert.deepEqual(await bench.notifications.cancel(ref, undefined, START + 9), cancelled);
    assert.deepEqual(await dump(bench.db), before);
    assert.deepEqual(await bench.notifications.timeline(ref), [
      { at: START, kind: "accepted", facts: { status: "created" } },
      { at: START + 5, kind: "status-changed", facts: { status: "cancelled", code: "asked" } },
    ]);
    assert.deepEqual(
      (await bench.outbox.claim(LATER, capacityFor(9), 1_000)).map(({ lease }) => lease.ref),
      [other],
    );
  });

  test("cancel: finds notifications of the service and of the kind of key only", async () => {
    await using bench = await openBench(backend);
    const [sender, stranger] = [await newSender(bench), await newSender(bench)];
    const ref = await accepted(bench, sender, { dueAt: LATER });
    const { notifications } = bench;
    const before = await dump(bench.db);
    const foreign = { ...ref, serviceId: stranger.serviceId };
    assert.equal(await notifications.cancel(foreign, undefined, START), undefined);
    assert.equal(await notifications.cancel(ref, "test", START), undefined);
    const unknown = { ...ref, notificationId: bench.clock.newNotificationId() };
    assert.equal(await notifications.cancel(unknown, undefined, START), undefined);
    assert.deepEqual(await dump(bench.db), before);
    assert.equal((await notifications.cancel(ref, undefined, START))?.status, "cancelled");
  });

  test("cancel: is too late while the row is leased, and not after a lease that ended before an attempt started", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const { notifications, outbox } = bench;
    const ref = await accepted(bench, sender, { lease: { token: "mine", until: LATER } });
    assert.equal((await notifications.cancel(ref, "live", LATER - 1))?.status, "created");
    assert.equal((await notifications.cancel(ref, "live", LATER))?.status, "cancelled");
    const attempt = { provider: "post", possibleDuplicate: false };
    const begun = await outbox.start({ ref, token: "mine" }, attempt, LATER, LATER + 1_000);
    assert.equal(begun, undefined, "the holder that comes back finds nothing to do");
    assert.equal(await countRows(bench.db, "outbox"), 0);
  });

  test("cancel: is too late when an attempt was started, the provider accepted it, or it has ended", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const { notifications, outbox, time: time } = bench;
    const ref = await accepted(bench, sender);
    const item = await claimOne(bench);
    await outbox.start(
      item.lease,
      { provider: "post", possibleDuplicate: false },
      time.now,
      time.now + 30_000,
    );
    // Its lease is over, but an attempt was begun: the provider may have it.
    time.now += 60_000;
    const before = await dump(bench.db);
    assert.equal((await notifications.cancel(ref, "live", time.now))?.status, "created");
    assert.deepEqual(await dump(bench.db), before);
    await startAndAccept(bench, await claimOne(bench), "m");
    assert.equal((await notifications.cancel(ref, "live", time.now))?.status, "sending");
    assert.equal(await countRows(bench.db, "outbox"), 1);
  });

  test("cancel and a concurrent claim: exactly one of them succeeds", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const other = await bench.another();
    const refs = await Promise.all(Array.from({ length: 12 }, () => accepted(bench, sender)));
    const [claimed, ...cancelled] = await Promise.all([
      other.outbox.claim(START, capacityFor(6), 30_000),
      ...refs.map((ref) => bench.notifications.cancel(ref, "live", START)),
    ]);
    const held = new Set(claimed.map(({ notification }) => notification.id));
    for (const [index, ref] of refs.entries()) {
      const status = held.has(ref.notificationId) ? "created" : "cancelled";
      assert.equal(cancelled[index]?.status, status);
    }
    const attempt = { provider: "post", possibleDuplicate: false };
    for (const { lease } of claimed) {
      assert.equal(await other.outbox.start(lease, attempt, START, START + 30_000), 1);
    }
    assert.equal(await countRows(bench.db, "outbox"), held.size);
  });
}
