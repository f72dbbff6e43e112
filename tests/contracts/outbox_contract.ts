import assert from "node:assert/strict";
import { idBytes } from "../../adapters/libsql/connection/row.ts";
import {
  createOutbox,
  UNDECRYPTABLE_PASSES,
  type UndecryptableRow,
} from "../../adapters/libsql/outbox/outbox.ts";
import type { NotificationId } from "../../domain/ids.ts";

import { LANE, MAX_UNDECRYPTABLE_CLAIM } from "../../domain/delivery/lanes.ts";
import { GIVE_UP_AFTER_MS, UNDECRYPTABLE_DELAY_MS } from "../../domain/delivery/retry.ts";
import { CANNOT_DECRYPT, NO_FURTHER_WORK } from "../../domain/delivery/attempt_result.ts";
import type { Backend } from "./backends.ts";
import {
  accepted,
  capacityFor,
  claimOne,
  countRows,
  DAY_MS,
  newSender,
  openBench,
  START,
} from "./isolate.ts";

export const LEASE_MS = 30_000;

/** The contract of {@link Outbox}. */
export function outboxContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`Outbox ${name} (${backend.name})`, run);

  test("claim: returns due rows, the oldest first, up to the limit", async () => {
    await using bench = await openBench(backend);
    const [one, two] = [await newSender(bench), await newSender(bench)];
    const due: NotificationId[] = [];
    for (const [i, sender] of [two, one, two, one, one].entries()) {
      const { notificationId } = await accepted(bench, sender, { createdAt: START + 10 * i });
      due.push(notificationId);
    }
    const claim = async (now: number, limit: number) =>
      (await bench.outbox.claim(now, capacityFor(limit), LEASE_MS)).map(({ notification }) =>
        notification.id
      );
    assert.deepEqual(await claim(START - 1, 10), []);
    assert.deepEqual((await claim(START + 30, 2)).toSorted(), due.slice(0, 2).toSorted());
    assert.deepEqual((await claim(START + 30, 10)).toSorted(), due.slice(2, 4).toSorted());
    assert.deepEqual(await claim(START + 30, 10), []);
    assert.deepEqual(await claim(START + 40, 10), due.slice(4));
  });

  test("claim: returns a row with its notification in its present state", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const ref = await accepted(bench, sender, { reference: "r" });
    const { lease, ...item } = await claimOne(bench);
    assert.deepEqual(lease.ref, ref);
    assert.deepEqual(item, {
      task: "deliver",
      attempts: 0,
      unresolved: false,
      unknown: [],
      providerMessageId: undefined,
      cancellationReason: undefined,
      notification: await bench.notifications.get(ref),
    });
  });

  test("claim: claims a row again after its lease, under another token", async () => {
    await using bench = await openBench(backend);
    await accepted(bench, await newSender(bench));
    const first = await claimOne(bench);
    const claim = (now: number) => bench.outbox.claim(now, capacityFor(10), LEASE_MS);
    assert.deepEqual(await claim(START + LEASE_MS - 1), []);
    const [second] = await claim(START + LEASE_MS);
    assert.notEqual(second?.lease.token, first.lease.token);
    assert.deepEqual(second?.lease.ref, first.lease.ref);
  });

  test("claim: concurrent claims never return the same row", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    await Promise.all(Array.from({ length: 30 }, () => accepted(bench, sender)));
    const other = await bench.another();
    const claims = await Promise.all(
      [bench, other, bench, other, bench, other].map(({ outbox }) =>
        outbox.claim(START, capacityFor(8), LEASE_MS)
      ),
    );
    const claimed = claims.flat().map(({ notification }) => notification.id);
    assert.equal(claimed.length, 30);
    assert.equal(new Set(claimed).size, 30);
  });

  test("claim: returns the other rows when one cannot be decrypted, and backs that one off", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const broken = await accepted(bench, sender);
    const good = await accepted(bench, sender);
    await bench.db.write([{
      sql: "UPDATE notifications SET sealed = zeroblob(40) WHERE id = ?",
      args: [idBytes(broken.notificationId)],
    }]);
    const reported: UndecryptableRow[] = [];
    const outbox = createOutbox({ ...bench, onUndecryptable: (row) => reported.push(row) });
    const claimed = await outbox.claim(START, capacityFor(10), LEASE_MS);
    assert.deepEqual(claimed.map(({ lease }) => lease.ref), [good]);
    assert.deepEqual(reported, [{ ref: broken, error: "OperationError", ended: false }]);
    const again = START + UNDECRYPTABLE_DELAY_MS.least;
    assert.deepEqual(await outbox.claim(again - 1, capacityFor(10), LEASE_MS), []);
    assert.equal(reported.length, 1);
    assert.deepEqual(await outbox.claim(again, capacityFor(10), LEASE_MS), []);
    assert.equal(reported.length, 2);
  });

  test("claim: ends an undecryptable row as late as an undeliverable one; before that the key may be restored", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const ref = await accepted(bench, sender);
    const reported: UndecryptableRow[] = [];
    const keyless = createOutbox({
      ...await bench.another([new Uint8Array(32).fill(9)]),
      onUndecryptable: (row) => reported.push(row),
    });
    const last = START + GIVE_UP_AFTER_MS - UNDECRYPTABLE_DELAY_MS.most;
    for (const now of [START, last]) {
      assert.deepEqual(await keyless.claim(now, capacityFor(10), LEASE_MS), []);
    }
    bench.time.now = last + UNDECRYPTABLE_DELAY_MS.most;
    const item = await claimOne(bench);
    assert.deepEqual(item.lease.ref, ref);
    assert.equal((await bench.notifications.get(ref))?.status, "created");

    bench.time.now += LEASE_MS;
    assert.deepEqual(await keyless.claim(bench.time.now, capacityFor(10), LEASE_MS), []);
    assert.deepEqual(reported.map(({ ended }) => ended), [false, false, true]);
    assert.deepEqual(reported.at(-1), { ref, error: "MissingMasterKey", ended: true });
    assert.equal((await bench.notifications.get(ref))?.status, "technical-failure");
    const timeline = await bench.notifications.timeline(ref);
    assert.deepEqual(timeline?.slice(-2).map(({ kind, facts }) => [kind, facts]), [
      ["attempt-ended", { outcome: "not-sent", code: CANNOT_DECRYPT }],
      ["status-changed", { status: "technical-failure" }],
    ]);
    assert.equal(await countRows(bench.db, "outbox"), 0);
  });

  test("claim: returns single sends before rows of jobs, and those before rows that await receipts", async () => {
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
        capacityFor(1),
        LEASE_MS,
      );
      order.push(notification.id);
    }
    assert.deepEqual(order, [single, list, waiting].map(({ notificationId }) => notificationId));
  });

  test("claim: serves services round-robin, however long the queue of one is", async () => {
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
        await bench.outbox.claim(START, capacityFor(most), LEASE_MS),
        ({ notification: { serviceId } }) =>
          serviceId === one.serviceId ? "one" : serviceId === two.serviceId ? "two" : "three",
      );
    const first = await next(3);
    assert.deepEqual([first.one?.length, first.two?.length, first.three?.length], [1, 1, 1]);
    const second = await next(4);
    assert.deepEqual([second.one?.length, second.two?.length], [2, 2]);
    assert.equal((await next(100)).one?.length, 9);
  });

  test("claim: gives one row in eight to jobs while single sends are due, however small the claims are", async () => {
    for (const most of [1, 4, 40]) {
      await using bench = await openBench(backend);
      const sender = await newSender(bench);
      const other = await newSender(bench);
      for (let i = 0; i < 40; i++) await accepted(bench, sender);
      const bulk = new Set<NotificationId>();
      for (let i = 0; i < 40; i++) {
        bulk.add((await accepted(bench, other, { inBatch: true })).notificationId);
      }
      const claimed: NotificationId[] = [];
      while (claimed.length < 40) {
        const rows = await bench.outbox.claim(START, capacityFor(most), LEASE_MS);
        claimed.push(...rows.map(({ notification: { id } }) => id));
      }
      assert.equal(claimed.filter((id) => bulk.has(id)).length, 5, String(most));
    }
  });

  test("claim: gives rows that await receipts their turn while single sends and jobs are due", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const waiting = await accepted(bench, sender);
    const item = await claimOne(bench);
    const next = { kind: "expire", dueAt: START } as const;
    await bench.outbox.settle(item.lease, "post", { ...NO_FURTHER_WORK, next }, START);
    for (let i = 0; i < 20; i++) {
      await accepted(bench, sender);
      await accepted(bench, sender, { inBatch: true });
    }
    const rows = await bench.outbox.claim(START, capacityFor(16), LEASE_MS);
    assert.equal(rows.length, 16);
    assert.ok(rows.some(({ lease }) => lease.ref.notificationId === waiting.notificationId));
  });

  test("claim: serves every service equally when more are due than it may take rows", async () => {
    await using bench = await openBench(backend);
    const counts = new Map<string, number>();
    for (let i = 0; i < 5; i++) {
      const sender = await newSender(bench);
      for (let j = 0; j < 4; j++) await accepted(bench, sender);
    }
    for (let claim = 1; claim <= 10; claim++) {
      const rows = await bench.outbox.claim(START + claim, capacityFor(1), LEASE_MS);
      for (const { notification: { serviceId } } of rows) {
        counts.set(serviceId, (counts.get(serviceId) ?? 0) + 1);
      }
    }
    assert.deepEqual([...counts.values()], [2, 2, 2, 2, 2]);
  });

  test("claim: reads and writes no more when 120 services are due than when 20 are", async () => {
    await using bench = await openBench(backend);
    let size = 0;
    const counted = (call: typeof bench.db.read): typeof bench.db.read => async (statements) => {
      const results = await call(statements);
      size += statements.length;
      for (const { rows } of results) size += rows.length;
      for (const statement of statements) {
        const args = typeof statement === "string" ? [] : statement.args;
        for (const arg of Array.isArray(args) ? args : []) {
          if (typeof arg === "string" && arg.startsWith("[[")) size += JSON.parse(arg).length;
        }
      }
      return results;
    };
    const { background } = bench.db;
    const db = {
      ...bench.db,
      background: {
        ...background,
        read: counted(background.read),
        write: counted(background.write),
      },
    };
    const outbox = createOutbox({ ...bench, db });
    const sizes: number[] = [];
    let services = 0;
    for (const many of [20, 120]) {
      for (; services < many; services++) {
        const sender = await newSender(bench);
        for (let i = 0; i < 2; i++) await accepted(bench, sender);
      }
      size = 0;
      const claimed = await outbox.claim(START, [{ channel: "sms", most: 20 }], LEASE_MS);
      assert.equal(claimed.length, 20);
      sizes.push(size);
    }
    assert.equal(sizes[1], sizes[0]);
  });

  test("claim: writes nothing when nothing is due, whatever waits", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    await accepted(bench, sender, { dueAt: START + 9 });
    const unwritable = () => Promise.reject(new Error("it is written to"));
    let changed = 0;
    const write: typeof bench.db.write = async (statements) => {
      const count = "SELECT total_changes() AS changes";
      const results = await bench.db.background.write([count, ...statements, count]);
      const [before, after] = [results.at(0), results.at(-1)].map((result) =>
        Number(result?.rows[0]?.["changes"])
      );
      changed += (after ?? NaN) - (before ?? NaN);
      return results.slice(1, -1);
    };
    const background = { ...bench.db.background, write };
    const outbox = createOutbox({ ...bench, db: { ...bench.db, write: unwritable, background } });
    assert.deepEqual(await outbox.claim(START + 8, capacityFor(9), LEASE_MS), []);
    assert.equal(changed, 0);
  });

  test("nextDueAt: returns when the next row is due, and follows claims, results and accepts", async () => {
    await using bench = await openBench(backend);
    const { outbox } = bench;
    const sender = await newSender(bench);
    assert.equal(await outbox.nextDueAt(), undefined);
    await accepted(bench, sender, { dueAt: START + 9_000 });
    assert.equal(await outbox.nextDueAt(), START + 9_000);
    await accepted(bench, await newSender(bench), { channel: "email", dueAt: START });
    assert.equal(await outbox.nextDueAt(), START);
    const { lease } = await claimOne(bench);
    assert.equal(await outbox.nextDueAt(), START + 9_000);
    const next = { kind: "again", dueAt: START + 5 } as const;
    await outbox.settle(lease, undefined, { ...NO_FURTHER_WORK, next }, START);
    assert.equal(await outbox.nextDueAt(), START + 5);
    bench.time.now = START + 5;
    await outbox.settle((await claimOne(bench)).lease, undefined, NO_FURTHER_WORK, START + 5);
    bench.time.now = START + 9_000;
    await outbox.settle((await claimOne(bench)).lease, undefined, NO_FURTHER_WORK, START + 9_000);
    // The leases have left their times behind: too early, until a claim has looked.
    assert.deepEqual(await outbox.claim(START + DAY_MS, capacityFor(9), LEASE_MS), []);
    assert.equal(await outbox.nextDueAt(), undefined);
  });

  test("claim: takes undecryptable rows last, and a few at a time", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const many = 2 * MAX_UNDECRYPTABLE_CLAIM;
    for (let i = 0; i < many; i++) await accepted(bench, sender);
    const reported: UndecryptableRow[] = [];
    const isolate = await bench.another([new Uint8Array(32).fill(9)]);
    const keyless = createOutbox({ ...isolate, onUndecryptable: (row) => reported.push(row) });
    assert.deepEqual(await keyless.claim(START, capacityFor(30), LEASE_MS), []);
    assert.equal(reported.length, many, "it goes on until it finds others, or nothing is due");
    const again = START + UNDECRYPTABLE_DELAY_MS.least;
    const single = await accepted(bench, sender, { createdAt: again });
    const job = await accepted(bench, sender, { createdAt: again, inBatch: true });
    const claimed = await bench.outbox.claim(again, capacityFor(9), LEASE_MS);
    const ids = claimed.map(({ lease }) => lease.ref.notificationId);
    assert.deepEqual(ids.toSorted(), [single, job].map((ref) => ref.notificationId).toSorted());
    assert.deepEqual(await keyless.claim(again, capacityFor(500), LEASE_MS), []);
    assert.equal(reported.length, many + MAX_UNDECRYPTABLE_CLAIM);
  });

  test("claim: goes past undecryptable rows to the first that it can decrypt, so often in one call", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    for (let i = 0; i < UNDECRYPTABLE_PASSES; i++) await accepted(bench, sender);
    await bench.db.write(["UPDATE notifications SET sealed = zeroblob(40)"]);
    const good = await accepted(bench, sender);
    assert.deepEqual(await bench.outbox.claim(START, capacityFor(1), LEASE_MS), []);
    const [row] = await bench.outbox.claim(START, capacityFor(1), LEASE_MS);
    assert.deepEqual(row?.lease.ref, good);
    await using other = await openBench(backend);
    const another = await newSender(other);
    for (let i = 1; i < UNDECRYPTABLE_PASSES; i++) await accepted(other, another);
    await other.db.write(["UPDATE notifications SET sealed = zeroblob(40)"]);
    await accepted(other, another);
    assert.equal((await other.outbox.claim(START, capacityFor(1), LEASE_MS)).length, 1);
  });

  test("claim: returns undecryptable rows to the others when they can be decrypted again", async () => {
    await using bench = await openBench(backend);
    await accepted(bench, await newSender(bench));
    const keyless = createOutbox(await bench.another([new Uint8Array(32).fill(9)]));
    assert.deepEqual(await keyless.claim(START, capacityFor(9), LEASE_MS), []);
    bench.time.now += UNDECRYPTABLE_DELAY_MS.least;
    const { lease } = await claimOne(bench);
    const next = { kind: "again", dueAt: bench.time.now } as const;
    await bench.outbox.settle(lease, undefined, { ...NO_FURTHER_WORK, next }, bench.time.now);
    const [outbox] = await bench.db.read(["SELECT lane, undecryptable_since FROM outbox"]);
    assert.deepEqual(outbox?.rows.map((row) => [row.lane, row.undecryptable_since]), [
      [LANE.bulk, null],
    ]);
  });

  test("claim: counts the 72 hours of an undecryptable row over restarts of the process", async () => {
    await using bench = await openBench(backend);
    const ref = await accepted(bench, await newSender(bench));
    const restart = async (now: number) => {
      bench.time.now = now;
      const keyless = createOutbox(await bench.another([new Uint8Array(32).fill(9)]));
      assert.deepEqual(await keyless.claim(now, capacityFor(9), LEASE_MS), []);
      return (await bench.notifications.get(ref))?.status;
    };
    // Its accept was long ago when a process without the key first found it.
    const found = START + 9 * DAY_MS;
    assert.equal(await restart(found), "created");
    assert.equal(await restart(found + DAY_MS), "created");
    assert.equal(await restart(found + GIVE_UP_AFTER_MS), "technical-failure");
  });

  test("renewLeases: puts right the turns of queues that were served before the clock was set back", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    await accepted(bench, sender);
    await accepted(bench, sender);
    const ahead = START + DAY_MS;
    assert.equal((await bench.outbox.claim(ahead, capacityFor(1), LEASE_MS)).length, 1);
    assert.deepEqual(await bench.outbox.claim(START, capacityFor(1), LEASE_MS), []);
    await bench.outbox.renewLeases(START, START + LEASE_MS);
    assert.equal((await bench.outbox.claim(START, capacityFor(9), LEASE_MS)).length, 1);
    assert.equal((await bench.outbox.claim(START + LEASE_MS, capacityFor(9), 1)).length, 2);
  });

  test("claim: applies the capacity of each channel separately", async () => {
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
}
