import assert from "node:assert/strict";
import { idBytes } from "../../adapters/libsql/connection/row.ts";
import fc from "npm:fast-check@4.10.2";
import type { NotificationId } from "../../domain/ids.ts";
import type { InboxRef } from "../../domain/inbox/inbox_message.ts";
import type { Backend } from "./backends.ts";
import {
  accepted,
  type Bench,
  capacityFor,
  countRows,
  DAY_MS,
  dump,
  type Isolate,
  newSender,
  openBench,
  type Sender,
  START,
} from "./isolate.ts";
import { ALL, describeChange, fill, idsOf, inboxOf, newMessage } from "./inbox_contract.ts";

/** A message in an inbox whose notification is there too, as the dispatcher leaves it. */
async function delivered(bench: Bench, sender: Sender, inbox: InboxRef): Promise<NotificationId> {
  const { notificationId } = await accepted(bench, sender, { channel: "inbox" });
  const [item] = await bench.outbox.claim(bench.time.now, capacityFor(1), 30_000);
  if (item === undefined) throw new Error("nothing was due");
  const start = { provider: "hark-inbox", possibleDuplicate: false };
  await bench.outbox.start(item.lease, start, bench.time.now, bench.time.now + 30_000);
  await bench.inboxes.put(inbox, newMessage(bench, { id: notificationId }));
  await bench.outbox.settle(item.lease, "hark-inbox", {
    status: "delivered",
    providerMessageId: notificationId,
    next: { kind: "done" },
    unresolved: false,
    events: [],
  }, bench.time.now);
  return notificationId;
}

