import assert from "node:assert/strict";
import type { ClaimedRow } from "../../domain/ports/outbox.ts";
import type { SendOutcome } from "../../domain/ports/provider.ts";
import {
  RECEIPT_WAIT_MS,
  RETRY_DELAYS_MS,
  UNKNOWN_DELAYS_MS,
} from "../../domain/delivery/retry.ts";
import {
  type AttemptResult,
  endWithoutReceipt,
  finishWithoutAttempt,
  NO_FURTHER_WORK,
  settleAttempt,
} from "../../domain/delivery/attempt_result.ts";
import type { Backend } from "./backends.ts";
import {
  accepted,
  type Bench,
  capacityFor,
  claimOne,
  countRows,
  newSender,
  openBench,
  receipt,
  START,
  startAndAccept,
} from "./isolate.ts";
import { LEASE_MS } from "./outbox_contract.ts";

/** Makes one attempt at an item, with this outcome. */
async function attempt(bench: Bench, item: ClaimedRow, outcome: SendOutcome): Promise<boolean> {
  const { outbox, time } = bench;
  const { lease, unresolved, notification } = item;
  const start = { provider: "post", possibleDuplicate: unresolved };
  const number = await outbox.start(lease, start, time.now, time.now + LEASE_MS);
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
    time.now,
    0,
  );
  return (await outbox.settle(lease, "post", settlement, time.now)).isWritten;
}

const TIMED_OUT: SendOutcome = { kind: "retry", outcome: "unknown", code: "timeout" };

const NOT_SENT: SendOutcome = { kind: "retry", outcome: "not-sent", code: "http-503" };

