import assert from "node:assert/strict";
import { type QuotaCharge, rateCharge } from "../../domain/sending/limits.ts";
import type { UserId } from "../../domain/ids.ts";
import type { IdempotencyClaim } from "../../domain/ports/accept_store.ts";
import type { Backend } from "./backends.ts";
import {
  ACCEPTED,
  type Bench,
  charge,
  countRows,
  DAY_MS,
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

/** The tables that an accept writes. */
const WRITTEN = ["notifications", "outbox", "events", "counters", "idempotency"] as const;

export function claim(keyHash: string, rest: Partial<IdempotencyClaim> = {}): IdempotencyClaim {
  return {
    keyHash,
    requestHash: "request",
    expiresAt: START + DAY_MS,
    answer: '{"id":"1"}',
    ...rest,
  };
}

export async function countAll({ db }: Bench): Promise<readonly number[]> {
  return await Promise.all(WRITTEN.map((table) => countRows(db, table)));
}

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

  test("accept: keeps the author and the repeated message of those that have one", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const origin = {
      authorId: crypto.randomUUID() as UserId,
      resentFrom: bench.clock.newNotificationId(),
    };
    const accepts = [newAccept(bench, sender, origin), newAccept(bench, sender)];
    await Promise.all(accepts.map((accept) => bench.accepts.accept(accept)));
    const stored = await Promise.all(
      accepts.map((accept) => bench.notifications.get(refOf(accept))),
    );
    assert.deepEqual(
      stored.map((found) => [found?.authorId, found?.resentFrom]),
      [[origin.authorId, origin.resentFrom], [undefined, undefined]],
    );
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
}
