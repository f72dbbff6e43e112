import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import type { NotificationId, NotificationRef } from "../../domain/ids.ts";
import { RECEIPT_KINDS } from "../../domain/delivery/receipt.ts";
import {
  type AttemptResult,
  finishWithoutAttempt,
  NO_FURTHER_WORK,
} from "../../domain/delivery/attempt_result.ts";
import {
  COMPLETED_STATUSES,
  FINAL_STATUSES,
  mayCorrect,
  mayMove,
} from "../../domain/notification/status.ts";
import { createReceiptStore } from "../../adapters/libsql/notifications/receipts.ts";
import { MAX_EVENTS } from "../../adapters/libsql/notifications/timeline.ts";
import type { Backend } from "./backends.ts";
import {
  accepted,
  type Bench,
  capacityFor,
  claimOne,
  countRows,
  DAY_MS,
  newSender,
  openBench,
  receipt,
  START,
  startAndAccept,
} from "./isolate.ts";
import { sent } from "./sent_messages.ts";

/** Accepts a notification of a new service and hands it to a provider, which knows it by `messageId`. */
async function awaitReceipt(bench: Bench, messageId: string): Promise<NotificationRef> {
  return await sent(bench, await newSender(bench), messageId);
}

async function statusOf({ notifications }: Bench, ref: NotificationRef) {
  return (await notifications.get(ref))?.status;
}

async function kindsOf({ notifications }: Bench, ref: NotificationRef) {
  return (await notifications.timeline(ref))?.slice(4).map(({ kind }) => kind);
}

const AGAIN: AttemptResult = {
  ...NO_FURTHER_WORK,
  next: { kind: "again", dueAt: START },
  unresolved: true,
  events: [],
};

/** What may happen to a notification, in any order. */
const STEPS = [
  ...RECEIPT_KINDS,
  "claim",
  "start",
  "provider accepts",
  "try again",
  "reject",
  "expire",
] as const;

