import assert from "node:assert/strict";
import { createSuppressionStore } from "../../adapters/libsql/suppressions/suppressions.ts";
import { MAX_REDRIVES } from "../../domain/dead_letters/dead_letter.ts";
import { GIVE_UP_AFTER_MS } from "../../domain/delivery/retry.ts";
import type { NotificationRef } from "../../domain/ids.ts";
import type { Backend } from "./backends.ts";
import { ACCEPTED, end, start, statusOf, unresolvedMessage } from "./correction_steps.ts";
import { deadLetter, deadLettersOf, idsOf, REJECTED } from "./dead_letters_contract.ts";
import { DAY_MS, dump, newSender, openBench, receipt, START } from "./isolate.ts";

/** The contract of {@link DeadLetterStore}: what it does not redrive, and how long it may. */
export function deadLetterSkipsContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`DeadLetterStore ${name} (${backend.name})`, run);

  test("redrive: skips what is deleted, late, kept long enough, suppressed, dropped or being recorded, and changes nothing of it", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const store = deadLettersOf(bench);
    async function skipOf(ref: NotificationRef) {
      const before = await dump(bench.db);
      const skip = await store.redrive(ref, bench.time.now);
      assert.deepEqual(await dump(bench.db), before);
      return skip;
    }
    const gone = { serviceId: sender.serviceId, notificationId: bench.clock.newNotificationId() };
    assert.equal(await store.find(gone.notificationId), undefined);
    assert.equal(await skipOf(gone), "deleted");

    const late = await deadLetter(bench, sender, { delivery: { validUntil: START + 1_000 } });
    bench.time.now = START + 1_000;
    assert.equal(await skipOf(late), "expired");

    const suppressed = await deadLetter(bench, sender);
    await createSuppressionStore(bench).add({
      serviceId: sender.serviceId,
      id: bench.clock.newId(),
      channel: "sms",
      recipient: "447700900123",
      because: "operator",
      reason: "asked",
    }, bench.time.now);
    assert.equal(await skipOf(suppressed), "suppressed");

    const dropped = await deadLetter(bench, await newSender(bench));
    assert.equal(await store.drop(dropped, "out-of-date", bench.time.now), undefined);
    assert.equal(await store.drop(dropped, "other", bench.time.now), "dropped");
    assert.equal(await skipOf(dropped), "dropped");
    assert.deepEqual(await idsOf(bench, {}, true), [dropped.notificationId]);
    assert.equal(await store.drop(gone, "x", bench.time.now), "deleted");

    const old = await deadLetter(bench, await newSender(bench));
    bench.time.now += 7 * DAY_MS;
    const kept = await store.redrive(old, bench.time.now);
    assert.equal(kept, undefined, "until its retention period is over");
    await end(bench, await start(bench), REJECTED);
    bench.time.now += 7 * DAY_MS + 1;
    assert.equal(await skipOf(old), "deleted", "its retention period is over");
  });

  test("redrive: skips a message whose last attempt a worker still records", async () => {
    await using bench = await openBench(backend);
    const ref = await unresolvedMessage(bench, await newSender(bench), 1);
    const { item } = await start(bench);
    await bench.receipts.receive([
      receipt("m", "technical-failure", { ref, attempt: 2 }),
    ], bench.time.now);
    assert.equal(await statusOf(bench, ref), "technical-failure");
    const store = deadLettersOf(bench);
    assert.equal(await store.redrive(ref, bench.time.now), "under-way");
    await end(bench, { item, number: 2 }, REJECTED);
    assert.equal(await store.redrive(ref, bench.time.now), undefined);
    assert.equal((await start(bench)).number, 3);
  });

  test("redrive: beside retention, the message is kept and sent, or deleted and skipped", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const store = deadLettersOf(bench);
    const [kept, deleted] = [await deadLetter(bench, sender), await deadLetter(bench, sender)];
    bench.time.now += 7 * DAY_MS;
    assert.equal(await store.redrive(kept, bench.time.now), undefined);
    bench.time.now += 60_000;
    await Promise.all([
      bench.retention.purge(bench.time.now, 100),
      store.redrive(deleted, bench.time.now),
    ]);
    assert.equal(await statusOf(bench, deleted), undefined);
    assert.equal(await statusOf(bench, kept), "created", "it is in the outbox again");
    await end(bench, await start(bench), ACCEPTED("m"));
    await bench.retention.purge(bench.time.now, 100);
    assert.equal(await statusOf(bench, kept), "sending", "its days count from its last sending");
  });

  test(`redrive: ${MAX_REDRIVES} times, and not again`, async () => {
    await using bench = await openBench(backend);
    const ref = await deadLetter(bench, await newSender(bench));
    const store = deadLettersOf(bench);
    for (let times = 1; times <= MAX_REDRIVES; times++) {
      assert.equal(await store.redrive(ref, bench.time.now), undefined);
      const attempt = await start(bench);
      assert.equal(attempt.number, times + 1);
      await end(bench, attempt, REJECTED);
    }
    assert.equal(await store.redrive(ref, bench.time.now), "redriven-too-often");
  });

  test("redrive: the 72 hours of tries begin anew", async () => {
    await using bench = await openBench(backend);
    const ref = await deadLetter(bench, await newSender(bench));
    bench.time.now += GIVE_UP_AFTER_MS + 1;
    await deadLettersOf(bench).redrive(ref, bench.time.now);
    assert.deepEqual(await bench.outbox.claimOverdue(bench.time.now, ["sms"], 1_000), []);
    bench.time.now += GIVE_UP_AFTER_MS;
    // The place of the last call is behind the row: one more call begins again.
    await bench.outbox.claimOverdue(bench.time.now, ["sms"], 1_000);
    const [overdue] = await bench.outbox.claimOverdue(bench.time.now, ["sms"], 1_000);
    assert.deepEqual(overdue?.lease.ref, ref);
  });
}
