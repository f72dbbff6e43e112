import assert from "node:assert/strict";
import { createOutbox, type UndecryptableRow } from "../../adapters/libsql/outbox/outbox.ts";
import type { NotificationId } from "../../domain/ids.ts";
import type { ClaimedRow } from "../../domain/ports/outbox.ts";
import type { SendOutcome } from "../../domain/ports/provider.ts";
import {
  GIVE_UP_AFTER_MS,
  RECEIPT_WAIT_MS,
  RETRY_DELAYS_MS,
  UNDECRYPTABLE_DELAY_MS,
} from "../../domain/delivery/retry.ts";
import {
  finishWithoutAttempt,
  NO_FURTHER_WORK,
  NOT_OPENED,
  settleAttempt,
} from "../../domain/delivery/attempt_result.ts";
import type { Backend } from "./backends.ts";
import {
  accepted,
  type Bench,
  claimOne,
  countRows,
  handOver,
  newSender,
  openBench,
  receipt,
  roomFor,
  START,
} from "./isolate.ts";

const LEASE_MS = 30_000;

/** Makes one attempt at an item, with the outcome given. */
async function attempt(bench: Bench, item: ClaimedRow, outcome: SendOutcome): Promise<boolean> {
  const { outbox, hands } = bench;
  const { lease, unresolved, notification } = item;
  const start = { provider: "post", possibleDuplicate: unresolved };
  const number = await outbox.start(lease, start, hands.now, hands.now + LEASE_MS);
  if (number === undefined) return false;
  const settlement = settleAttempt(
    {
      number,
      provider: "post",
      channel: notification.channel,
      acceptedAt: notification.createdAt,
      international: notification.international,
      unresolved,
    },
    outcome,
    hands.now,
    0,
  );
  return (await outbox.settle(lease, "post", settlement, hands.now)).isWritten;
}

const TIMED_OUT: SendOutcome = { kind: "retry", outcome: "unknown", code: "timeout" };
const NOT_SENT: SendOutcome = { kind: "retry", outcome: "not-sent", code: "http-503" };

