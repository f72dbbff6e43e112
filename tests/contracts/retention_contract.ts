import assert from "node:assert/strict";
import {
  BUSY_STEP,
  createRetention,
  RECEIPTS_KEPT_MS,
} from "../../adapters/libsql/notifications/retention.ts";
import type { Backend } from "./backends.ts";
import {
  accepted,
  capacityFor,
  charge,
  claimOne,
  countRows,
  DAY_MS,
  dump,
  newSender,
  openBench,
  receipt,
  START,
  startAndAccept,
} from "./isolate.ts";
import { delivered } from "./sent_messages.ts";

/** The contract of {@link Retention}. */
export function retentionContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`Retention ${name} (${backend.name})`, run);

  test("purge: keeps notifications for the service's retention period of their channel", async () => {
    await using bench = await openBench(backend);
    const settings = { retention_days: { sms: 3, email: 5, inbox: 9, diia: 9 } };
    const [short, usual] = [await newSender(bench, { settings }), await newSender(bench)];
    const refs = {
      sms: await delivered(bench, short, "1"),
      email: await delivered(bench, short, "2", { channel: "email" }),
      other: await delivered(bench, usual, "3"),
    };
    bench.time.now += 1;
    const late = await delivered(bench, short, "4");
    const left = async (now: number) => {
      while (await bench.retention.purge(now, 100) > 0);
      const remaining = await Promise.all(
        Object.entries({ ...refs, late }).map(async ([name, ref]) =>
          await bench.notifications.get(ref) === undefined ? [] : [name]
        ),
      );
      return remaining.flat();
    };
    assert.deepEqual(await left(START + 3 * DAY_MS), ["sms", "email", "other", "late"]);
    assert.deepEqual(await left(START + 3 * DAY_MS + 1), ["email", "other", "late"]);
    assert.deepEqual(await left(START + 5 * DAY_MS), ["email", "other"]);
    assert.deepEqual(await left(START + 5 * DAY_MS + 1), ["other"]);
    assert.deepEqual(await left(START + 7 * DAY_MS + 1), []);
  });

  test("purge: deletes events, provider ids and outbox rows with a notification", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench, {
      settings: { retention_days: { sms: 1, email: 1, inbox: 1, diia: 1 } },
    });
    await delivered(bench, sender, "1");
    await accepted(bench, sender);
    // The provider accepted the message and no receipt came: only the outbox row is left.
    await startAndAccept(bench, await claimOne(bench), "2");
    const now = START + RECEIPTS_KEPT_MS + 1;
    assert.equal(await bench.retention.purge(now, 100), 2);
    const rows = await dump(bench.db);
    for (const table of ["notifications", "outbox", "receipts"]) {
      assert.deepEqual(rows.get(table), [], table);
    }
    for (const part of ["events", "provider_messages"]) {
      assert.equal(await countRows(bench.db, part), 0, part);
    }
    assert.equal(rows.get("services")?.length, 1);
    assert.equal(await bench.retention.purge(now, 100), 0);
  });

  test("purge: deletes nothing that is still to be sent", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const waiting = await accepted(bench, sender);
    const leased = await accepted(bench, sender, { lease: { token: "t", until: START + 99 } });
    assert.equal(await bench.retention.purge(START + 99 * DAY_MS, 100), 0);
    for (const ref of [waiting, leased]) {
      assert.equal((await bench.notifications.timeline(ref))?.length, 1);
    }
    assert.equal((await bench.outbox.claim(START + 99 * DAY_MS, capacityFor(9), 1)).length, 2);
  });

  test("purge: counts the days of a message that was scheduled from its end on", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const late = START + 30 * DAY_MS;
    const plan = { delivery: { scheduledFor: late }, dueAt: late };
    const ref = await accepted(bench, sender, plan);
    const handed = await accepted(bench, sender, plan);
    bench.time.now = late;
    const [first, second] = await bench.outbox.claim(late, capacityFor(9), 30_000);
    assert(first !== undefined && second !== undefined);
    await startAndAccept(bench, first, "1");
    await startAndAccept(bench, second, "2");
    await bench.receipts.receive([receipt("1", "delivered")], late + 1);
    const left = async (now: number) => {
      while (await bench.retention.purge(now, 100) > 0);
      return await countRows(bench.db, "notifications");
    };
    assert(await bench.notifications.get(ref) !== undefined);
    assert(await bench.notifications.get(handed) !== undefined);
    assert.equal(await left(late + 7 * DAY_MS), 2);
    assert.equal(await left(late + 7 * DAY_MS + 1), 1);
    assert.equal(await left(late + 7 * DAY_MS + 2), 0);
  });

  test("purge: deletes at most the limit, and returns how many rows were deleted", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    await Promise.all(Array.from({ length: 7 }, (_, i) =>
      accepted(bench, sender, {
        charges: [charge(`scope ${i}`, 9)],
        idempotency: {
          keyHash: String(i),
          requestHash: "r",
          answer: "{}",
          expiresAt: START + DAY_MS,
        },
      })));
    await bench.db.write(["DELETE FROM outbox"]);
    const now = START + 99 * DAY_MS;
    const steps = [];
    for (let i = 0; i < 4; i++) steps.push(await bench.retention.purge(now, 3));
    assert.deepEqual(steps, [9, 9, 3, 0]);
    assert.equal(await countRows(bench.db, "events"), 0);
  });

  test("purge: deletes no more than BUSY_STEP rows of a table while requests are being served", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    for (let i = 0; i <= BUSY_STEP; i++) await accepted(bench, sender);
    await bench.db.write(["DELETE FROM outbox"]);
    const background = { ...bench.db.background, isBusy: () => true };
    const { purge } = createRetention({ ...bench.db, background });
    const now = START + 99 * DAY_MS;
    assert.equal(await purge(now, BUSY_STEP + 1), BUSY_STEP);
    assert.equal(await purge(now, BUSY_STEP + 1), 1);
    assert.equal(await purge(now, BUSY_STEP + 1), 0);
  });

  test("purge: goes on behind rows that may not be deleted, and comes back to them", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const kept = [await accepted(bench, sender), await accepted(bench, sender)];
    const ids = JSON.stringify(kept.map(({ notificationId }) => notificationId));
    for (let i = 0; i < 3; i++) await accepted(bench, await newSender(bench));
    await bench.db.write([{
      sql:
        "DELETE FROM outbox WHERE notification_id NOT IN (SELECT unhex(value, '-') FROM json_each(?))",
      args: [ids],
    }]);
    const now = START + 99 * DAY_MS;
    const steps = [];
    for (let i = 0; i < 4; i++) steps.push(await bench.retention.purge(now, 1));
    assert.deepEqual(steps, [1, 1, 1, 0]);
    await bench.db.write(["DELETE FROM outbox"]);
    assert.equal(await bench.retention.purge(now, 9), 2);
    assert.equal(await bench.retention.purge(now, 9), 0);
  });

  test("purge: deletes answers, counters and receipts when they expire, not before", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    await bench.accepts.storeAnswer(sender.serviceId, {
      keyHash: "k",
      requestHash: "r",
      answer: "{}",
      expiresAt: START + DAY_MS,
    });
    await accepted(bench, sender, { charges: [charge("day", 9)] });
    await bench.receipts.receive([receipt("unknown", "delivered")], START);
    const left = async (now: number) => {
      await bench.retention.purge(now, 100);
      return await Promise.all(
        ["idempotency", "counters", "receipts"].map((table) => countRows(bench.db, table)),
      );
    };
    assert.deepEqual(await left(START + DAY_MS), [1, 1, 1]);
    assert.deepEqual(await left(START + DAY_MS + 1), [0, 1, 1]);
    assert.deepEqual(await left(START + 2 * DAY_MS + 1), [0, 0, 1]);
    assert.deepEqual(await left(START + RECEIPTS_KEPT_MS), [0, 0, 1]);
    assert.deepEqual(await left(START + RECEIPTS_KEPT_MS + 1), [0, 0, 0]);
  });

  test("purge: applies the defaults when a service has not set a period", async () => {
    await using bench = await openBench(backend);
    await delivered(bench, await newSender(bench), "1");
    await bench.db.write([
      "UPDATE services SET settings = json_remove(settings, '$.retention_days')",
    ]);
    assert.equal(await bench.retention.purge(START + 7 * DAY_MS, 100), 0);
    await bench.retention.purge(START + 7 * DAY_MS + 1, 100);
    assert.equal(await countRows(bench.db, "notifications"), 0);
  });

  test("purge: concurrent purges and accepts do not interfere", async () => {
    await using bench = await openBench(backend);
    const other = await bench.another();
    const sender = await newSender(bench);
    await Promise.all(Array.from({ length: 20 }, () => accepted(bench, sender)));
    await bench.db.write(["DELETE FROM outbox"]);
    bench.time.now += 30 * DAY_MS;
    const [template] = await Promise.all([
      Promise.all(Array.from({ length: 20 }, () => accepted(bench, sender))),
      ...Array.from({ length: 5 }, () => other.retention.purge(bench.time.now, 7)),
    ]);
    assert.equal(template.length, 20);
    assert.equal(await countRows(bench.db, "notifications"), 20);
    assert.equal(await countRows(bench.db, "events"), 20);
  });
}
