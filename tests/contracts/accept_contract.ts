import assert from "node:assert/strict";
import { NO_FURTHER_WORK } from "../../domain/delivery/attempt_result.ts";
import { type QuotaCharge, rateCharge } from "../../domain/sending/limits.ts";
import type { IdempotencyClaim } from "../../domain/ports/accept_store.ts";
import type { Backend } from "./backends.ts";
import {
  ACCEPTED,
  accepted,
  type AcceptPlan,
  type Bench,
  charge,
  countRows,
  DAY_MS,
  dump,
  EVERYTHING,
  isAccepted,
  newAccept,
  newSender,
  openBench,
  overLimit,
  refOf,
  rejected,
  roomFor,
  type Sender,
  START,
} from "./isolate.ts";

/** The tables that an accept writes. */
const WRITTEN = ["notifications", "outbox", "events", "counters", "idempotency"] as const;

function claim(keyHash: string, rest: Partial<IdempotencyClaim> = {}): IdempotencyClaim {
  return {
    keyHash,
    requestHash: "request",
    expiresAt: START + DAY_MS,
    answer: '{"id":"1"}',
    ...rest,
  };
}

async function countAll({ db }: Bench): Promise<readonly number[]> {
  return await Promise.all(WRITTEN.map((table) => countRows(db, table)));
}

/** Texts that are hard for SQLite, JSON or their clients. */
const HARD_TEXTS: readonly string[] = [
  "",
  "123",
  "1e3",
  "-0",
  "0x10",
  "null",
  "true",
  '{"a":1}',
  "[1]",
  '"quoted"',
  "it's",
  "%_",
  "back\\slash \\u0041",
  "\u0000",
  "before\u0000after",
  "\u0001\u001f\u007f",
  "\u001b",
  '\u001b"x"',
  "\ufeffmark",
  "\u2028\u2029",
  "😀👨‍👩‍👧",
  "é",
  "e\u0301",
  "\ud800",
  "a\udc00b",
  "\udc00\ud800",
  " spaces  ",
  "x".repeat(1000),
];

