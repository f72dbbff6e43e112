import assert from "node:assert/strict";
import { createQueueStore } from "../../adapters/libsql/queues/queues.ts";
import { MAX_ROWS_COUNTED } from "../../domain/ports/queue_store.ts";
import type { Backend } from "./backends.ts";
import {
  accepted,
  type Bench,
  capacityFor,
  claimOne,
  newSender,
  openBench,
  START,
  startAndAccept,
} from "./isolate.ts";

const read = ({ db, time }: Bench) => createQueueStore(db).read(time.now);

/** The contract of {@link QueueStore}. */
export function queuesContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`QueueStore ${name} (${backend.name})`, run);

  test("read: counts due, leased and waiting messages by channel, service and provider", async () => {
    await using bench = await openBench(backend);
    assert.deepEqual(await read(bench), { queues: [], isComplete: true });
    const [one, two] = [await newSender(bench), await newSender(bench)];
    await accepted(bench, one);
    await startAndAccept(bench, await claimOne(bench), "m");
    await accepted(bench, one);
    await bench.outbox.claim(START, capacityFor(1), 30_000);
    await accepted(bench, one, { dueAt: START - 7 });
    await accepted(bench, one, { dueAt: START - 5, inBatch: true });
    await accepted(bench, one, { dueAt: START + 1 });
    await accepted(bench, two, { channel: "email" });
    const { queues, isComplete } = await read(bench);
    assert.ok(isComplete);
    const base = {
      channel: "sms",
      provider: null,
      due: 0,
      leased: 0,
      waiting: 0,
      oldestDueAt: null,
    };
    const sms = { ...base, serviceId: one.serviceId };
    assert.deepEqual(queues, [
      { ...sms, stage: "to-send", due: 1, leased: 1, waiting: 1, oldestDueAt: START - 7 },
      { ...sms, stage: "to-send", due: 1, oldestDueAt: START - 5 },
      { ...sms, stage: "awaiting-receipt", provider: "post", waiting: 1 },
      {
        ...base,
        channel: "email",
        stage: "to-send",
        serviceId: two.serviceId,
        due: 1,
        oldestDueAt: START,
      },
    ]);
    const oldest = await createQueueStore(bench.db).oldestDue(START);
    assert.deepEqual([...oldest].toSorted(), [["email", START], ["sms", START - 7]]);
  });

  test(`read: counts ${MAX_ROWS_COUNTED} messages of a lane, and says that there may be more from then on`, async () => {
    await using bench = await openBench(backend);
    const { serviceId } = await newSender(bench);
    const insert = (from: number, to: number) => ({
      sql: `WITH RECURSIVE v(value) AS (SELECT ${from} UNION ALL
          SELECT value + 1 FROM v WHERE value < ${to})
        INSERT INTO outbox (service_id, notification_id, channel, lane, task, due_at, attempts,
          unresolved)
        SELECT unhex(?1, '-'), unhex(printf('%032x', value)), 'sms', 0, 'deliver', ${START}, 0, 0
        FROM v`,
      args: [serviceId],
    });
    await bench.db.write([insert(1, MAX_ROWS_COUNTED - 1)]);
    const all = await read(bench);
    assert.deepEqual([all.queues[0]?.due, all.isComplete], [MAX_ROWS_COUNTED - 1, true]);
    await bench.db.write([insert(MAX_ROWS_COUNTED, MAX_ROWS_COUNTED + 1)]);
    const most = await read(bench);
    assert.deepEqual([most.queues[0]?.due, most.isComplete], [MAX_ROWS_COUNTED, false]);
  });
}