/** The contract of {@link InboxStore} about acknowledgements with their effects, and changes. */
export function inboxChangesContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`InboxStore ${name} (${backend.name})`, run);

  test("acknowledge: marks the notification and its timeline, once", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const inbox = inboxOf(sender);
    const notificationId = await delivered(bench, sender, inbox);
    const ref = { serviceId: sender.serviceId, notificationId };
    await bench.inboxes.acknowledge(inbox, notificationId, START + 7);
    await bench.inboxes.acknowledge(inbox, notificationId, START + 8);
    const stored = await bench.notifications.get(ref);
    assert.deepEqual([stored?.status, stored?.acknowledgedAt], ["delivered", START + 7]);
    const timeline = (await bench.notifications.timeline(ref) ?? [])
      .filter(({ kind }) => kind === "acknowledged");
    assert.deepEqual(timeline, [{ at: START + 7, kind: "acknowledged", facts: {} }]);
  });

  test("acknowledge: cancels conditional follow-ups without a started attempt", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const inbox = inboxOf(sender);
    const followsInboxMessage = await delivered(bench, sender, inbox);
    const other = await delivered(bench, sender, inbox);
    const later = START + DAY_MS;
    const chained = (rest: Parameters<typeof accepted>[2] = {}) =>
      accepted(bench, sender, { delivery: { followsInboxMessage }, dueAt: later, ...rest });
    const [waiting, overdue, held, ofOther, tried] = [
      await chained(),
      await chained({ lease: { token: "over", until: START + 5 } }),
      await chained({ lease: { token: "held", until: START + 60_000 } }),
      await chained({ delivery: { followsInboxMessage: other } }),
      await chained(),
    ];
    await bench.db.write([{
      sql: "UPDATE outbox SET attempts = 1 WHERE notification_id = ?",
      args: [idBytes(tried.notificationId)],
    }]);
    await bench.inboxes.acknowledge(inbox, followsInboxMessage, START + 5);
    for (const ref of [waiting, overdue]) {
      const stored = await bench.notifications.get(ref);
      assert.deepEqual(
        [stored?.status, stored?.statusAt, stored?.completedAt],
        ["cancelled", START + 5, START + 5],
      );
      assert.deepEqual((await bench.notifications.timeline(ref))?.slice(1), [{
        at: START + 5,
        kind: "status-changed",
        facts: { status: "cancelled", code: "acknowledged" },
      }]);
    }
    for (const ref of [held, ofOther, tried]) {
      assert.equal((await bench.notifications.get(ref))?.status, "created");
      assert.equal((await bench.notifications.timeline(ref))?.length, 1);
    }
    assert.equal(await countRows(bench.db, "outbox"), 3);
    const due = await bench.outbox.claim(later, capacityFor(9), 1);
    assert.deepEqual(
      due.map(({ notification, cancellationReason }) => [notification.id, cancellationReason])
        .toSorted(),
      ([[held, "acknowledged"], [ofOther, undefined], [tried, "acknowledged"]] as const)
        .map(([ref, off]) => [ref.notificationId, off]).toSorted(),
    );
  });

  test("acknowledgeAll: marks the newest up to the limit, with events and follow-ups", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const inbox = inboxOf(sender);
    const followsInboxMessage = await delivered(bench, sender, inbox);
    const chained = await accepted(bench, sender, { delivery: { followsInboxMessage } });
    const ids = [followsInboxMessage, ...await fill(bench, inbox, 4)];
    await fill(bench, inboxOf(sender, "citizen-2"), 2);
    const { inboxes, notifications } = bench;
    assert.equal(await inboxes.acknowledgeAll(inbox, 2, START + 1), 2);
    assert.deepEqual(await idsOf(bench, inbox, { unreadOnly: true }), ids.slice(0, 3).toReversed());
    assert.deepEqual(await inboxes.count(inbox), { total: 5, unread: 3 });
    assert.deepEqual((await inboxes.changesSince(inbox, 5, 9)).changes.map(describeChange), [
      `acknowledged ${ids[3]}`,
      `acknowledged ${ids[4]}`,
    ]);
    assert.equal((await notifications.get(chained))?.status, "created");
    assert.equal(await inboxes.acknowledgeAll(inbox, 3, START + 2), 3);
    assert.deepEqual(await inboxes.count(inbox), { total: 5, unread: 0 });
    const after = await inboxes.changesSince(inbox, 7, 9);
    assert.deepEqual([after.sequence, after.changes.map(describeChange)], [8, ["all"]]);
    assert.equal((await notifications.get(chained))?.status, "cancelled");
    const ref = { serviceId: sender.serviceId, notificationId: followsInboxMessage };
    assert.equal((await notifications.get(ref))?.acknowledgedAt, START + 2);
    assert.equal(await inboxes.acknowledgeAll(inbox, 3, START + 3), 0);
    assert.equal((await inboxes.changesSince(inbox, undefined, 9)).sequence, 8);
    assert.equal(await inboxes.acknowledgeAll(inboxOf(sender, "unknown"), 3, START), 0);
    assert.deepEqual(await inboxes.count(inboxOf(sender, "citizen-2")), { total: 2, unread: 2 });
  });

  test("acknowledgeAll: leaves the messages after the sequence upTo", async () => {
    await using bench = await openBench(backend);
    const { inboxes } = bench;
    const inbox = inboxOf(await newSender(bench));
    const ids = await fill(bench, inbox, 3);
    const { sequence } = await inboxes.changesSince(inbox, undefined, 1);
    const late = await fill(bench, inbox, 2);
    assert.equal(await inboxes.acknowledgeAll(inbox, 2, START, sequence), 2);
    assert.deepEqual(await inboxes.count(inbox), { total: 5, unread: 3 });
    assert.equal(await inboxes.acknowledgeAll(inbox, 2, START, sequence), 1);
    assert.equal(await inboxes.acknowledgeAll(inbox, 2, START, sequence), 0);
    assert.deepEqual(await idsOf(bench, inbox, { unreadOnly: true }), late.toReversed());
    assert.deepEqual(await inboxes.count(inbox), { total: 5, unread: 2 });
    const happened = await inboxes.changesSince(inbox, 5, 9);
    assert.deepEqual(
      [happened.sequence, happened.changes.map(describeChange)],
      [8, [ids[1], ids[2], ids[0]].map((id) => `acknowledged ${id}`)],
    );
  });

  test("changesSince: returns changes in order, and a message once in its present state", async () => {
    await using bench = await openBench(backend);
    const inbox = inboxOf(await newSender(bench));
    const { inboxes } = bench;
    const nothing = { sequence: 0, count: { total: 0, unread: 0 }, changes: [], more: false };
    assert.deepEqual(await inboxes.changesSince(inbox, undefined, 9), nothing);
    assert.deepEqual(await inboxes.changesSince(inbox, 5, 9), nothing, "a number of another's");
    const [a, b] = await fill(bench, inbox, 2);
    if (a === undefined || b === undefined) throw new Error("none");
    await inboxes.acknowledge(inbox, a, START + 1);
    const [c] = await fill(bench, inbox, 1);
    await inboxes.acknowledgeAll(inbox, 9, START + 2);
    const [d] = await fill(bench, inbox, 1);
    const since = async (sequence: number, limit = 9) => {
      const page = await inboxes.changesSince(inbox, sequence, limit);
      return [page.sequence, page.more, ...page.changes.map(describeChange)];
    };
    const seen = (id: unknown) => `message ${id} seen`;
    assert.deepEqual(await since(0), [6, false, seen(a), seen(b), seen(c), "all", `message ${d}`]);
    assert.deepEqual(
      await since(1),
      [6, false, seen(b), `acknowledged ${a}`, seen(c), "all", `message ${d}`],
    );
    assert.deepEqual(await since(4), [6, false, "all", `message ${d}`]);
    assert.deepEqual(await since(6), [6, false]);
    assert.deepEqual(await since(7), [6, false]);
    assert.deepEqual(await since(0, 1), [1, true, seen(a)]);
    assert.deepEqual(await since(1, 2), [3, true, seen(b), `acknowledged ${a}`]);
    assert.deepEqual(await since(3, 3), [6, false, seen(c), "all", `message ${d}`]);
    const { count } = await inboxes.changesSince(inbox, undefined, 1);
    assert.deepEqual(count, { total: 4, unread: 1 });
  });

  test("changesSince: reconstructs the inbox from any sequence, in steps of any size", async () => {
    await using bench = await openBench(backend);
    const other = await bench.another();
    const sender = await newSender(bench);
    let run = 0;
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constant("put" as const) },
      { weight: 2, arbitrary: fc.nat(9) },
      { weight: 1, arbitrary: fc.constant("some" as const) },
      { weight: 1, arbitrary: fc.constant("earlier" as const) },
      { weight: 1, arbitrary: fc.constant("all" as const) },
    );
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 14 }),
      fc.integer({ min: 1, max: 4 }),
      fc.nat(14),
      async (steps, limit, joinsAt) => {
        const inbox = inboxOf(sender, `citizen ${run++}`);
        const put: NotificationId[] = [];
        const known = new Map<string, boolean>();
        let sequence = 0;
        const follow = async (from: Isolate) => {
          for (let more = true; more;) {
            const page = await from.inboxes.changesSince(inbox, sequence, limit);
            assert.ok(page.changes.length <= limit);
            assert.ok(
              page.changes.every((change, i, all) =>
                change.sequence > (i === 0 ? sequence : all[i - 1]?.sequence ?? 0)
              ),
            );
            for (const change of page.changes) {
              if (change.kind === "message") {
                assert.ok(!known.has(change.message.id), "a message is reported once");
                known.set(change.message.id, change.message.acknowledgedAt !== null);
              } else if (change.kind === "acknowledged") {
                assert.ok(known.has(change.id), "a message is reported before its acknowledgement");
                known.set(change.id, true);
              } else for (const id of known.keys()) known.set(id, true);
              sequence = change.sequence;
            }
            ({ sequence, more } = page);
          }
        };
        for (const [index, step] of steps.entries()) {
          const { inboxes } = index % 2 === 0 ? bench : other;
          if (step === "put") put.push(...await fill(bench, inbox, 1));
          else if (step === "some") await inboxes.acknowledgeAll(inbox, 2, START);
          else if (step === "earlier") {
            const { sequence } = await inboxes.changesSince(inbox, undefined, 1);
            await inboxes.acknowledgeAll(inbox, 2, START, sequence - 1);
          } else if (step === "all") await inboxes.acknowledgeAll(inbox, 99, START);
          else {
            const id = put[step % Math.max(put.length, 1)];
            if (id !== undefined) await inboxes.acknowledge(inbox, id, START);
          }
          if (index % (joinsAt + 1) === 0) await follow(index % 3 === 0 ? bench : other);
        }
        await follow(other);
        const held = await bench.inboxes.list(inbox, ALL);
        assert.deepEqual(
          [...known].toSorted(),
          held.map(({ id, acknowledgedAt }) => [id, acknowledgedAt !== null]).toSorted(),
        );
        assert.deepEqual(await bench.inboxes.count(inbox), {
          total: held.length,
          unread: held.filter(({ acknowledgedAt }) => acknowledgedAt === null).length,
        });
      },
    );
    await fc.assert(property, { numRuns: backend.name === "embedded, in memory" ? 60 : 6 });
  });

  test("rows: contain neither recipient nor content, and can be decrypted in their own place only", async () => {
    await using bench = await openBench(backend);
    const inbox = inboxOf(await newSender(bench), "oksana-secret");
    await bench.inboxes.put(inbox, newMessage(bench, { subject: "SUBJECTX", body: "BODYX" }));
    const raw = [...(await dump(bench.db)).values()].flat().join("\n");
    for (const secret of ["oksana-secret", "SUBJECTX", "BODYX"]) {
      assert.ok(!raw.includes(secret), secret);
    }
    await bench.db.write([{
      sql: "UPDATE inbox_messages SET id = ?",
      args: [idBytes(bench.clock.newNotificationId())],
    }]);
    await assert.rejects(bench.inboxes.list(inbox, ALL));
  });

  test("purge: deletes messages with their notifications and keeps the counts correct", async () => {
    await using bench = await openBench(backend);
    const settings = { retention_days: { sms: 1, email: 1, inbox: 1, diia: 1 } };
    const sender = await newSender(bench, { settings });
    const inbox = inboxOf(sender);
    const [seen] = [await delivered(bench, sender, inbox), await delivered(bench, sender, inbox)];
    await bench.inboxes.acknowledge(inbox, seen, START);
    bench.time.now = START + DAY_MS;
    await delivered(bench, sender, inbox);
    await bench.retention.purge(START + DAY_MS + 1, 100);
    assert.deepEqual(await bench.inboxes.count(inbox), { total: 1, unread: 1 });
    assert.equal((await idsOf(bench, inbox)).length, 1);
    assert.equal((await bench.inboxes.changesSince(inbox, undefined, 1)).sequence, 4);
  });
}
