import assert from "node:assert/strict";
import { StoreUnavailable } from "../../domain/ports/store_unavailable.ts";
import { NO_FURTHER_WORK } from "../../domain/delivery/attempt_result.ts";
import type { IdempotencyClaim } from "../../domain/ports/accept_store.ts";
import type { Backend } from "./backends.ts";
import {
  ACCEPTED,
  accepted,
  type AcceptPlan,
  capacityFor,
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
  type Sender,
  START,
} from "./isolate.ts";
import { claim, countAll } from "./accept_contract.ts";

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

/** The contract of {@link AcceptStore} about idempotency keys, leases and stored texts. */
export function acceptKeysContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`AcceptStore ${name} (${backend.name})`, run);

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

  test("storeAnswer: stores an answer unless the key was used, and again after it expired", async () => {
    await using bench = await openBench(backend);
    const { serviceId } = await newSender(bench);
    const { accepts, time: time } = bench;
    assert.equal(await accepts.storeAnswer(serviceId, claim("k")), true);
    assert.equal(await accepts.storeAnswer(serviceId, claim("k", { answer: "other" })), false);
    assert.equal((await accepts.recall(serviceId, "k", [], START)).earlier?.answer, '{"id":"1"}');
    time.now = START + DAY_MS;
    const again = claim("k", { answer: "again", expiresAt: time.now + DAY_MS });
    assert.equal(await accepts.storeAnswer(serviceId, again), true);
    assert.equal((await accepts.recall(serviceId, "k", [], time.now)).earlier?.answer, "again");
    assert.equal(await countRows(bench.db, "notifications"), 0);
  });

  test("storeAnswer and accept: share the idempotency keys", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const { accepts } = bench;
    await accepts.storeAnswer(sender.serviceId, claim("1"));
    const plan = { idempotency: claim("1") };
    assert.deepEqual(
      await accepts.accept(newAccept(bench, sender, plan)),
      rejected("idempotency-key"),
    );
    await accepted(bench, sender, { idempotency: claim("2") });
    assert.equal(await accepts.storeAnswer(sender.serviceId, claim("2")), false);
  });

  test("accept: a lease keeps its row from other workers until it expires", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const { outbox } = bench;
    const held = await accepted(bench, sender, { lease: { token: "mine", until: START + 1_000 } });
    const free = await accepted(bench, sender);
    const refs = async (now: number) =>
      (await outbox.claim(now, capacityFor(10), 500)).map(({ lease }) => lease.ref);
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
    const rejectedAccept = await bench.accepts.accept(
      newAccept(bench, sender, { lease, revision: sender.revision + 1 }),
    );
    assert.equal(rejectedAccept.kind, "rejected");
    assert.deepEqual(await bench.notifications.timeline(ref), [
      { at: START, kind: "accepted", facts: { status: "created" } },
      { at: START, kind: "attempt-started", facts: { provider: "post", attempt: 1 } },
    ]);
    assert.deepEqual(await bench.outbox.claim(START + 999, capacityFor(10), 500), []);
    const [next] = await bench.outbox.claim(START + 1_000, capacityFor(10), 500);
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
      const listed = await other.notifications.list(sender.serviceId, {
        ...EVERYTHING,
        reference: hard,
      });
      assert.deepEqual(listed.map(({ id }) => id), [accept.notification.id], JSON.stringify(hard));
    }
    const all = await other.notifications.list(sender.serviceId, EVERYTHING);
    assert.deepEqual(all.map(({ reference }) => reference), HARD_TEXTS.toReversed());
  });

  test("accept: stores a body of two megabytes, or the largest that the database can hold", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    // Encrypted it has two hexadecimal digits a byte, and other facts beside it.
    const bytes = Math.min(2_000_000, bench.db.maxValueBytes - 200);
    const body = "é".repeat(bytes / 2);
    const ref = await accepted(bench, sender, { personal: { body }, idempotency: claim("k") });
    assert.equal((await bench.notifications.get(ref))?.personal.body, body);
    if (bench.db.maxValueBytes === Infinity) return;
    const large = { personal: { body: `${body}${"x".repeat(200)}` } };
    const result = await bench.accepts.accept(newAccept(bench, sender, large));
    assert(result.kind === "rejected" && result.reason === "too-large");
    assert.ok(result.bytes > result.maxBytes);
    const kinds = async (plans: readonly AcceptPlan[]) =>
      (await bench.accepts.acceptMany(plans.map((plan) => newAccept(bench, sender, plan))))
        .map((each) => each.kind === "rejected" ? each.reason : each.kind);
    assert.deepEqual(await kinds([{}, large, { personal: { body } }, {}]), [
      "accepted",
      "too-large",
      "accepted",
      "accepted",
    ]);
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
    bench.database.connection?.loseNextReply();
    await assert.rejects(bench.accepts.accept(newAccept(bench, sender, plan)), StoreUnavailable);
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
    bench.database.connection?.failNext(502);
    await assert.rejects(bench.accepts.accept(newAccept(bench, sender, plan)));
    assert.deepEqual(await countAll(bench), [0, 0, 0, 0, 0]);
    assert.deepEqual(await bench.accepts.accept(newAccept(bench, sender, plan)), ACCEPTED);
  });
}