/** The contract of {@link Outbox} about starting and settling attempts. */
export function attemptsContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`Outbox ${name} (${backend.name})`, run);

  test("start, settle: are fenced by the lease's token", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const ref = await accepted(bench, sender);
    const old = await claimOne(bench);
    bench.time.now += LEASE_MS;
    const current = await claimOne(bench);
    const start = { provider: "post", possibleDuplicate: false };
    const now = bench.time.now;
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

  test("start, settle: distinguish an expired from a valid lease in the same batch", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    await accepted(bench, sender);
    const old = await claimOne(bench);
    bench.time.now += LEASE_MS;
    const current = await claimOne(bench);
    const { outbox, time: { now } } = bench;
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

  test("start: numbers the attempts, records them on the timeline and extends the lease", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const ref = await accepted(bench, sender);
    const { lease } = await claimOne(bench);
    const { outbox } = bench;
    const begin = (possibleDuplicate: boolean, now: number) =>
      outbox.start(lease, { provider: "post", possibleDuplicate }, now, now + LEASE_MS);
    assert.equal(await begin(false, START + 1), 1);
    assert.equal(await begin(true, START + 20_000), 2);
    assert.deepEqual(await outbox.claim(START + 49_999, capacityFor(10), LEASE_MS), []);
    assert.deepEqual((await bench.notifications.timeline(ref))?.slice(1), [
      { at: START + 1, kind: "attempt-started", facts: { provider: "post", attempt: 1 } },
      {
        at: START + 20_000,
        kind: "attempt-started",
        facts: { provider: "post", attempt: 2, possible_duplicate: true },
      },
    ]);
  });

  test("start: returns undefined when the notification has a final status", async () => {
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

  test("start: returns undefined for a row that awaits its receipt", async () => {
    await using bench = await openBench(backend);
    await accepted(bench, await newSender(bench));
    await startAndAccept(bench, await claimOne(bench), "m");
    bench.time.now += RECEIPT_WAIT_MS;
    const item = await claimOne(bench);
    assert.equal(item.task, "expire");
    assert.equal(await attempt(bench, item, NOT_SENT), false);
  });

  test("settle: reschedules a row until the provider accepts it", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const ref = await accepted(bench, sender);
    for (const [index, delay] of RETRY_DELAYS_MS.entries()) {
      const item = await claimOne(bench);
      assert.equal(item.attempts, index);
      assert.equal(await attempt(bench, item, NOT_SENT), true);
      assert.deepEqual(
        await bench.outbox.claim(bench.time.now + delay - 1, capacityFor(10), 1),
        [],
      );
      bench.time.now += delay;
    }
    const sentAt = bench.time.now;
    const outcome: SendOutcome = { kind: "accepted", providerMessageId: "m" };
    assert.equal(await attempt(bench, await claimOne(bench), outcome), true);
    const stored = await bench.notifications.get(ref);
    assert.deepEqual(
      [stored?.status, stored?.statusAt, stored?.sentAt, stored?.provider, stored?.completedAt],
      ["sending", sentAt, sentAt, "post", null],
    );
  });

  test("settle: keeps an unresolved attempt marked through later ones", async () => {
    await using bench = await openBench(backend);
    await accepted(bench, await newSender(bench));
    const next = async (outcome: SendOutcome) => {
      const item = await claimOne(bench);
      await attempt(bench, item, outcome);
      bench.time.now += 3_600_000;
      return item.unresolved;
    };
    assert.deepEqual(
      [await next(NOT_SENT), await next(TIMED_OUT), await next(NOT_SENT), await next(NOT_SENT)],
      [false, false, true, true],
    );
  });

  test("claim: reports an attempt that was started and never settled as unresolved", async () => {
    await using bench = await openBench(backend);
    await accepted(bench, await newSender(bench));
    const { lease } = await claimOne(bench);
    const start = { provider: "post", possibleDuplicate: false };
    await bench.outbox.start(lease, start, START, START + LEASE_MS);
    bench.time.now += LEASE_MS;
    const item = await claimOne(bench);
    assert.deepEqual([item.task, item.attempts, item.unresolved], ["deliver", 1, true]);
  });

  test("settle: lets a row that the provider accepted expire, and an expired one ends", async () => {
    await using bench = await openBench(backend);
    const ref = await accepted(bench, await newSender(bench));
    const outcome: SendOutcome = { kind: "accepted", providerMessageId: "m" };
    await attempt(bench, await claimOne(bench), outcome);
    assert.deepEqual(await bench.outbox.claim(START + RECEIPT_WAIT_MS - 1, capacityFor(10), 1), []);
    bench.time.now += RECEIPT_WAIT_MS;
    const late = endWithoutReceipt();
    const { lease } = await claimOne(bench);
    assert.equal(
      (await bench.outbox.settle(lease, undefined, late, bench.time.now)).isWritten,
      true,
    );
    const stored = await bench.notifications.get(ref);
    assert.deepEqual(
      [stored?.status, stored?.completedAt, stored?.provider, stored?.sentAt],
      ["temporary-failure", bench.time.now, "post", START],
    );
    assert.equal(await countRows(bench.db, "outbox"), 0);
  });

  test("settle: deletes a row that is done, and one that a receipt has finished", async () => {
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
    await startAndAccept(bench, item, "quick");
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

  test("settle: after an earlier receipt, still records the provider that accepted the message", async () => {
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

  test("settle: writes all or nothing", async () => {
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

  test("settle: concurrent attempts are each settled separately", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    await Promise.all(Array.from({ length: 20 }, () => accepted(bench, sender)));
    const items = await bench.outbox.claim(START, capacityFor(50), LEASE_MS);
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
    const expected = ["created", "created", "technical-failure", "sending"];
    assert.deepEqual(statuses, items.map((_, i) => expected[i % 4]));
    const unknownDelay = UNKNOWN_DELAYS_MS.sms?.[0] ?? 0;
    const again = await bench.outbox.claim(START + unknownDelay, capacityFor(50), LEASE_MS);
    assert.deepEqual(
      again.map(({ notification, unresolved }) => [notification.id, unresolved]).toSorted(),
      items.flatMap(({ notification }, i) => i % 4 < 2 ? [[notification.id, i % 4 === 1]] : [])
        .toSorted(),
    );
    assert.equal(await countRows(bench.db, "provider_messages"), 5);
  });

  test("adopt: writes nothing when another notification has the message", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const refs = [await accepted(bench, sender), await accepted(bench, sender)];
    const rows = await bench.outbox.claim(START, capacityFor(2), LEASE_MS);
    const result = (providerMessageId: string): AttemptResult => ({
      ...NO_FURTHER_WORK,
      status: "sending",
      providerMessageId,
      next: { kind: "expire", dueAt: START + 1_000 },
    });
    const [first, second] = rows;
    assert.ok(first && second);
    const adopt = async ({ lease }: ClaimedRow, id: string) =>
      (await bench.outbox.adopt(lease, "post", result(id), START)).isWritten;
    assert.equal(await adopt(first, "a"), true);
    assert.equal(await adopt(second, "a"), false);
    const statuses = async () =>
      await Promise.all(refs.map(async (ref) => (await bench.notifications.get(ref))?.status));
    assert.deepEqual((await statuses()).toSorted(), ["created", "sending"]);
    assert.equal(await countRows(bench.db, "outbox"), 2);
    assert.deepEqual([...await bench.outbox.listRecorded("post", ["a", "b"])], ["a"]);
    assert.deepEqual([...await bench.outbox.listRecorded("other", ["a"])], []);
    assert.deepEqual([...await bench.outbox.listRecorded("post", [])], []);
    // A message that is done at once is not adopted twice either.
    const done: AttemptResult = { ...result("a"), status: "sent", next: { kind: "done" } };
    assert.equal((await bench.outbox.adopt(second.lease, "post", done, START)).isWritten, false);
    assert.equal(await countRows(bench.db, "outbox"), 2);
    assert.equal(await adopt(second, "b"), true);
    assert.equal(
      (await bench.outbox.settle(first.lease, "post", result("c"), START)).isWritten,
      false,
    );
  });

  test("settle: keeps the attempts of unknown outcome until they are resolved", async () => {
    await using bench = await openBench(backend);
    await accepted(bench, await newSender(bench));
    const unknown = [{ number: 1, provider: "post", startedAt: START, endedAt: START + 5 }];
    const settle = async (result: Partial<AttemptResult>) => {
      const { lease, unknown } = await claimOne(bench);
      const next = { kind: "again", dueAt: bench.time.now } as const;
      await bench.outbox.settle(
        lease,
        undefined,
        { ...NO_FURTHER_WORK, next, ...result },
        bench.time.now,
      );
      return unknown;
    };
    assert.deepEqual(await settle({ unresolved: true, unknown }), []);
    assert.deepEqual(await settle({ unresolved: true }), unknown);
    assert.deepEqual(await settle({ unresolved: false }), unknown);
    assert.deepEqual(await settle({}), []);
  });

  test("claim: tells which attempt was started and never settled", async () => {
    await using bench = await openBench(backend);
    await accepted(bench, await newSender(bench));
    const { lease } = await claimOne(bench);
    const start = { provider: "post", possibleDuplicate: false };
    await bench.outbox.start(lease, start, START + 7, START + LEASE_MS);
    bench.time.now += LEASE_MS;
    const { unknown } = await claimOne(bench);
    assert.deepEqual(unknown, [
      {
        number: 1,
        provider: "post",
        startedAt: START + 7,
        endedAt: START + 15_007,
        isUnsettled: true,
      },
    ]);
  });
}