/** The contract of {@link AcceptStore}. */
export function acceptContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`AcceptStore ${name} (${backend.name})`, run);

  test("accept: writes everything of one notification", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const accept = newAccept(bench, sender, {
      reference: "ref",
      charges: [charge("day", 10), charge("other", 10)],
      idempotency: claim("k"),
    });
    assert.deepEqual(await bench.accepts.accept(accept), ACCEPTED);
    assert.deepEqual(await countAll(bench), [1, 1, 1, 2, 1]);
    const stored = await bench.notifications.get(refOf(accept));
    assert.deepEqual(stored, {
      ...accept.notification,
      delivery: {},
      acknowledgedAt: null,
      status: "created",
      statusAt: START,
      sentAt: null,
      completedAt: null,
      provider: null,
      complainedAt: null,
    });
    assert.deepEqual(await bench.notifications.timeline(refOf(accept)), [
      { at: START, kind: "accepted", facts: { status: "created" } },
    ]);
  });

  test("accept: writes nothing when the service has another revision", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    for (const revision of [sender.revision - 1, sender.revision + 1]) {
      const plan = { revision, charges: [charge("day", 10)], idempotency: claim("k") };
      assert.deepEqual(
        await bench.accepts.accept(newAccept(bench, sender, plan)),
        rejected("revision"),
      );
    }
    await bench.management.revokeKey(sender.serviceId, sender.keyId, START);
    assert.deepEqual(await bench.accepts.accept(newAccept(bench, sender)), rejected("revision"));
    assert.deepEqual(await countAll(bench), [0, 0, 0, 0, 0]);
  });

  test("accept: writes nothing when a counter is at its limit", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const send = (...charges: QuotaCharge[]) =>
      bench.accepts.accept(newAccept(bench, sender, { charges }));
    assert.deepEqual(await send(charge("none", 0)), overLimit("none"));
    assert.deepEqual(await send(charge("day", 2), charge("rate", 1)), ACCEPTED);
    assert.deepEqual(await send(charge("day", 2), charge("rate", 1)), overLimit("rate"));
    assert.deepEqual(await send(charge("day", 2)), ACCEPTED, "the rejected one has used nothing");
    assert.deepEqual(await send(charge("day", 2)), overLimit("day"));
    assert.deepEqual(await send(charge("day", 3)), ACCEPTED, "the limit is the request's own");
    const { counters } = await bench.accepts.recall(
      sender.serviceId,
      undefined,
      ["day", "rate", "none"],
      START,
    );
    assert.deepEqual(counters, new Map([["day", 3], ["rate", 1]]));
  });

  test("accept: each service and scope has its own counter", async () => {
    await using bench = await openBench(backend);
    const [one, two] = [await newSender(bench), await newSender(bench)];
    const send = (sender: Sender, scope: string) =>
      bench.accepts.accept(newAccept(bench, sender, { charges: [charge(scope, 1)] }));
    const results = await Promise.all([
      send(one, "1"),
      send(two, "1"),
      send(one, "1.0"),
      send(one, "01"),
      send(one, "1"),
    ]);
    assert.deepEqual(results.slice(1, 4), [ACCEPTED, ACCEPTED, ACCEPTED]);
    const [first, last] = [results[0], results[4]];
    assert(first !== undefined && last !== undefined);
    assert.deepEqual([first, last].toSorted((a) => isAccepted(a) ? 1 : -1), [
      overLimit("1"),
      ACCEPTED,
    ]);
  });

  test("accept: of 40 at once, accepts exactly as many as the limit allows", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const send = () =>
      bench.accepts.accept(
        newAccept(bench, sender, { charges: [charge("rate", 1_000), charge("day", 25)] }),
      );
    const results = await Promise.all(Array.from({ length: 40 }, send));
    assert.equal(results.filter(isAccepted).length, 25);
    assert.deepEqual(
      results.filter((result) => !isAccepted(result)),
      Array(15).fill(overLimit("day")),
    );
    assert.deepEqual(await send(), overLimit("day"));
    assert.equal(await countRows(bench.db, "notifications"), 25);
    assert.equal(await countRows(bench.db, "outbox"), 25);
    const { counters } = await bench.accepts.recall(sender.serviceId, undefined, ["day"], START);
    assert.equal(counters.get("day"), 25);
  });

  test("accept: two isolates together accept as many as the limit allows", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const other = await bench.another();
    const results = await Promise.all(
      [bench, other].flatMap((isolate) =>
        Array.from(
          { length: 20 },
          () =>
            isolate.accepts.accept(newAccept(isolate, sender, { charges: [charge("day", 25)] })),
        )
      ),
    );
    // A retry accepts one that was rejected behind another rejected one of the same commit.
    const send = () =>
      bench.accepts.accept(newAccept(bench, sender, { charges: [charge("day", 25)] }));
    let through = results.filter(isAccepted).length;
    while (isAccepted(await send())) through++;
    assert.equal(through, 25);
    assert.equal(await countRows(bench.db, "notifications"), 25);
  });

  test("accept: enforces a rate limit: a burst, then one for each emission interval", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const context = await bench.contexts.load(sender.serviceId, { fresh: false });
    if (context === undefined) throw new Error("no context");
    const settings = { ...context.service.settings, rate_limit_per_minute: 30 };
    const service = { ...context.service, settings };
    const send = (afterMs: number) => {
      const now = START + afterMs;
      const charges = [rateCharge(service, "live", now)];
      return bench.accepts.accept(newAccept(bench, sender, { charges, createdAt: now }));
    };
    const burst = await Promise.all(Array.from({ length: 12 }, () => send(0)));
    assert.equal(burst.filter(isAccepted).length, 10, "a third of a minute's requests");
    const isSent = async (afterMs: number) => isAccepted(await send(afterMs));
    assert.equal(await isSent(1_999), false);
    assert.equal(await isSent(2_000), true);
    assert.equal(await isSent(2_000), false);
    assert.equal(await isSent(8_000), true);
    assert.equal(await isSent(8_000), true);
    assert.equal(await isSent(8_000), true);
    assert.equal(await isSent(8_000), false);
    const later = await Promise.all(Array.from({ length: 12 }, () => send(3_600_000)));
    assert.equal(later.filter(isAccepted).length, 10, "a full bucket holds no more than a burst");
  });

  test("accept: writes nothing when the idempotency key was used", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const send = (plan: Partial<IdempotencyClaim> = {}) =>
      bench.accepts.accept(
        newAccept(bench, sender, { charges: [charge("day", 9)], idempotency: claim("k", plan) }),
      );
    assert.deepEqual(await send(), ACCEPTED);
    const before = await dump(bench.db);
    assert.deepEqual(await send(), rejected("idempotency-key"));
    assert.deepEqual(
      await send({ requestHash: "other", answer: "other" }),
      rejected("idempotency-key"),
    );
    assert.deepEqual(await dump(bench.db), before);
  });

  test("accept: reports the first condition that failed, in the order revision, key, counter", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    await accepted(bench, sender, { idempotency: claim("used"), charges: [charge("full", 1)] });
    const send = (plan: AcceptPlan) => bench.accepts.accept(newAccept(bench, sender, plan));
    const revision = sender.revision + 1;
    const idempotency = claim("used");
    const charges = [charge("day", 9), charge("full", 1), charge("none", 0)];
    assert.deepEqual(await send({ revision, idempotency, charges }), rejected("revision"));
    assert.deepEqual(await send({ idempotency, charges }), rejected("idempotency-key"));
    assert.deepEqual(await send({ charges }), overLimit("full"), "the first charge over its limit");
    assert.deepEqual(await send({ charges: [charge("day", 9)] }), ACCEPTED);
  });

  test("accept: accepts one of several concurrent accepts with an idempotency key", async () => {
    await using bench = await openBench(backend);
    const [one, two] = [await newSender(bench), await newSender(bench)];
    const send = (sender: Sender, keyHash: string) =>
      bench.accepts.accept(
        newAccept(bench, sender, { charges: [charge("day", 9)], idempotency: claim(keyHash) }),
      );
    const results = await Promise.all([
      ...Array.from({ length: 5 }, () => send(one, "123")),
      send(one, "0123"),
      send(two, "123"),
    ]);
    const same = results.slice(0, 5);
    assert.equal(same.filter(isAccepted).length, 1);
    assert.deepEqual(
      same.filter((result) => !isAccepted(result)),
      Array(4).fill(rejected("idempotency-key")),
    );
    assert.deepEqual(results.slice(5), [ACCEPTED, ACCEPTED]);
    assert.deepEqual(await countAll(bench), [3, 3, 3, 2, 3]);
  });

  test("accept: accepts an expired idempotency key again, purged or not", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const send = (createdAt: number, answer: string) =>
      bench.accepts.accept(newAccept(bench, sender, {
        createdAt,
        idempotency: claim("k", { answer, expiresAt: createdAt + DAY_MS }),
      }));
    assert.deepEqual(await send(START, "first"), ACCEPTED);
    assert.deepEqual(await send(START + DAY_MS - 1, "late"), rejected("idempotency-key"));
    assert.deepEqual(await send(START + DAY_MS, "second"), ACCEPTED);
    const { earlier } = await bench.accepts.recall(sender.serviceId, "k", [], START + DAY_MS);
    assert.equal(earlier?.answer, "second");
  });

  test("recall: returns an answer until it expires, in the isolate that stored it and in others", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const answer = JSON.stringify({ text: "é😀\u0000\ud800" });
    await accepted(bench, sender, { idempotency: claim("k", { answer }) });
    const other = await bench.another();
    const recall = async (keyHash: string | undefined, now: number, serviceId = sender.serviceId) =>
      (await other.accepts.recall(serviceId, keyHash, [], now)).earlier;
    assert.deepEqual(await recall("k", START), { requestHash: "request", answer });
    assert.deepEqual(await recall("k", START + DAY_MS - 1), { requestHash: "request", answer });
    assert.equal(await recall("k", START + DAY_MS), undefined);
    assert.equal(await recall("other", START), undefined);
    assert.equal(await recall(undefined, START), undefined);
    const { serviceId } = await newSender(bench);
    assert.equal(await recall("k", START, serviceId), undefined);
  });

  test("remember: stores an answer unless the key was used, and again after it expired", async () => {
    await using bench = await openBench(backend);
    const { serviceId } = await newSender(bench);
    const { accepts, hands } = bench;
    assert.equal(await accepts.remember(serviceId, claim("k")), true);
    assert.equal(await accepts.remember(serviceId, claim("k", { answer: "other" })), false);
    assert.equal((await accepts.recall(serviceId, "k", [], START)).earlier?.answer, '{"id":"1"}');
    hands.now = START + DAY_MS;
    const again = claim("k", { answer: "again", expiresAt: hands.now + DAY_MS });
    assert.equal(await accepts.remember(serviceId, again), true);
    assert.equal((await accepts.recall(serviceId, "k", [], hands.now)).earlier?.answer, "again");
    assert.equal(await countRows(bench.db, "notifications"), 0);
  });

  test("remember and accept: share the idempotency keys", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const { accepts } = bench;
    await accepts.remember(sender.serviceId, claim("1"));
    const plan = { idempotency: claim("1") };
    assert.deepEqual(
      await accepts.accept(newAccept(bench, sender, plan)),
      rejected("idempotency-key"),
    );
    await accepted(bench, sender, { idempotency: claim("2") });
    assert.equal(await accepts.remember(sender.serviceId, claim("2")), false);
  });

  test("accept: a lease keeps its row from other workers until it expires", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const { outbox } = bench;
    const held = await accepted(bench, sender, { lease: { token: "mine", until: START + 1_000 } });
    const free = await accepted(bench, sender);
    const refs = async (now: number) =>
      (await outbox.claim(now, roomFor(10), 500)).map(({ lease }) => lease.ref);
    assert.deepEqual(await refs(START), [free]);
    const attempt = { provider: "post", possibleDuplicate: false };
    const lease = { ref: held, token: "mine" };
    assert.equal(await outbox.start(lease, attempt, START, START + 2_000), 1);
    assert.deepEqual(await refs(START + 1_000), [free], "the attempt has extended the lease");
    assert.deepEqual((await refs(START + 2_000)).length, 2);
    assert.equal(await outbox.start(lease, attempt, START, START + 2_000), undefined);
  });

  test("accept: records the start of the first attempt, so that a crash before the call leaves a marked one", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const lease = { token: "mine", until: START + 1_000, provider: "post" };
    const ref = await accepted(bench, sender, { lease });
    const replayed = await bench.accepts.accept(
      newAccept(bench, sender, { lease, revision: sender.revision + 1 }),
    );
    assert.equal(replayed.kind, "rejected");
    assert.deepEqual(await bench.notifications.timeline(ref), [
      { at: START, kind: "accepted", facts: { status: "created" } },
      { at: START, kind: "attempt-started", facts: { provider: "post", attempt: 1 } },
    ]);
    assert.deepEqual(await bench.outbox.claim(START + 999, roomFor(10), 500), []);
    const [next] = await bench.outbox.claim(START + 1_000, roomFor(10), 500);
    assert.deepEqual([next?.lease.ref, next?.attempts, next?.unresolved], [ref, 1, true]);
    assert.equal(await countRows(bench.db, "events"), 2);
  });

  test("accept: the lease of a started first attempt settles it", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const lease = { token: "mine", until: START + 1_000, provider: "post" };
    const ref = await accepted(bench, sender, { lease });
    const held = { ref, token: "mine" };
    const settled = await bench.outbox.settle(held, "post", NO_FURTHER_WORK, START);
    assert.equal(settled.isWritten, true);
    assert.equal(await countRows(bench.db, "outbox"), 0);
  });

  test("accept: stores every text unchanged", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const other = await bench.another();
    for (const hard of HARD_TEXTS) {
      const accept = newAccept(bench, sender, {
        reference: hard,
        sender: hard,
        personal: {
          to: hard,
          personalisation: { [hard]: hard, list: [hard, 1, null, { deep: hard }] },
          subject: hard,
          body: hard,
          oneClickUnsubscribeUrl: hard,
        },
      });
      assert.deepEqual(await bench.accepts.accept(accept), ACCEPTED, JSON.stringify(hard));
      const { status: _, statusAt: __, sentAt: ___, completedAt: ____, ...stored } =
        await other.notifications.get(refOf(accept)) ?? {};
      assert.deepEqual(stored, {
        ...accept.notification,
        delivery: {},
        provider: null,
        complainedAt: null,
        acknowledgedAt: null,
      });
      const found = await other.notifications.list(sender.serviceId, {
        ...EVERYTHING,
        reference: hard,
      });
      assert.deepEqual(found.map(({ id }) => id), [accept.notification.id], JSON.stringify(hard));
    }
    const all = await other.notifications.list(sender.serviceId, EVERYTHING);
    assert.deepEqual(all.map(({ reference }) => reference), HARD_TEXTS.toReversed());
  });

  test("accept: stores a body of two megabytes", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const body = "é".repeat(1_000_000);
    const ref = await accepted(bench, sender, { personal: { body }, idempotency: claim("k") });
    assert.equal((await bench.notifications.get(ref))?.personal.body, body);
  });

  test("accept: each accept of a shared commit has its own result", async () => {
    await using bench = await openBench(backend);
    const [one, two] = [await newSender(bench), await newSender(bench)];
    const first = newAccept(bench, one);
    assert.deepEqual(await bench.accepts.accept(first), ACCEPTED);
    const again = { ...first, notification: { ...first.notification, reference: "again" } };
    const results = await Promise.allSettled([
      bench.accepts.accept(newAccept(bench, one)),
      bench.accepts.accept(again),
      bench.accepts.accept(newAccept(bench, two, { revision: 99 })),
      bench.accepts.accept(newAccept(bench, two)),
    ]);
    assert.deepEqual(
      results.map((result) => result.status === "fulfilled" ? result.value : "broken"),
      [ACCEPTED, "broken", rejected("revision"), ACCEPTED],
      "an id that is there already is a bug, and throws",
    );
    assert.equal((await bench.notifications.get(refOf(first)))?.reference, null);
    assert.deepEqual(await countAll(bench), [3, 3, 3, 0, 0]);
  });

  // A reply of an embedded database cannot be lost.
  if (!backend.remote) return;

  test("accept: is written when its reply is lost, and recall finds it by its key", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const plan = { charges: [charge("day", 9)], idempotency: claim("k") };
    bench.database.hrana?.loseNextReply();
    await assert.rejects(bench.accepts.accept(newAccept(bench, sender, plan)), TypeError);
    assert.deepEqual(await countAll(bench), [1, 1, 1, 1, 1]);
    assert.deepEqual(
      await bench.accepts.accept(newAccept(bench, sender, plan)),
      rejected("idempotency-key"),
    );
    const { earlier } = await bench.accepts.recall(sender.serviceId, "k", [], START);
    assert.equal(earlier?.answer, '{"id":"1"}');
  });

  test("accept: writes nothing when it never arrived", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const plan = { charges: [charge("day", 9)], idempotency: claim("k") };
    bench.database.hrana?.failNext(502);
    await assert.rejects(bench.accepts.accept(newAccept(bench, sender, plan)));
    assert.deepEqual(await countAll(bench), [0, 0, 0, 0, 0]);
    assert.deepEqual(await bench.accepts.accept(newAccept(bench, sender, plan)), ACCEPTED);
  });
}