/** The contract of {@link ReceiptStore}. */
export function receiptsContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`ReceiptStore ${name} (${backend.name})`, run);

  test("receive: moves the status, records one event, and deletes the outbox row", async () => {
    await using bench = await openBench(backend);
    const ref = await awaitReceipt(bench, "m");
    const said = receipt("m", "delivered", { at: START + 3 });
    await bench.receipts.receive([said], START + 5);
    const stored = await bench.notifications.get(ref);
    assert.deepEqual(
      [stored?.status, stored?.statusAt, stored?.completedAt],
      ["delivered", START + 5, START + 5],
    );
    assert.deepEqual(await kindsOf(bench, ref), ["status-changed"]);
    assert.equal(await countRows(bench.db, "outbox"), 0);
    await bench.receipts.receive([], START);
  });

  test("receive: stores and applies the receipts of concurrent calls in one write", async () => {
    await using bench = await openBench(backend);
    const refs: NotificationRef[] = [];
    for (let i = 0; i < 8; i++) refs.push(await awaitReceipt(bench, `m${i}`));
    let writes = 0;
    const db = {
      ...bench.db,
      write: (statements: Parameters<typeof bench.db.write>[0]) => {
        writes++;
        return bench.db.write(statements);
      },
    };
    const { receive } = createReceiptStore(db);
    const kinds = ["delivered", "complaint", "sent", "permanent-failure"] as const;
    await Promise.all(
      refs.map((_, i) => receive([receipt(`m${i}`, kinds[i % 4] ?? "sent")], START + 5)),
    );
    const statuses = await Promise.all(refs.map((ref) => statusOf(bench, ref)));
    const expected = ["delivered", "sending", "sent", "permanent-failure"];
    assert.deepEqual(statuses, [...expected, ...expected]);
    for (const ref of refs) assert.equal((await kindsOf(bench, ref))?.length, 1);
    assert.equal(writes, 1);
  });

  test("settle: adds nothing to the timeline but the start and the change when its result has no events", async () => {
    for (const isStarted of [false, true]) {
      await using bench = await openBench(backend);
      const ref = await accepted(bench, await newSender(bench));
      const { lease } = await claimOne(bench);
      const start = { provider: "post", possibleDuplicate: false };
      if (isStarted) await bench.outbox.start(lease, start, START, START + 1_000);
      const result = { ...AGAIN, status: "sending" as const, providerMessageId: "m" };
      await bench.outbox.settle(lease, "post", result, START);
      await bench.receipts.receive([receipt("m", "delivered")], START + 1);
      assert.deepEqual(
        (await bench.notifications.timeline(ref))?.map(({ kind }) => kind),
        [
          "accepted",
          ...isStarted ? ["attempt-started"] : [],
          "status-changed",
          "status-changed",
        ],
      );
    }
  });

  test("settle: reports which messages have receipts that came before their results", async () => {
    await using bench = await openBench(backend);
    await accepted(bench, await newSender(bench));
    await bench.receipts.receive([receipt("m", "delivered")], START);
    const settle = async (messageId: string) => {
      const { lease } = await claimOne(bench);
      const result = { ...AGAIN, providerMessageId: messageId };
      return await bench.outbox.settle(lease, "post", result, START);
    };
    assert.deepEqual(await settle("n"), { isWritten: true, hasUnmatchedReceipts: false });
    assert.deepEqual(await settle("m"), { isWritten: true, hasUnmatchedReceipts: true });
  });

  test("sweep: applies receipts that a crash left unapplied, and leaves unmatched ones", async () => {
    await using bench = await openBench(backend);
    const ref = await awaitReceipt(bench, "left");
    const keep = (messageId: string) => ({
      sql: `INSERT INTO receipts (provider, mark, message_id, kind, received_at)
        VALUES ('post', ?, ?, 'delivered', ?)`,
      args: [`${messageId} delivered`, messageId, START],
    });
    await bench.db.write([keep("left"), keep("unknown")]);
    await bench.receipts.sweep(START, 10, START + 1);
    assert.equal(
      await statusOf(bench, ref),
      "sending",
      "one that has just come is not left behind",
    );
    await bench.receipts.sweep(START + 1, 10, START + 2);
    assert.equal(await statusOf(bench, ref), "delivered");
    const [unmatched] = await bench.db.read([
      "SELECT message_id FROM receipts",
    ]);
    assert.deepEqual(unmatched?.rows.map(({ message_id }) => message_id), ["unknown"]);
  });

  test("sweep: reaches a known message behind more unknown ones than it takes at a time", async () => {
    await using bench = await openBench(backend);
    const ref = await awaitReceipt(bench, "z");
    const keep = (messageId: string) => ({
      sql: `INSERT INTO receipts (provider, mark, message_id, kind, received_at)
        VALUES ('post', ?, ?, 'delivered', ?)`,
      args: [`${messageId} delivered`, messageId, START],
    });
    const unknown = Array.from({ length: 250 }, (_, i) => keep(`a${i}`));
    await bench.db.write([...unknown, keep("z")]);
    const sweep = (after?: string) => bench.receipts.sweep(START + 1, 100, START + 2, after);
    const second = await sweep();
    const third = await sweep(second);
    assert.equal(await statusOf(bench, ref), "sending");
    assert.notEqual(third, second);
    assert.equal(await sweep(third), undefined);
    assert.equal(await statusOf(bench, ref), "delivered");
  });

  test("receive: prevents a second copy when the provider turns out to have the message", async () => {
    await using bench = await openBench(backend);
    const ref = await accepted(bench, await newSender(bench));
    const { lease } = await claimOne(bench);
    await bench.outbox.start(
      lease,
      { provider: "post", possibleDuplicate: false },
      START,
      START + 9,
    );
    await bench.outbox.settle(lease, "post", AGAIN, START);
    await bench.receipts.receive([receipt("m", "sending", { ref })], START + 1);
    assert.equal(await statusOf(bench, ref), "sending");
    assert.deepEqual(await bench.outbox.claim(START + DAY_MS, capacityFor(10), 1), []);
    const [late] = await bench.outbox.claim(START + 4 * DAY_MS, capacityFor(10), 1);
    assert.equal(late?.task, "expire");
  });

  test("receive: applies a repeated receipt once, within a call and between calls", async () => {
    await using bench = await openBench(backend);
    const ref = await awaitReceipt(bench, "m");
    const said = receipt("m", "complaint");
    await bench.receipts.receive([said, said], START + 5);
    await bench.receipts.receive([said], START + 6);
    await bench.receipts.applyUnmatched("post", ["m"], START + 7);
    assert.deepEqual(await kindsOf(bench, ref), ["complaint"]);
    assert.equal(await countRows(bench.db, "receipts"), 0, "only unmatched ones are stored");
  });

  test("receive: distinguishes receipts by provider and dedupe key, as text", async () => {
    await using bench = await openBench(backend);
    const ref = await awaitReceipt(bench, "123");
    const said = (dedupeKey: string, provider = "post") =>
      receipt("123", "complaint", { dedupeKey, provider, ...(provider === "post" ? {} : { ref }) });
    await bench.receipts.receive(
      [said("1"), said("01"), said("1.0"), said("1", "other"), said("\u0000"), said("\u0000x")],
      START,
    );
    assert.equal((await kindsOf(bench, ref))?.length, 6);
    await bench.receipts.receive([receipt("0123", "delivered")], START);
    assert.equal(await statusOf(bench, ref), "sending", "a message id is text too");
  });

  test("receive: stores an unmatched receipt until the provider's id is known", async () => {
    await using bench = await openBench(backend);
    const ref = await accepted(bench, await newSender(bench));
    await bench.receipts.receive([receipt("m", "delivered"), receipt("n", "delivered")], START);
    await bench.receipts.applyUnmatched("post", ["m"], START);
    assert.equal(await statusOf(bench, ref), "created");
    await startAndAccept(bench, await claimOne(bench), "m");
    assert.equal(await statusOf(bench, ref), "sending");
    await bench.receipts.applyUnmatched("other", ["m"], START);
    await bench.receipts.applyUnmatched("post", ["n"], START);
    assert.equal(await statusOf(bench, ref), "sending");
    await bench.receipts.applyUnmatched("post", ["m"], START + 9);
    assert.equal(await statusOf(bench, ref), "delivered");
    await bench.receipts.applyUnmatched("post", ["m"], START + 10);
    assert.deepEqual(await kindsOf(bench, ref), ["status-changed"]);
  });

  test("receive: also applies unapplied earlier receipts of the same message", async () => {
    await using bench = await openBench(backend);
    const ref = await accepted(bench, await newSender(bench));
    await bench.receipts.receive([receipt("m", "delivered", { at: START + 1 })], START + 1);
    await startAndAccept(bench, await claimOne(bench), "m");
    // The worker stopped after it recorded the acceptance, before it applied the unmatched receipt.
    await bench.receipts.receive([receipt("m", "complaint", { at: START + 2 })], START + 2);
    assert.equal(await statusOf(bench, ref), "delivered");
    assert.deepEqual(await kindsOf(bench, ref), ["status-changed", "complaint"]);
  });

  test("receive: finds a notification by our own reference before the provider's id is known", async () => {
    await using bench = await openBench(backend);
    const ref = await accepted(bench, await newSender(bench));
    await bench.receipts.receive([receipt("m", "sending", { ref })], START);
    assert.equal(await statusOf(bench, ref), "sending");
    const [item] = await bench.outbox.claim(START, capacityFor(10), 1);
    assert.equal(item?.notification.status, "sending", "the row stays until the end is known");
  });

  test("receive: leaves a receipt unmatched whose reference names no notification", async () => {
    await using bench = await openBench(backend);
    const ref = await awaitReceipt(bench, "m");
    const { serviceId } = await newSender(bench);
    const unknown = bench.clock.newNotificationId();
    const refs: NotificationRef[] = [
      { serviceId, notificationId: ref.notificationId },
      { serviceId: ref.serviceId, notificationId: unknown },
      { serviceId: ref.serviceId, notificationId: "no id" as NotificationId },
    ];
    const said = refs.map((ref, i) => receipt("x", "delivered", { ref, dedupeKey: String(i) }));
    await bench.receipts.receive(said, START);
    assert.equal(await statusOf(bench, ref), "sending");
    const [{ n } = { n: 0 }] = (await bench.db.read([
      "SELECT count(*) AS n FROM receipts",
    ]))[0]?.rows ?? [];
    assert.equal(n, 3);
  });

  test("receive: applies receipts of one call by their times, then in the order given", async () => {
    await using bench = await openBench(backend);
    const ref = await awaitReceipt(bench, "m");
    await bench.receipts.receive([
      receipt("m", "delivered", { at: START + 2, dedupeKey: "a" }),
      receipt("m", "sent", { at: START + 1, dedupeKey: "z" }),
    ], START + 5);
    assert.deepEqual(await kindsOf(bench, ref), ["status-changed", "status-changed"]);
    const other = await awaitReceipt(bench, "n");
    await bench.receipts.receive([
      receipt("n", "sent", { dedupeKey: "n z" }),
      receipt("n", "delivered", { dedupeKey: "n a" }),
    ], START + 5);
    assert.deepEqual(await kindsOf(bench, other), ["status-changed", "status-changed"]);
  });

  test("receive: ignores a receipt that would move a status back, and records that", async () => {
    await using bench = await openBench(backend);
    const ref = await awaitReceipt(bench, "m");
    const say = (kind: Parameters<typeof receipt>[1], now: number) =>
      bench.receipts.receive([receipt("m", kind)], now);
    await say("delivered", START + 1);
    await say("sending", START + 2);
    await say("permanent-failure", START + 3);
    const stored = await bench.notifications.get(ref);
    assert.deepEqual(
      [stored?.status, stored?.statusAt, stored?.completedAt],
      ["delivered", START + 1, START + 1],
    );
    assert.deepEqual(await kindsOf(bench, ref), [
      "status-changed",
      "receipt-ignored",
      "receipt-ignored",
    ]);
  });

  test("receive: records no more than MAX_EVENTS events that others cause, and every change of status", async () => {
    await using bench = await openBench(backend);
    const ref = await awaitReceipt(bench, "m");
    const complaints = Array.from(
      { length: MAX_EVENTS },
      (_, at) => receipt("m", "complaint", { dedupeKey: String(at) }),
    );
    // The accept is not stored, and three events are of the attempt.
    await bench.receipts.receive(complaints.slice(0, MAX_EVENTS - 4), START + 1);
    assert.equal((await bench.notifications.timeline(ref))?.length, MAX_EVENTS);
    await bench.receipts.receive(complaints.slice(MAX_EVENTS - 4), START + 2);
    assert.equal((await bench.notifications.timeline(ref))?.length, MAX_EVENTS + 1);
    await bench.receipts.receive([receipt("m", "delivered")], START + 3);
    await bench.receipts.receive([receipt("m", "sending")], START + 4);
    const timeline = await bench.notifications.timeline(ref);
    assert.deepEqual(
      [timeline?.length, timeline?.at(-1)?.facts.status, await statusOf(bench, ref)],
      [MAX_EVENTS + 2, "delivered", "delivered"],
    );
  });

  test("receive: a complaint and an unsubscription leave the status unchanged", async () => {
    await using bench = await openBench(backend);
    const ref = await awaitReceipt(bench, "m");
    await bench.receipts.receive([receipt("m", "unsubscribed")], START + 1);
    assert.equal((await bench.notifications.get(ref))?.complainedAt, null);
    await bench.receipts.receive([receipt("m", "complaint")], START + 2);
    await bench.receipts.receive([receipt("m", "complaint", { dedupeKey: "2" })], START + 3);
    const stored = await bench.notifications.get(ref);
    assert.deepEqual(
      [stored?.status, stored?.statusAt, stored?.complainedAt],
      ["sending", START, START + 2],
    );
    assert.deepEqual(await kindsOf(bench, ref), ["unsubscribed", "complaint", "complaint"]);
    assert.equal(await countRows(bench.db, "outbox"), 1);
  });

  test("receive: concurrent calls apply a receipt once", async () => {
    await using bench = await openBench(backend);
    const other = await bench.another();
    const ref = await awaitReceipt(bench, "m");
    const said = [receipt("m", "delivered"), receipt("m", "complaint")];
    await Promise.all([
      bench.receipts.receive(said, START),
      other.receipts.receive(said, START),
      bench.receipts.applyUnmatched("post", ["m"], START),
      other.receipts.applyUnmatched("post", ["m"], START),
    ]);
    // Two isolates number their events by themselves: within a millisecond either may come first.
    const kinds = (await bench.notifications.timeline(ref))?.map(({ kind }) => kind).toSorted();
    assert.deepEqual(kinds, [
      "accepted",
      "attempt-ended",
      "attempt-started",
      "complaint",
      "status-changed",
      "status-changed",
    ]);
  });

  test("receive: stores a code unchanged", async () => {
    await using bench = await openBench(backend);
    const ref = await awaitReceipt(bench, "m");
    const code = 'a\u0000b"\\ 30005';
    await bench.receipts.receive([receipt("m", "delivered", { code })], START);
    const timeline = await bench.notifications.timeline(ref);
    assert.equal(timeline?.at(-1)?.facts.code, code);
  });

  test("receive: in any sequence of calls, a status changes only as the table allows and a final status stays final", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    let run = 0;
    const property = fc.asyncProperty(
      fc.array(fc.constantFrom(...STEPS), { minLength: 1, maxLength: 12 }),
      async (steps) => {
        const messageId = `m${run++}`;
        bench.time.now += 10 * DAY_MS;
        await bench.db.write(["DELETE FROM outbox"]);
        const ref = await accepted(bench, sender);
        let lease = { ref, token: "" };
        let before = await bench.notifications.get(ref);
        for (const [index, step] of steps.entries()) {
          const now = bench.time.now += 60_000;
          if (RECEIPT_KINDS.some((kind) => kind === step)) {
            const kind = RECEIPT_KINDS.find((known) => known === step) ?? "complaint";
            const dedupeKey = `${messageId} ${index}`;
            const known = index % 2 === 0 ? { ref } : {};
            await bench.receipts.receive([receipt(messageId, kind, { dedupeKey, ...known })], now);
          } else if (step === "claim") {
            const [item] = await bench.outbox.claim(now + 4 * DAY_MS, capacityFor(1), 1_000);
            lease = item?.lease ?? lease;
          } else if (step === "start") {
            const start = { provider: "post", possibleDuplicate: false };
            await bench.outbox.start(lease, start, now, now + 1_000);
          } else {
            const settlement: AttemptResult = step === "provider accepts"
              ? {
                status: "sending",
                providerMessageId: messageId,
                next: { kind: "expire", dueAt: now + DAY_MS },
                unresolved: false,
                events: [],
              }
              : step === "try again"
              ? AGAIN
              : finishWithoutAttempt(
                step === "reject" ? "permanent-failure" : "temporary-failure",
                "x",
              );
            await bench.outbox.settle(lease, "post", settlement, now);
            await bench.receipts.applyUnmatched("post", [messageId], now);
          }
          const after = await bench.notifications.get(ref);
          if (before === undefined || after === undefined) throw new Error("it is gone");
          if (after.status !== before.status) {
            const mayChange = mayMove(before.status, after.status) ||
              (step !== "expire" && mayCorrect(before.status, after.status));
            assert.ok(mayChange, `${before.status} ${after.status}`);
            assert.equal(after.statusAt, now);
          } else assert.equal(after.statusAt, before.statusAt);
          assert.equal(
            after.completedAt !== null,
            COMPLETED_STATUSES.includes(after.status) || before.completedAt !== null,
          );
          before = after;
        }
        const changes = (await bench.notifications.timeline(ref) ?? [])
          .flatMap(({ kind, facts }) =>
            ["accepted", "status-changed", "status-corrected"].includes(kind) ? [facts.status] : []
          );
        assert.equal(changes.at(-1), before?.status, "the timeline tells every change");
        if (before !== undefined && FINAL_STATUSES.includes(before.status)) {
          const left = await bench.outbox.claim(bench.time.now + 9 * DAY_MS, capacityFor(1), 1);
          for (const item of left) {
            assert.equal(
              await bench.outbox.start(
                item.lease,
                { provider: "p", possibleDuplicate: false },
                1,
                2,
              ),
              undefined,
            );
          }
        }
      },
    );
    await fc.assert(property, { numRuns: backend.name === "embedded, in memory" ? 60 : 6 });
  });
}
