import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import type { NotificationId } from "../../domain/ids.ts";
import type {
  InboxChange,
  InboxMessage,
  InboxQuery,
  InboxRef,
  NewInboxMessage,
} from "../../domain/inbox/inbox_message.ts";
import { MAX_GROUP } from "../../adapters/libsql/connection/group_commit.ts";
import type { Backend } from "./backends.ts";
import { DAY_MS, type Isolate, newSender, openBench, type Sender, START } from "./isolate.ts";

export const ALL: InboxQuery = { unreadOnly: false, after: undefined, offset: 0, limit: 100 };

/** A message with a text of its own. */
export function newMessage(
  { clock }: Isolate,
  rest: Partial<NewInboxMessage> = {},
): NewInboxMessage {
  return {
    id: clock.newNotificationId(),
    subject: "A book is due",
    body: "Bring it <b>back</b>",
    localised: {},
    ...rest,
  };
}

export function inboxOf(
  { serviceId }: Pick<Sender, "serviceId">,
  recipientId = "citizen-1",
): InboxRef {
  return { serviceId, recipientId };
}

/** Puts so many messages one after another, and returns their ids, oldest first. */
export async function fill(
  bench: Isolate,
  inbox: InboxRef,
  count: number,
): Promise<NotificationId[]> {
  const ids: NotificationId[] = [];
  for (let i = 0; i < count; i++) {
    const message = newMessage(bench);
    await bench.inboxes.put(inbox, message);
    ids.push(message.id);
  }
  return ids;
}

export async function idsOf(
  { inboxes }: Isolate,
  inbox: InboxRef,
  query: Partial<InboxQuery> = {},
) {
  return (await inboxes.list(inbox, { ...ALL, ...query })).map(({ id }) => id);
}

/** A short text of a change, for comparisons. */
export function describeChange(change: InboxChange): string {
  switch (change.kind) {
    case "message":
      return `message ${change.message.id}${change.message.acknowledgedAt === null ? "" : " seen"}`;
    case "acknowledged":
      return `acknowledged ${change.id}`;
    case "all-acknowledged":
      return "all";
  }
}

