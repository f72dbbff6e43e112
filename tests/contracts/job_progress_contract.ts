import assert from "node:assert/strict";
import { JOBS_KEPT_MS } from "../../domain/jobs/job.ts";
import { MissingMasterKey } from "../../domain/ports/missing_master_key.ts";
import {
  STAGED_CHUNKS_MS,
  UNSTARTED_JOBS_MS,
} from "../../adapters/libsql/notifications/retention.ts";
import type { JobId } from "../../domain/ids.ts";
import { JobError } from "../../domain/jobs/job_error.ts";
import type { JobChunk } from "../../domain/jobs/job.ts";
import { GIVE_UP_AFTER_MS, UNDECRYPTABLE_DELAY_MS } from "../../domain/delivery/retry.ts";
import { CANNOT_DECRYPT } from "../../domain/delivery/attempt_result.ts";
import type { Backend } from "./backends.ts";
import {
  capacityFor,
  claimOne,
  countRows,
  DAY_MS,
  newSender,
  receipt,
  START,
  startAndAccept,
} from "./isolate.ts";
import {
  acceptRows,
  claimed,
  createJob,
  jobsOf,
  LEASE_MS,
  newRows,
  open,
} from "./jobs_contract.ts";

function rowsOf(chunks: readonly JobChunk[]): readonly number[] {
  return chunks.flatMap(({ rows }) => rows.map(({ row }) => row));
}

