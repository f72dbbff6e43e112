/** A libSQL server with the limits of a real one: what Hark asks for stays below them, or is taken for what it is. */
import assert from "node:assert/strict";
import { openDatabase } from "../../../adapters/libsql/connection/database.ts";
import { StoreUnavailable } from "../../../domain/ports/store_unavailable.ts";
import { createHrana, type HranaOptions } from "../../support/hrana.ts";
import { REAL_LIMITS } from "../../support/hrana_limits.ts";
import {
  accepted,
  type Bench,
  capacityFor,
  EVERYTHING,
  newSender,
  openBench,
  type Sender,
} from "../../contracts/isolate.ts";
import type { Backend } from "../../contracts/backends.ts";

function limited(options: HranaOptions = {}): Backend {
  return {
    name: "over HTTP, with limits",
    remote: true,
    async open() {
      const hrana = createHrana(":memory:", { limits: REAL_LIMITS, ...options });
      const another = () => openDatabase({ url: "http://db.internal", fetch: hrana.fetch });
      const db = await another();
      return {
        db,
        hrana,
        connection: hrana,
        another,
        async [Symbol.asyncDispose]() {
          db.close();
          await hrana.close();
        },
      };
    },
  };
}

const ROWS = 500;
/** Personalisation and a body that make 500 rows larger than an answer may be. */
const PERSONAL = { personalisation: { name: "x".repeat(15_000) }, body: "x".repeat(15_000) };

async function acceptLarge(bench: Bench, sender: Sender, count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, () => accepted(bench, sender, { personal: PERSONAL })),
  );
}

Deno.test("Outbox claim: claims fewer rows at once when they are larger than an answer of the server may be", async () => {
  await using bench = await openBench(limited());
  const sender = await newSender(bench);
  await acceptLarge(bench, sender, ROWS);
  const rows = await bench.outbox.claim(bench.time.now, capacityFor(ROWS), 30_000);
  assert.equal(new Set(rows.map(({ notification }) => notification.id)).size, ROWS);
  assert.ok((bench.database.hrana?.mostBytes ?? Infinity) <= REAL_LIMITS.answerBytes);
});

Deno.test("Outbox claimListed: claims fewer rows at once when they are larger than an answer of the server may be", async () => {
  await using bench = await openBench(limited({ limits: { answerBytes: 100_000 } }));
  const sender = await newSender(bench);
  const refs = [];
  for (let n = 0; n < 5; n++) refs.push(await accepted(bench, sender, { personal: PERSONAL }));
  const ids = refs.map(({ notificationId }) => notificationId);
  const list = { serviceId: sender.serviceId, channel: "sms", ids } as const;
  const rows = await bench.outbox.claimListed(bench.time.now, list, 30_000);
  assert.deepEqual(rows.map(({ notification }) => notification.id).toSorted(), ids.toSorted());
});

Deno.test("NotificationStore list: reads a page in parts when it is larger than an answer of the server may be", async () => {
  await using bench = await openBench(limited());
  const sender = await newSender(bench);
  await acceptLarge(bench, sender, 301);
  const page = await bench.notifications.list(sender.serviceId, { ...EVERYTHING, limit: 300 });
  const ids = page.map(({ id }) => id);
  assert.equal(new Set(ids).size, 300);
  assert.deepEqual(ids, ids.toSorted().reverse());
  const [next] = await bench.notifications.list(sender.serviceId, {
    ...EVERYTHING,
    olderThan: ids.at(-1),
  });
  assert.ok(next !== undefined && !ids.includes(next.id));
});

Deno.test("a remote database: is unavailable, and no statement is at fault, when one row is larger than an answer may be", async () => {
  await using bench = await openBench(limited({ limits: { answerBytes: 20_000 } }));
  const sender = await newSender(bench);
  const ref = await accepted(bench, sender, { personal: PERSONAL });
  for (
    const call of [
      () => bench.notifications.list(sender.serviceId, EVERYTHING),
      () => bench.notifications.get(ref),
      () => bench.outbox.claim(bench.time.now, capacityFor(ROWS), 30_000),
    ]
  ) {
    await assert.rejects(
      call,
      (error) => error instanceof StoreUnavailable && error.code === "RESPONSE_TOO_LARGE",
    );
  }
});

Deno.test("a remote database: more calls than the platform's connections wait for one, and all are answered", async () => {
  await using bench = await openBench(limited({ limits: { ...REAL_LIMITS, latencyMs: 5 } }));
  const sender = await newSender(bench);
  const sent = await Promise.all(
    Array.from({ length: 60 }, () => accepted(bench, sender, {})),
  );
  await Promise.all(sent.map((ref) => bench.notifications.get(ref)));
  assert.equal(bench.database.hrana?.mostAtOnce, REAL_LIMITS.connections);
});

Deno.test("a remote database: a server that refuses a request beside others is unavailable", async () => {
  const limits = { requests: 2, latencyMs: 20 };
  await using bench = await openBench(limited({ limits }));
  const sender = await newSender(bench);
  const ref = await accepted(bench, sender, {});
  const results = await Promise.allSettled(
    Array.from({ length: 6 }, () => bench.notifications.get(ref)),
  );
  const refused = results.flatMap((result) => result.status === "rejected" ? result.reason : []);
  assert.ok(refused.length > 0);
  for (const error of refused) assert.equal(error.code, "HTTP_429");
});