/** The contract of {@link InboxStore}. */
export function inboxContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`InboxStore ${name} (${backend.name})`, run);

  test("put: adds a message once, and list returns it as it was", async () => {
    await using bench = await openBench(backend);
    const inbox = inboxOf(await newSender(bench));
    const message = newMessage(bench, {
      subject: "Ї\u0000\u{1F4EC}",
      body: "&lt;p&gt;\r\n\ufeff",
      localised: { uk: { subject: "Книга", body: "Поверніть" } },
    });
    assert.equal(await bench.inboxes.put(inbox, message), true);
    bench.time.now += 5;
    assert.equal(await bench.inboxes.put(inbox, { ...message, subject: "other" }), false);
    const kept: readonly InboxMessage[] = [{ ...message, createdAt: START, acknowledgedAt: null }];
    assert.deepEqual(await bench.inboxes.list(inbox, ALL), kept);
    assert.deepEqual(await bench.inboxes.count(inbox), { total: 1, unread: 1 });
    assert.equal((await bench.inboxes.changesSince(inbox, undefined, 9)).sequence, 1);
  });

  test("put: never adds one id to two inboxes of a service", async () => {
    await using bench = await openBench(backend);
    const [one, two] = [await newSender(bench), await newSender(bench)];
    const message = newMessage(bench);
    assert.equal(await bench.inboxes.put(inboxOf(one), message), true);
    assert.equal(await bench.inboxes.put(inboxOf(one, "citizen-2"), message), false);
    assert.equal(await bench.inboxes.put(inboxOf(two), message), true);
    assert.deepEqual(await bench.inboxes.count(inboxOf(one, "citizen-2")), { total: 0, unread: 0 });
  });

  test("put: an officer and a citizen of one id have two inboxes, and a citizen the one without a realm", async () => {
    await using bench = await openBench(backend);
    const plain = inboxOf(await newSender(bench));
    const citizen: InboxRef = { ...plain, realm: "citizen" };
    const officer: InboxRef = { ...plain, realm: "officer" };
    const [own] = await fill(bench, citizen, 1);
    const [official] = await fill(bench, officer, 1);
    const [earlier] = await fill(bench, plain, 1);
    assert.deepEqual(await idsOf(bench, citizen), [earlier, own]);
    assert.deepEqual(await idsOf(bench, plain), [earlier, own]);
    assert.deepEqual(await idsOf(bench, officer), [official]);
    assert.ok(own !== undefined && official !== undefined);
    assert.equal(await bench.inboxes.acknowledge(officer, own, START), "foreign");
    assert.equal(await bench.inboxes.acknowledge(citizen, official, START), "foreign");
    assert.equal(await bench.inboxes.acknowledgeAll(citizen, 9, START), 2);
    assert.deepEqual(await bench.inboxes.count(officer), { total: 1, unread: 1 });
    const { changes } = await bench.inboxes.changesSince(officer, 0, 9);
    assert.deepEqual(changes.map(describeChange), [`message ${official}`]);
  });

  test("put: concurrent calls give each message its own sequence and count it once", async () => {
    await using bench = await openBench(backend);
    const other = await bench.another();
    const sender = await newSender(bench);
    const inboxes = [inboxOf(sender), inboxOf(sender, "citizen-2")];
    const messages = Array.from({ length: 40 }, () => newMessage(bench));
    const results = await Promise.all(
      [...messages, ...messages].map((message, i) => {
        const inbox = inboxes[messages.indexOf(message) % 2] ?? inboxOf(sender);
        return (i % 3 === 0 ? other : bench).inboxes.put(inbox, message);
      }),
    );
    assert.equal(results.filter((isNew) => isNew).length, 40);
    for (const inbox of inboxes) {
      assert.deepEqual(await bench.inboxes.count(inbox), { total: 20, unread: 20 });
      const { changes, sequence } = await bench.inboxes.changesSince(inbox, 0, 100);
      assert.equal(sequence, 20);
      assert.deepEqual(
        changes.map((change) => change.sequence),
        Array.from({ length: 20 }, (_, i) => i + 1),
      );
    }
  });

  test("putAll: adds many, returns which were new, and adds a repeated id once", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const inbox = inboxOf(sender);
    const messages = Array.from({ length: MAX_GROUP + 2 }, () => newMessage(bench));
    const [known, first] = messages;
    if (known === undefined || first === undefined) throw new Error("there are many");
    await bench.inboxes.put(inbox, known);
    const batch = [first, ...messages].map((message) => ({ inbox, message }));
    const written = await bench.inboxes.putAll(batch);
    assert.deepEqual(
      written,
      [true, false, false, ...messages.slice(2).map(() => true)],
    );
    const count = messages.length;
    assert.deepEqual(await bench.inboxes.count(inbox), { total: count, unread: count });
    assert.deepEqual(await bench.inboxes.putAll([]), []);
  });

  test("putAll: orders the messages of a call by their ids", async () => {
    await using bench = await openBench(backend);
    const inbox = inboxOf(await newSender(bench));
    const [first] = await fill(bench, inbox, 1);
    const [a, b, c] = [newMessage(bench), newMessage(bench), newMessage(bench)];
    await bench.inboxes.putAll([b, c, a].map((message) => ({ inbox, message })));
    assert.deepEqual(await idsOf(bench, inbox), [c.id, b.id, a.id, first]);
  });

  test("list: returns the newest message first, from an offset or after an id", async () => {
    await using bench = await openBench(backend);
    const inbox = inboxOf(await newSender(bench));
    const ids: NotificationId[] = [];
    for (let i = 0; i < 7; i++) {
      bench.time.now += i % 2 === 0 ? 1 : 0;
      ids.push(...await fill(bench, inbox, 1));
    }
    const newest = ids.toReversed();
    assert.deepEqual(await idsOf(bench, inbox), newest);
    assert.deepEqual(await idsOf(bench, inbox, { limit: 3 }), newest.slice(0, 3));
    assert.deepEqual(await idsOf(bench, inbox, { offset: 2, limit: 3 }), newest.slice(2, 5));
    assert.deepEqual(await idsOf(bench, inbox, { offset: 7 }), []);
    assert.deepEqual(await idsOf(bench, inbox, { offset: 1_000_000 }), []);
    const [, second] = newest;
    assert.deepEqual(await idsOf(bench, inbox, { after: second, limit: 2 }), newest.slice(2, 4));
    assert.deepEqual(await idsOf(bench, inbox, { after: ids[0] }), []);
  });

  test("list: is empty after an unknown id, or one of another inbox", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const inbox = inboxOf(sender);
    await fill(bench, inbox, 2);
    const others = [inboxOf(sender, "citizen-2"), inboxOf(await newSender(bench))];
    const [[foreign], [far]] = [
      await fill(bench, others[0] ?? inbox, 1),
      await fill(bench, others[1] ?? inbox, 1),
    ];
    await fill(bench, inbox, 1);
    for (const after of [foreign, far, bench.clock.newNotificationId()]) {
      for (const unreadOnly of [false, true]) {
        assert.deepEqual(await idsOf(bench, inbox, { after, unreadOnly }), []);
      }
    }
  });

  test("list: orders messages by when they were added, whenever their ids were created, with that time", async () => {
    await using bench = await openBench(backend);
    const other = await bench.another();
    const inbox = inboxOf(await newSender(bench));
    const [tomorrows, early, late] = [newMessage(bench), newMessage(bench), newMessage(bench)];
    await other.inboxes.put(inbox, early);
    bench.time.now += DAY_MS;
    await bench.inboxes.put(inbox, tomorrows);
    const kept = await other.inboxes.list(inbox, ALL);
    assert.deepEqual(
      kept.map(({ id, createdAt }) => [id, createdAt]),
      [[tomorrows.id, START + DAY_MS], [early.id, START]],
    );
    // The clock of another is behind.
    bench.time.now = START + 1;
    await other.inboxes.put(inbox, late);
    const [newest, ...before] = await bench.inboxes.list(inbox, ALL);
    assert.deepEqual([newest?.id, newest?.createdAt], [late.id, START + DAY_MS]);
    assert.deepEqual(before, kept);
    const unreadOnly = true;
    assert.deepEqual(await idsOf(bench, inbox, { unreadOnly }), [late.id, tomorrows.id, early.id]);
    assert.deepEqual(await idsOf(bench, inbox, { unreadOnly, after: late.id }), [
      tomorrows.id,
      early.id,
    ]);
    assert.deepEqual(await idsOf(bench, inbox, { after: tomorrows.id }), [early.id]);
    assert.equal(await bench.inboxes.acknowledgeAll(inbox, 1, START), 1);
    assert.deepEqual(await idsOf(bench, inbox, { unreadOnly }), [tomorrows.id, early.id]);
  });

  test("list: pages after an id return each message once while others are added", async () => {
    await using bench = await openBench(backend);
    const other = await bench.another();
    const sender = await newSender(bench);
    let run = 0;
    const property = fc.asyncProperty(
      fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 1 }),
      fc.integer({ min: 1, max: 3 }),
      fc.boolean(),
      async (order, limit, unreadOnly) => {
        const inbox = inboxOf(sender, `turning ${run++}`);
        const messages = Array.from({ length: 8 }, () => newMessage(bench));
        const meanwhile = messages.filter((_, index) => !order.includes(index));
        const put = order.flatMap((index) => messages[index] ?? []);
        for (const [at, message] of put.entries()) {
          bench.time.now += at % 2;
          await (at % 3 === 0 ? other : bench).inboxes.put(inbox, message);
        }
        const listed: InboxMessage[] = [];
        for (let more = true; more;) {
          const after = listed.at(-1)?.id;
          const page = await bench.inboxes.list(inbox, { ...ALL, unreadOnly, after, limit });
          listed.push(...page);
          more = page.length === limit;
          const next = meanwhile.pop();
          if (next !== undefined) await other.inboxes.put(inbox, next);
        }
        assert.deepEqual(listed.map(({ id }) => id), put.map(({ id }) => id).toReversed());
        const times = listed.map(({ createdAt }) => createdAt);
        assert.deepEqual(times, times.toSorted((a, b) => b - a));
        const { changes } = await bench.inboxes.changesSince(inbox, 0, 99);
        assert.deepEqual(
          changes.map(describeChange).toReversed(),
          (await bench.inboxes.list(inbox, ALL)).map(({ id }) => `message ${id}`),
        );
      },
    );
    await fc.assert(property, { numRuns: backend.name === "embedded, in memory" ? 60 : 6 });
  });

  test("list: leaves out acknowledged messages when unreadOnly is set", async () => {
    await using bench = await openBench(backend);
    const inbox = inboxOf(await newSender(bench));
    const ids = await fill(bench, inbox, 6);
    for (const id of [ids[5], ids[2]]) {
      if (id !== undefined) await bench.inboxes.acknowledge(inbox, id, START + 1);
    }
    const unread = [4, 3, 1, 0].map((index) => ids[index]);
    const unreadOnly = true;
    assert.deepEqual(await idsOf(bench, inbox, { unreadOnly }), unread);
    assert.deepEqual(
      await idsOf(bench, inbox, { unreadOnly, offset: 1, limit: 2 }),
      unread.slice(1, 3),
    );
    assert.deepEqual(await idsOf(bench, inbox, { unreadOnly, after: unread[1] }), unread.slice(2));
    assert.deepEqual(await bench.inboxes.count(inbox), { total: 6, unread: 4 });
  });

  test("acknowledge: marks once, and distinguishes foreign from unknown messages", async () => {
    await using bench = await openBench(backend);
    const [sender, elsewhere] = [await newSender(bench), await newSender(bench)];
    const [inbox, others] = [inboxOf(sender), inboxOf(sender, "citizen-2")];
    const [[own], [foreign], [far]] = [
      await fill(bench, inbox, 1),
      await fill(bench, others, 1),
      await fill(bench, inboxOf(elsewhere), 1),
    ];
    if (own === undefined || foreign === undefined || far === undefined) throw new Error("none");
    const { inboxes } = bench;
    assert.equal(await inboxes.acknowledge(inbox, own, START + 1), "acknowledged");
    assert.equal(await inboxes.acknowledge(inbox, own, START + 2), "acknowledged");
    assert.equal(await inboxes.acknowledge(inbox, foreign, START + 3), "foreign");
    assert.equal(await inboxes.acknowledge(inbox, far, START + 4), "unknown");
    const unknown = bench.clock.newNotificationId();
    assert.equal(await inboxes.acknowledge(inbox, unknown, START + 5), "unknown");
    assert.equal((await inboxes.list(inbox, ALL))[0]?.acknowledgedAt, START + 1);
    assert.equal((await inboxes.list(others, ALL))[0]?.acknowledgedAt, null);
    assert.deepEqual(await inboxes.count(inbox), { total: 1, unread: 0 });
    assert.deepEqual(await inboxes.count(others), { total: 1, unread: 1 });
    assert.equal((await inboxes.changesSince(inbox, undefined, 1)).sequence, 2);
  });

  test("acknowledge: concurrent calls count once", async () => {
    await using bench = await openBench(backend);
    const other = await bench.another();
    const inbox = inboxOf(await newSender(bench));
    const ids = await fill(bench, inbox, 3);
    await Promise.all(
      [...ids, ...ids, ...ids].map((id, i) =>
        (i % 2 === 0 ? bench : other).inboxes.acknowledge(inbox, id, START)
      ),
    );
    assert.deepEqual(await bench.inboxes.count(inbox), { total: 3, unread: 0 });
    assert.equal((await bench.inboxes.changesSince(inbox, undefined, 1)).sequence, 6);
  });
}