/** The contract of {@link JobStore} and {@link JobQueue} about leases, failures, cancellation, counts and retention. */
export function jobProgressContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`${name} (${backend.name})`, run);

  test("JobQueue.claimChunk: returns a scheduled job when its time has come, and an unstarted one when it is started", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    const { serviceId } = sender;
    const at = START + DAY_MS;
    const scheduled = await createJob(store, sender, [1], {
      status: "scheduled",
      scheduledFor: at,
    });
    assert.equal(await queue.claimChunk(at - 1, LEASE_MS), undefined);
    assert.equal((await claimed(queue, at)).job.id, scheduled.id);

    const ready = await createJob(store, sender, [1], { status: "ready to send" });
    assert.equal(await queue.claimChunk(at, LEASE_MS), undefined);
    assert.equal(await store.start(serviceId, ready.id, at), true);
    assert.equal((await store.get(serviceId, ready.id))?.status, "pending");
    assert.equal(await store.start(serviceId, ready.id, at), false);
    assert.equal((await claimed(queue, at)).job.id, ready.id);

    const later = await createJob(store, sender, [1], {
      status: "ready to send",
      scheduledFor: at + 9,
    });
    assert.equal(await store.start((await newSender(bench)).serviceId, later.id, at), false);
    assert.equal(await store.start(serviceId, later.id, at), true);
    assert.equal((await store.get(serviceId, later.id))?.status, "scheduled");
    assert.equal(await queue.claimChunk(at + 8, LEASE_MS), undefined);
    assert.equal((await claimed(queue, at + 9)).job.id, later.id);
  });

  test("JobQueue concurrent claimChunk calls: one returns the chunk", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    const other = jobsOf(await bench.another());
    for (let job = 0; job < 3; job++) await createJob(store, sender, [2, 2]);
    const chunks = await Promise.all(
      [queue, other.queue, queue, other.queue, queue].map((each) =>
        each.claimChunk(START, LEASE_MS)
      ),
    );
    const held = chunks.filter((chunk) => chunk !== undefined);
    assert.equal(new Set(held.map(({ job }) => job.id)).size, 3);
    assert.equal(held.length, 3);
  });

  test("JobQueue.claimChunk: returns a chunk again after its lease, with the accepted rows, and fences the earlier lease", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    const job = await createJob(store, sender, [3, 3]);
    const first = await claimed(queue, START);
    assert.deepEqual([[...first.accepted], first.acceptedOfJob], [[], 0]);
    assert.deepEqual(await acceptRows(bench, sender, first, first.rows.slice(0, 2)), [true, true]);
    assert.equal(await queue.claimChunk(START + LEASE_MS - 1, LEASE_MS), undefined);
    const second = await claimed(queue, START + LEASE_MS);
    assert.deepEqual(second.rows, first.rows);
    assert.deepEqual([[...second.accepted].sort(), second.acceptedOfJob], [[2, 3], 2]);
    assert.deepEqual(
      await acceptRows(bench, sender, first, first.rows),
      [false, false, false],
      "who has lost the part takes nothing on",
    );
    assert.deepEqual(
      await acceptRows(bench, sender, second, first.rows),
      [false, false, true],
      "the store takes a row once",
    );
    assert.equal(await queue.finishChunk(first, START + LEASE_MS), false);
    await queue.release(first, START);
    await queue.end(first, "error", "lost", START + LEASE_MS);
    assert.equal((await store.get(sender.serviceId, job.id))?.status, "in progress");
    assert.equal(await queue.finishChunk(second, START + LEASE_MS + 1), true);
    const third = await claimed(queue, START + LEASE_MS + 1);
    assert.deepEqual(rowsOf([third]), [5, 6, 7]);
    assert.deepEqual([[...third.accepted], third.acceptedOfJob], [[], 3]);
  });

  test("JobQueue.claimChunk: backs off a job whose chunk cannot be decrypted, and names it", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    const job = await createJob(store, sender, [1]);
    await bench.db.write(["UPDATE job_parts SET sealed = zeroblob(40)"]);
    const fails = async (now: number) =>
      await assert.rejects(queue.claimChunk(now, LEASE_MS), (error) => {
        assert(error instanceof JobError);
        assert.deepEqual([error.serviceId, error.jobId], [job.serviceId, job.id]);
        return true;
      });
    await fails(START);
    const { least, most } = UNDECRYPTABLE_DELAY_MS;
    const later = await createJob(store, await newSender(bench), [1]);
    const other = await claimed(queue, START + least - 1);
    assert.equal(other.job.id, later.id, "it blocks no other job");
    await queue.end(other, "error", "over", START);
    assert.equal(await queue.claimChunk(START + least - 1, LEASE_MS), undefined);
    const late = START + DAY_MS;
    await fails(late);
    assert.equal(await queue.claimChunk(late + most - 1, LEASE_MS), undefined);
    await fails(late + most);
  });

  test("JobQueue.claimChunk: ends a job with an undecryptable chunk as late as an undeliverable notification", async () => {
    const { bench, sender, store } = await open(backend);
    await using _ = bench;
    const job = await createJob(store, sender, [1, 1]);
    const { queue } = jobsOf(await bench.another([new Uint8Array(32).fill(9)]));
    const fails = (now: number) =>
      assert.rejects(queue.claimChunk(now, LEASE_MS), ({ cause }: JobError) => {
        assert(cause instanceof MissingMasterKey);
        return true;
      });
    await fails(START);
    const last = START + GIVE_UP_AFTER_MS - UNDECRYPTABLE_DELAY_MS.most;
    await fails(last);
    assert.equal((await store.get(sender.serviceId, job.id))?.status, "in progress");
    const end = last + UNDECRYPTABLE_DELAY_MS.most;
    await fails(end);
    const progress = await store.get(sender.serviceId, job.id);
    assert.deepEqual([progress?.status, progress?.error, progress?.finishedAt], [
      "error",
      CANNOT_DECRYPT,
      end,
    ]);
    assert.equal(await countRows(bench.db, "job_parts"), 0);
    assert.equal(await queue.claimChunk(end + DAY_MS, LEASE_MS), undefined);
  });

  test("JobQueue.release: makes a chunk claimable later", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    await createJob(store, sender, [3]);
    const chunk = await claimed(queue, START);
    await queue.release(chunk, START + 7);
    assert.equal(await queue.claimChunk(START + 6, LEASE_MS), undefined);
    assert.deepEqual((await claimed(queue, START + 7)).rows, chunk.rows);
  });

  test("JobQueue.end: ends a job and deletes its remaining chunks", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    const job = await createJob(store, sender, Array.from({ length: 40 }, () => 1));
    const over = await claimed(queue, START);
    await queue.end(over, "sending limits exceeded", null, START + 1);
    const broken = await createJob(store, sender, [1]);
    await queue.end(await claimed(queue, START + 1), "error", "template-archived", START + 2);
    const listed = await store.list(sender.serviceId, {}, 9);
    assert.deepEqual(
      listed.filter(({ id }) => id === job.id).map((
        job,
      ) => [job.status, job.error, job.finishedAt]),
      [["sending limits exceeded", null, START + 1]],
    );
    assert.deepEqual(
      listed.filter(({ id }) => id === broken.id).map((job) => [job.status, job.error]),
      [["error", "template-archived"]],
    );
    assert.equal(await countRows(bench.db, "job_parts"), 0);
    assert.equal(await queue.claimChunk(START + DAY_MS, LEASE_MS), undefined);
    assert.equal(await store.cancel(sender.serviceId, job.id, START + 2), false, "it is over");
  });

  test("JobStore.cancel: cancels a job in any cancellable status, once, with its accepted rows", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    const { serviceId } = sender;
    for (const status of ["pending", "scheduled", "ready to send"] as const) {
      const job = await createJob(store, sender, [1, 1], { status, scheduledFor: START + 1 });
      assert.equal(await store.cancel((await newSender(bench)).serviceId, job.id, START), false);
      assert.equal(await store.cancel(serviceId, job.id, START), true);
      assert.equal(await store.cancel(serviceId, job.id, START), false);
      assert.equal(await store.start(serviceId, job.id, START), false);
    }
    assert.equal(await store.cancel(serviceId, crypto.randomUUID() as JobId, START), false);
    const job = await createJob(store, sender, Array.from({ length: 40 }, () => 1));
    const chunk = await claimed(queue, START + 2);
    assert.equal(chunk.job.id, job.id);
    await acceptRows(bench, sender, chunk, chunk.rows);
    assert.equal(await store.cancel(serviceId, job.id, START + 3), true);
    assert.deepEqual(await acceptRows(bench, sender, chunk, newRows(1, 9)), [false]);
    assert.equal(await queue.finishChunk(chunk, START + 3), false);
    const progress = await store.get(serviceId, job.id);
    assert.deepEqual(
      [progress?.status, progress?.finishedAt, progress?.counts],
      ["cancelled", START + 3, { created: 1 }],
    );
    assert.equal(await countRows(bench.db, "job_parts"), 0);
    assert.equal(await queue.claimChunk(START + DAY_MS, LEASE_MS), undefined);
    const [item] = await bench.outbox.claim(START, capacityFor(9), 1);
    assert.equal(item?.cancellationReason, "job-cancelled");
  });

  test("JobStore.cancel: cancels the unsent rows of a finished job, and nothing else", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    const { serviceId } = sender;
    const job = await createJob(store, sender, [2]);
    const chunk = await claimed(queue, START);
    await acceptRows(bench, sender, chunk, chunk.rows.slice(0, 1));
    await startAndAccept(bench, await claimOne(bench), "m");
    await acceptRows(bench, sender, chunk, chunk.rows.slice(1));
    await queue.finishChunk(chunk, START);
    assert.equal(await store.cancel(serviceId, job.id, START + 1), true);
    assert.equal((await store.get(serviceId, job.id))?.status, "cancelled");
    assert.equal((await claimOne(bench)).cancellationReason, "job-cancelled");
    const sent = await createJob(store, sender, [1]);
    const whole = await claimed(queue, START + 1);
    assert.deepEqual(await acceptRows(bench, sender, whole, whole.rows), [true]);
    await bench.db.write(["UPDATE notifications SET status = 'sending'"]);
    await queue.finishChunk(whole, START + 1);
    assert.equal(await store.cancel(serviceId, sent.id, START + 2), false);
    assert.equal((await store.get(serviceId, sent.id))?.status, "finished");
  });

  test("JobStore: counts a job's rows by their present status", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    const { serviceId } = sender;
    const job = await createJob(store, sender, [1]);
    const chunk = await claimed(queue, START);
    await acceptRows(bench, sender, chunk, newRows(1));
    const item = await claimOne(bench);
    await acceptRows(bench, sender, chunk, newRows(4));
    const counts = async () => (await store.get(serviceId, job.id))?.counts;
    assert.deepEqual(await counts(), { created: 4 });
    await startAndAccept(bench, item, "m");
    assert.deepEqual(await counts(), { created: 3, sending: 1 });
    await bench.receipts.receive([receipt("m", "delivered"), receipt("m", "delivered")], START);
    assert.deepEqual(await counts(), { created: 3, delivered: 1 });
    assert.deepEqual((await store.list(serviceId, {}, 1))[0]?.counts, await counts());
  });

  test("JobStore: a correction moves the count and the result of a row once, however often its receipt comes", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    const { serviceId } = sender;
    const job = await createJob(store, sender, [1]);
    const chunk = await claimed(queue, START);
    await acceptRows(bench, sender, chunk, newRows(1));
    await startAndAccept(bench, await claimOne(bench), "m");
    const counts = async () => (await store.get(serviceId, job.id))?.counts;
    await bench.receipts.receive([receipt("m", "temporary-failure")], START + 1);
    assert.deepEqual(await counts(), { "temporary-failure": 1 });
    const delivered = receipt("m", "delivered");
    await bench.receipts.receive([delivered, receipt("m", "permanent-failure")], START + 2);
    await bench.receipts.receive([delivered], START + 3);
    await bench.receipts.receive([{ ...delivered, dedupeKey: "again" }], START + 4);
    assert.deepEqual(await counts(), { delivered: 1 });
    const [row] = await store.results(serviceId, job.id, 0, 9);
    assert.deepEqual([row?.status, row?.at], ["delivered", START + 2]);
  });

  test("JobStore.results: returns the status of rows in order, page by page", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    const { serviceId } = sender;
    const job = await createJob(store, sender, [5]);
    const chunk = await claimed(queue, START);
    await acceptRows(bench, sender, chunk, chunk.rows.toReversed());
    const first = await store.results(serviceId, job.id, 0, 3);
    const next = await store.results(serviceId, job.id, first.at(-1)?.row ?? 0, 3);
    assert.deepEqual(
      [...first, ...next],
      newRows(5).map(({ row, recipient }) => ({ row, recipient, status: "created", at: START })),
    );
    const other = await newSender(bench);
    assert.deepEqual(await store.results(other.serviceId, job.id, 0, 9), []);
  });

  test("Retention.purge: deletes staged chunks without a job after a day, and never those of a waiting job", async () => {
    const { bench, sender, store } = await open(backend);
    await using _ = bench;
    const purge = async (now: number) => {
      while (await bench.retention.purge(now, 20) > 0);
      return await countRows(bench.db, "job_parts");
    };
    const lost = crypto.randomUUID() as JobId;
    for (let number = 0; number < 5; number++) {
      await store.stage(sender.serviceId, lost, number, newRows(1), START);
    }
    const waits = { status: "scheduled", scheduledFor: START + 30 * DAY_MS } as const;
    await createJob(store, sender, [1, 1], waits);
    assert.equal(await purge(START + STAGED_CHUNKS_MS), 7);
    assert.equal(await purge(START + STAGED_CHUNKS_MS + 1), 2);
    assert.equal(await purge(START + 29 * DAY_MS), 2);
  });

  test("Retention.purge: ends a job that was never started, and deletes its chunks", async () => {
    const { bench, sender, store } = await open(backend);
    await using _ = bench;
    const job = await createJob(store, sender, [1], { status: "ready to send" });
    const purge = async (now: number) => {
      while (await bench.retention.purge(now, 20) > 0);
      const progress = await store.get(sender.serviceId, job.id);
      return [progress?.status, progress?.error, await countRows(bench.db, "job_parts")];
    };
    assert.deepEqual(await purge(START + UNSTARTED_JOBS_MS), ["ready to send", null, 1]);
    assert.deepEqual(await purge(START + UNSTARTED_JOBS_MS + 1), ["error", "not-started", 0]);
  });

  test("Retention.purge: keeps the notifications that an unfinished chunk needs", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    await createJob(store, sender, [2, 1]);
    const chunk = await claimed(queue, START);
    await acceptRows(bench, sender, chunk, chunk.rows.slice(0, 1));
    await startAndAccept(bench, await claimOne(bench), "m");
    await bench.receipts.receive([receipt("m", "delivered")], START);
    const late = START + 30 * DAY_MS;
    while (await bench.retention.purge(late, 20) > 0);
    const again = await claimed(queue, late);
    assert.deepEqual([...again.accepted], [2]);
    await acceptRows(bench, sender, again, again.rows.slice(1));
    assert.equal(await queue.finishChunk(again, late), true);
    while (await bench.retention.purge(late, 20) > 0);
    assert.equal((await store.results(sender.serviceId, chunk.job.id, 0, 9)).length, 1);
  });

  test("Retention.purge: keeps a job and its counts for a time after its rows are deleted", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    const job = await createJob(store, sender, [2]);
    const chunk = await claimed(queue, START);
    await acceptRows(bench, sender, chunk, chunk.rows);
    await queue.finishChunk(chunk, START);
    const purge = async (now: number) => {
      while (await bench.retention.purge(now, 20) > 0);
      return (await store.get(sender.serviceId, job.id))?.counts;
    };
    assert.deepEqual(
      await purge(START + JOBS_KEPT_MS + 1),
      { created: 2 },
      "its rows are still to be sent",
    );
    await bench.db.write(["DELETE FROM outbox"]);
    assert.deepEqual(await purge(START + JOBS_KEPT_MS), { created: 2 });
    assert.deepEqual(await store.results(sender.serviceId, job.id, 0, 9), []);
    assert.deepEqual(await purge(START + JOBS_KEPT_MS + 1), undefined);
    const left = ["jobs", "job_parts", "job_counts"].map((table) => countRows(bench.db, table));
    assert.deepEqual(await Promise.all(left), [0, 0, 0]);
  });
}