/** What {@link Outbox} promises. */
export function outboxContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`Outbox ${name} (${backend.name})`, run);

  test("claim returns due rows, the oldest first, up to the limit", async () => {
    await using bench = await openBench(backend);
    const [one, two] = [await newSender(bench), await newSender(bench)];
    const due: NotificationId[] = [];
    for (const [i, sender] of [two, one, two, one, one].entries()) {
      const { notificationId } = await accepted(bench, sender, { createdAt: START + 10 * i });
      due.push(notificationId);
    }
    const claim = async (now: number, limit: number) =>
      (await bench.outbox.claim(now, roomFor(limit), LEASE_MS)).map(({ notification }) =>
        notification.id
      );
    assert.deepEqual(await claim(START - 1, 10), []);
    assert.deepEqual((await claim(START + 30, 2)).toSorted(), due.slice(0, 2).toSorted());
    assert.deepEqual((await claim(START + 30, 10)).toSorted(), due.slice(2, 4).toSorted());
    assert.deepEqual(await claim(START + 30, 10), []);
    assert.deepEqual(await claim(START + 40, 10), due.slice(4));
  });

  test("claim returns a row with its notification in its present state", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const ref = await accepted(bench, sender, { reference: "r" });
    const { lease, ...item } = await claimOne(bench);
    assert.deepEqual(lease.ref, ref);
    assert.deepEqual(item, {
      task: "deliver",
      attempts: 0,
      unresolved: false,
      providerMessageId: undefined,
      cancellationReason: undefined,
      notification: await bench.notifications.get(ref),
    });
  });

  test("claim claims a row again after its lease, under another token", async () => {
    await using bench = await openBench(backend);
    await accepted(bench, await newSender(bench));
    const first = await claimOne(bench);
    const claim = (now: number) => bench.outbox.claim(now, roomFor(10), LEASE_MS);
    assert.deepEqual(await claim(START + LEASE_MS - 1), []);
    const [second] = await claim(START + LEASE_MS);
    assert.notEqual(second?.lease.token, first.lease.token);
    assert.deepEqual(second?.lease.ref, first.lease.ref);
  });

  test("concurrent claims never return the same row", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    await Promise.all(Array.from({ length: 30 }, () => accepted(bench, sender)));
    const other = await bench.another();
    const claims = await Promise.all(
      [bench, other, bench, other, bench, other].map(({ outbox }) =>
        outbox.claim(START, roomFor(8), LEASE_MS)
      ),
    );
    const taken = claims.flat().map(({ notification }) => notification.id);
    assert.equal(taken.length, 30);
    assert.equal(new Set(taken).size, 30);
  });

  test("claim returns the other rows when one cannot be decrypted, and backs that one off", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const broken = await accepted(bench, sender);
    const good = await accepted(bench, sender);
    await bench.db.write([{
      sql: "UPDATE notifications SET sealed = zeroblob(40) WHERE id = ?",
      args: [broken.notificationId],
    }]);
    const told: UndecryptableRow[] = [];
    const outbox = createOutbox({ ...bench, onUndecryptable: (row) => told.push(row) });
    const claimed = await outbox.claim(START, roomFor(10), LEASE_MS);
    assert.deepEqual(claimed.map(({ lease }) => lease.ref), [good]);
    assert.deepEqual(told, [{ ref: broken, error: "OperationError", ended: false }]);
    const again = START + UNDECRYPTABLE_DELAY_MS.least;
    assert.deepEqual(await outbox.claim(again - 1, roomFor(10), LEASE_MS), []);
    assert.equal(told.length, 1);
    assert.deepEqual(await outbox.claim(again, roomFor(10), LEASE_MS), []);
    assert.equal(told.length, 2);
  });

  test("claim ends an undecryptable row as late as an undeliverable one; before that the key may be restored", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const ref = await accepted(bench, sender);
    const told: UndecryptableRow[] = [];
    const keyless = createOutbox({
      ...await bench.another([new Uint8Array(32).fill(9)]),
      onUndecryptable: (row) => told.push(row),
    });
    const last = START + GIVE_UP_AFTER_MS - UNDECRYPTABLE_DELAY_MS.most;
    for (const now of [START, last]) {
      assert.deepEqual(await keyless.claim(now, roomFor(10), LEASE_MS), []);
    }
    bench.hands.now = last + UNDECRYPTABLE_DELAY_MS.most;
    const item = await claimOne(bench);
    assert.deepEqual(item.lease.ref, ref);
    assert.equal((await bench.notifications.get(ref))?.status, "created");

    bench.hands.now += LEASE_MS;
    assert.deepEqual(await keyless.claim(bench.hands.now, roomFor(10), LEASE_MS), []);
    assert.deepEqual(told.map(({ ended }) => ended), [false, false, true]);
    assert.deepEqual(told.at(-1), { ref, error: "MissingMasterKey", ended: true });
    assert.equal((await bench.notifications.get(ref))?.status, "technical-failure");
    const timeline = await bench.notifications.timeline(ref);
    assert.deepEqual(timeline?.slice(-2).map(({ kind, facts }) => [kind, facts]), [
      ["attempt-ended", { outcome: "not-sent", code: NOT_OPENED }],
      ["status-changed", { status: "technical-failure" }],
    ]);
    assert.equal(await countRows(bench.db, "outbox"), 0);
  });

  test("claim returns single sends before rows of jobs, and those before rows that await receipts", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const waiting = await accepted(bench, sender);
    const item = await claimOne(bench);
    await bench.outbox.settle(item.lease, "post", {
      ...NO_FURTHER_WORK,
      next: { kind: "poll", dueAt: START - 9 },
    }, START);
    const list = await accepted(bench, sender, { inBatch: true, dueAt: START - 5 });
    const single = await accepted(bench, sender);
    const order: NotificationId[] = [];
    for (let i = 0; i < 3; i++) {
      const [{ notification } = assert.fail()] = await bench.outbox.claim(
        START,
        roomFor(1),
        LEASE_MS,
      );
      order.push(notification.id);
    }
    assert.deepEqual(order, [single, list, waiting].map(({ notificationId }) => notificationId));
  });

  test("claim serves services round-robin, however long the queue of one is", async () => {
    await using bench = await openBench(backend);
    const [one, two, three] = [
      await newSender(bench),
      await newSender(bench),
      await newSender(bench),
    ];
    for (let i = 0; i < 12; i++) await accepted(bench, one, { createdAt: START - 100 + i });
    for (let i = 0; i < 3; i++) await accepted(bench, two, { createdAt: START - 50 });
    await accepted(bench, three);
    const next = async (most: number) =>
      Object.groupBy(
        await bench.outbox.claim(START, roomFor(most), LEASE_MS),
        ({ notification: { serviceId } }) =>
          serviceId === one.serviceId ? "one" : serviceId === two.serviceId ? "two" : "three",
      );
    const first = await next(3);
    assert.deepEqual([first.one?.length, first.two?.length, first.three?.length], [1, 1, 1]);
    const second = await next(4);
    assert.deepEqual([second.one?.length, second.two?.length], [2, 2]);
    assert.equal((await next(100)).one?.length, 9);
  });

  test("claim applies the capacity of each channel separately", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    for (let i = 0; i < 4; i++) await accepted(bench, sender);
    for (let i = 0; i < 4; i++) await accepted(bench, sender, { channel: "email" });
    const claimed = await bench.outbox.claim(START, [
      { channel: "sms", most: 1 },
      { channel: "email", most: 3 },
    ], LEASE_MS);
    const channels = claimed.map(({ notification }) => notification.channel).toSorted();
    assert.deepEqual(channels, ["email", "email", "email", "sms"]);
  });

  test("start and settle are fenced by the lease's token", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const ref = await accepted(bench, sender);
    const old = await claimOne(bench);
    bench.hands.now += LEASE_MS;
    const current = await claimOne(bench);
    const start = { provider: "post", possibleDuplicate: false };
    const now = bench.hands.now;
    const ended = finishWithoutAttempt("technical-failure", "x");
    const until = now + LEASE_MS;
    assert.equal(await bench.outbox.start(old.lease, start, now, until), undefined);
    assert.equal((await bench.outbox.settle(old.lease, "post", ended, now)).isWritten, false);
    assert.equal((await bench.notifications.get(ref))?.status, "created");
    assert.equal((await bench.notifications.timeline(ref))?.length, 1);
    assert.equal(await bench.outbox.start(current.lease, start, now, until), 1);
    assert.equal((await bench.outbox.settle(current.lease, "post", ended, now)).isWritten, true);
    assert.equal((await bench.outbox.settle(current.lease, "post", ended, now)).isWritten, false);
    assert.equal((await bench.notifications.get(ref))?.status, "technical-failure");
  });

  test("start and settle distinguish an expired from a valid lease in the same batch", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    await accepted(bench, sender);
    const old = await claimOne(bench);
    bench.hands.now += LEASE_MS;
    const current = await claimOne(bench);
    const { outbox, hands: { now } } = bench;
    const start = { provider: "post", possibleDuplicate: false };
    const leases = [old.lease, current.lease, { ...current.lease, token: "none" }];
    const numbers = await Promise.all(
      leases.map((lease) => outbox.start(lease, start, now, now + LEASE_MS)),
    );
    assert.deepEqual(numbers, [undefined, 1, undefined]);
    const settled = await Promise.all(
      leases.map((lease) => outbox.settle(lease, "post", NO_FURTHER_WORK, now)),
    );
    assert.deepEqual(settled.map(({ isWritten }) => isWritten), [false, true, false]);
  });

  test("start numbers the attempts, records them on the timeline and extends the lease", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const ref = await accepted(bench, sender);
    const { lease } = await claimOne(bench);
    const { outbox } = bench;
    const begin = (possibleDuplicate: boolean, now: number) =>
      outbox.start(lease, { provider: "post", possibleDuplicate }, now, now + LEASE_MS);
    assert.equal(await begin(false, START + 1), 1);
    assert.equal(await begin(true, START + 20_000), 2);
    assert.deepEqual(await outbox.claim(START + 49_999, roomFor(10), LEASE_MS), []);
    assert.deepEqual((await bench.notifications.timeline(ref))?.slice(1), [
      { at: START + 1, kind: "attempt-started", facts: { provider: "post", attempt: 1 } },
      {
        at: START + 20_000,
        kind: "attempt-started",
        facts: { provider: "post", attempt: 2, possible_duplicate: true },
      },
    ]);
  });

  test("start returns undefined when the notification has a final status", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const ref = await accepted(bench, sender);
    const item = await claimOne(bench);
    await bench.receipts.receive([receipt("m", "delivered", { ref })], START);
    assert.equal(await attempt(bench, item, NOT_SENT), false);
    assert.equal((await bench.notifications.timeline(ref))?.length, 2);
    assert.equal(
      (await bench.outbox.settle(item.lease, undefined, NO_FURTHER_WORK, START)).isWritten,
      true,
    );
    assert.equal(await countRows(bench.db, "outbox"), 0);
    assert.equal((await bench.notifications.get(ref))?.status, "delivered");
  });

  test("start returns undefined for a row that awaits its receipt", async () => {
    await using bench = await openBench(backend);
    await accepted(bench, await newSender(bench));
    await handOver(bench, await claimOne(bench), "m");
    bench.hands.now += RECEIPT_WAIT_MS;
    const item = await claimOne(bench);
    assert.equal(item.task, "expire");
    assert.equal(await attempt(bench, item, NOT_SENT), false);
  });

  test("settle reschedules a row until the provider accepts it", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const ref = await accepted(bench, sender);
    for (const [index, delay] of RETRY_DELAYS_MS.entries()) {
      const item = await claimOne(bench);
      assert.equal(item.attempts, index);
      assert.equal(await attempt(bench, item, NOT_SENT), true);
      assert.deepEqual(await bench.outbox.claim(bench.hands.now + delay - 1, roomFor(10), 1), []);
      bench.hands.now += delay;
    }
    const sentAt = bench.hands.now;
    const outcome: SendOutcome = { kind: "accepted", providerMessageId: "m" };
    assert.equal(await attempt(bench, await claimOne(bench), outcome), true);
    const stored = await bench.notifications.get(ref);
    assert.deepEqual(
      [stored?.status, stored?.statusAt, stored?.sentAt, stored?.provider, stored?.completedAt],
      ["sending", sentAt, sentAt, "post", null],
    );
  });

  test("settle keeps an unresolved attempt marked through later ones", async () => {
    await using bench = await openBench(backend);
    await accepted(bench, await newSender(bench));
    const next = async (outcome: SendOutcome) => {
      const item = await claimOne(bench);
      await attempt(bench, item, outcome);
      bench.hands.now += 3_600_000;
      return item.unresolved;
    };
    assert.deepEqual(
      [await next(NOT_SENT), await next(TIMED_OUT), await next(NOT_SENT), await next(NOT_SENT)],
      [false, false, true, true],
    );
  });

  test("an attempt that was started and never settled counts as unresolved", async () => {
    await using bench = await openBench(backend);
    await accepted(bench, await newSender(bench));
    const { lease } = await claimOne(bench);
    const start = { provider: "post", possibleDuplicate: false };
    await bench.outbox.start(lease, start, START, START + LEASE_MS);
    bench.hands.now += LEASE_MS;
    const item = await claimOne(bench);
    assert.deepEqual([item.task, item.attempts, item.unresolved], ["deliver", 1, true]);
  });

  test("settle lets a row that the provider accepted expire, and an expired one ends", async () => {
    await using bench = await openBench(backend);
    const ref = await accepted(bench, await newSender(bench));
    const outcome: SendOutcome = { kind: "accepted", providerMessageId: "m" };
    await attempt(bench, await claimOne(bench), outcome);
    assert.deepEqual(await bench.outbox.claim(START + RECEIPT_WAIT_MS - 1, roomFor(10), 1), []);
    bench.hands.now += RECEIPT_WAIT_MS;
    const late = finishWithoutAttempt("temporary-failure", "no-receipt");
    const { lease } = await claimOne(bench);
    assert.equal(
      (await bench.outbox.settle(lease, undefined, late, bench.hands.now)).isWritten,
      true,
    );
    const stored = await bench.notifications.get(ref);
    assert.deepEqual(
      [stored?.status, stored?.completedAt, stored?.provider, stored?.sentAt],
      ["temporary-failure", bench.hands.now, "post", START],
    );
    assert.equal(await countRows(bench.db, "outbox"), 0);
  });

  test("settle deletes a row that is done, and one that a receipt has finished", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const rejected: SendOutcome = { kind: "rejected", permanent: true, code: "21211" };
    const bad = await accepted(bench, sender);
    await attempt(bench, await claimOne(bench), rejected);
    const abroad = await accepted(bench, sender, { international: true });
    const outcome: SendOutcome = { kind: "accepted", providerMessageId: "abroad" };
    await attempt(bench, await claimOne(bench), outcome);
    const quick = await accepted(bench, sender);
    const item = await claimOne(bench);
    await bench.receipts.receive([receipt("quick", "delivered", { ref: quick })], START + 7);
    await handOver(bench, item, "quick");
    assert.equal(await countRows(bench.db, "outbox"), 0);
    const status = async (ref: typeof bad) => {
      const stored = await bench.notifications.get(ref);
      return [stored?.status, (stored?.completedAt ?? 0) - START, stored?.provider];
    };
    assert.deepEqual(await status(bad), ["permanent-failure", 0, null]);
    assert.deepEqual(await status(abroad), ["sent", 0, "post"]);
    assert.deepEqual(await status(quick), ["delivered", 7, "post"]);
    const kinds = (await bench.notifications.timeline(bad))?.map((
      { kind, facts },
    ) => [kind, facts.code ?? facts.status]);
    assert.deepEqual(kinds, [
      ["accepted", "created"],
      ["attempt-started", undefined],
      ["attempt-ended", "21211"],
      ["status-changed", "permanent-failure"],
    ]);
  });

  test("settle after a quicker receipt still records the provider that accepted the message", async () => {
    await using bench = await openBench(backend);
    const ref = await accepted(bench, await newSender(bench));
    const { lease } = await claimOne(bench);
    const start = { provider: "post", possibleDuplicate: false };
    await bench.outbox.start(lease, start, START, START + LEASE_MS);
    await bench.receipts.receive([receipt("m", "delivered", { ref })], START + 7);
    const settled = await bench.outbox.settle(lease, "post", {
      status: "sending",
      providerMessageId: "m",
      next: { kind: "expire", dueAt: START + 100 },
      unresolved: false,
      events: [],
    }, START + 9);
    assert.equal(settled.isWritten, true);
    const stored = await bench.notifications.get(ref);
    assert.deepEqual(
      [stored?.status, stored?.provider, stored?.sentAt, stored?.completedAt],
      ["delivered", "post", START + 9, START + 7],
    );
    assert.equal(await countRows(bench.db, "outbox"), 0);
    assert.equal(await countRows(bench.db, "provider_messages"), 1);
  });

  test("settle writes all or nothing", async () => {
    await using bench = await openBench(backend);
    const ref = await accepted(bench, await newSender(bench));
    const { lease } = await claimOne(bench);
    const bad = {
      ...finishWithoutAttempt("technical-failure", "x"),
      next: { kind: "again", dueAt: NaN },
    } as const;
    await assert.rejects(bench.outbox.settle(lease, "post", { ...bad, status: undefined }, START));
    assert.equal((await bench.notifications.timeline(ref))?.length, 1);
    assert.equal(await countRows(bench.db, "outbox"), 1);
  });

  test("concurrent attempts are each settled separately", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    await Promise.all(Array.from({ length: 20 }, () => accepted(bench, sender)));
    const items = await bench.outbox.claim(START, roomFor(50), LEASE_MS);
    const outcomes: readonly SendOutcome[] = [
      NOT_SENT,
      TIMED_OUT,
      { kind: "rejected", permanent: false, code: "bad" },
      { kind: "accepted", providerMessageId: "m" },
    ];
    const settled = await Promise.all(items.map((item, i) => {
      const outcome = outcomes[i % 4] ?? NOT_SENT;
      return attempt(
        bench,
        item,
        outcome.kind === "accepted" ? { ...outcome, providerMessageId: `m${i}` } : outcome,
      );
    }));
    assert.deepEqual(settled, items.map(() => true));
    const statuses = await Promise.all(
      items.map(async ({ lease }) => (await bench.notifications.get(lease.ref))?.status),
    );
    const wanted = ["created", "created", "technical-failure", "sending"];
    assert.deepEqual(statuses, items.map((_, i) => wanted[i % 4]));
    const again = await bench.outbox.claim(START + 1_000, roomFor(50), LEASE_MS);
    assert.deepEqual(
      again.map(({ notification, unresolved }) => [notification.id, unresolved]).toSorted(),
      items.flatMap(({ notification }, i) => i % 4 < 2 ? [[notification.id, i % 4 === 1]] : [])
        .toSorted(),
    );
    assert.equal(await countRows(bench.db, "provider_messages"), 5);
  });
}
