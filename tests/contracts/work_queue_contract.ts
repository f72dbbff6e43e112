import assert from "node:assert/strict";
import { createDeadMessageStore } from "../../adapters/libsql/queues/dead_messages.ts";
import { LANE } from "../../domain/delivery/lanes.ts";
import type { JobId, NotificationId, NotificationRef } from "../../domain/ids.ts";
import type { JobChunk } from "../../domain/jobs/job.ts";
import { MAX_DEAD_MESSAGES, type NewDeadMessage } from "../../domain/ports/dead_message_store.ts";
import type { Channel } from "../../domain/service/service.ts";
import type { Backend } from "./backends.ts";
import {
  accepted,
  type Bench,
  capacityFor,
  claimOne,
  newSender,
  openBench,
  type Sender,
  START,
  startAndAccept,
} from "./isolate.ts";
import { acceptRows, createJob, LEASE_MS, open } from "./jobs_contract.ts";

const OUTBOX_LEASE_MS = 30_000;

const idsOf = (refs: readonly NotificationRef[]) =>
  refs.map(({ notificationId }) => notificationId);

/** Claims listed texts of a sender, and returns the ids of those that were claimed. */
async function claimListed(
  { outbox, time }: Bench,
  { serviceId }: Sender,
  ids: readonly NotificationId[],
  channel: Channel = "sms",
): Promise<readonly string[]> {
  const rows = await outbox.claimListed(time.now, { serviceId, channel, ids }, OUTBOX_LEASE_MS);
  return rows.map(({ notification }) => notification.id).toSorted();
}

/** Asserts that a chunk was claimed. */
function asChunk(claimed: JobChunk | "busy" | "absent"): JobChunk {
  assert(typeof claimed === "object", `the part is ${claimed}`);
  return claimed;
}

/** The contract of what messages of the work queue claim, and of {@link DeadMessageStore}. */
export function workQueueContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`${name} (${backend.name})`, run);

  test("Outbox claimListed: claims listed rows of single sends and of batches, each once", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const single = await accepted(bench, sender);
    const bulk = await accepted(bench, sender, { inBatch: true });
    const other = await accepted(bench, sender);
    const ids = idsOf([bulk, single]);
    const [first, again] = await Promise.all([
      claimListed(bench, sender, [...ids, ...ids]),
      claimListed(bench, sender, ids),
    ]);
    assert.deepEqual([...first, ...again].toSorted(), ids.toSorted());
    assert.deepEqual(await claimListed(bench, sender, ids), []);
    // The others are claimed as usual, and the listed ones after their leases.
    assert.equal((await claimOne(bench)).notification.id, other.notificationId);
    bench.time.now += OUTBOX_LEASE_MS;
    assert.deepEqual(await claimListed(bench, sender, ids), ids.toSorted());
  });

  test("Outbox claimListed: claims no row that is not due, and none of another service", async () => {
    await using bench = await openBench(backend);
    const [sender, other] = [await newSender(bench), await newSender(bench)];
    const awaiting = await accepted(bench, sender);
    await startAndAccept(bench, await claimOne(bench), "message");
    const refs = [
      awaiting,
      await accepted(bench, sender, { dueAt: START + 1 }),
      await accepted(bench, sender, { channel: "email" }),
      await accepted(bench, other),
      { ...awaiting, notificationId: crypto.randomUUID() as NotificationId },
    ];
    const due = await accepted(bench, sender);
    assert.deepEqual(await claimListed(bench, sender, idsOf([...refs, due])), [due.notificationId]);
    assert.deepEqual(await claimListed(bench, sender, []), []);
    // The end of a wait for a receipt is claimed by what is due alone.
    bench.time.now += 4 * 24 * 60 * 60_000;
    const later = await claimListed(bench, sender, idsOf([awaiting]));
    assert.deepEqual(later, []);
  });

  test("Outbox claimListed: puts an undecryptable row off, claims the others, and leaves it later", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const refs = [await accepted(bench, sender), await accepted(bench, sender)];
    const [poison] = refs;
    const ids = idsOf(refs);
    await bench.db.write([{
      sql: "UPDATE notifications SET sealed = zeroblob(40) WHERE id = unhex(?)",
      args: [poison?.notificationId.replaceAll("-", "") ?? ""],
    }]);
    assert.deepEqual(await claimListed(bench, sender, ids), [ids[1]]);
    const [lanes] = await bench.db.read([
      `SELECT count(*) AS n FROM outbox WHERE lane = ${LANE.undecryptable}`,
    ]);
    assert.equal(lanes?.rows[0]?.n, 1);
    bench.time.now += 60 * 60_000;
    assert.deepEqual(await claimListed(bench, sender, ids), [ids[1]]);
  });

  test("Outbox listDue: lists due rows of the asked channels, services in turn, without claiming them", async () => {
    await using bench = await openBench(backend);
    const [one, two] = [await newSender(bench), await newSender(bench)];
    const first = await accepted(bench, one, { inBatch: true });
    await accepted(bench, one, { inBatch: true });
    const foreign = await accepted(bench, two, { inBatch: true });
    const single = await accepted(bench, one);
    await accepted(bench, one, { dueAt: START + 1 });
    const email = await accepted(bench, two, { channel: "email" });
    const list = async (channels: readonly Channel[], limit: number) =>
      (await bench.outbox.listDue(START, channels, limit))
        .map(({ notificationId }) => notificationId);
    assert.deepEqual(await list(["email"], 10), idsOf([email]));
    const [head, ...rest] = await list(["sms"], 3);
    assert.equal(head, single.notificationId);
    assert.deepEqual(rest.toSorted(), idsOf([first, foreign]).toSorted());
    assert.equal((await list(["sms", "email"], 10)).length, 5);
    assert.deepEqual(await list([], 10), []);
    // A claim may return fewer rows than are due.
    const claim = () => bench.outbox.claim(START, capacityFor(10), OUTBOX_LEASE_MS);
    assert.equal((await claim()).length + (await claim()).length, 5);
    assert.deepEqual(await list(["sms", "email"], 10), []);
  });

  test("JobQueue claimPart: gives parts of one job to several workers, and the last one finishes it", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    const { serviceId, id } = await createJob(store, sender, [2, 1]);
    const claim = (part: number, now = START) =>
      queue.claimPart(serviceId, id, part, now, LEASE_MS);
    const [second, first] = [asChunk(await claim(1)), asChunk(await claim(0))];
    assert.deepEqual([first.rows.length, second.rows.length], [2, 1]);
    assert.deepEqual([first.number, second.number, first.job.status], [0, 1, "in progress"]);
    assert.equal(await claim(2), "absent");
    // The workers' shared lease keeps the job from those who claim by what is due.
    assert.equal(await queue.claimChunk(START, LEASE_MS), undefined);
    assert.deepEqual(await acceptRows(bench, sender, second, second.rows), [true]);
    assert.equal(await queue.finishPart(second, START + 1, LEASE_MS), true);
    assert.equal(await claim(1), "absent");
    // A second worker of the same part finds what the first has accepted.
    assert.deepEqual(await acceptRows(bench, sender, first, first.rows.slice(0, 1)), [true]);
    const repeated = asChunk(await claim(0));
    assert.deepEqual([...repeated.accepted], [2]);
    assert.deepEqual(await acceptRows(bench, sender, first, first.rows.slice(1)), [true]);
    assert.equal(await queue.finishPart(first, START + 2, LEASE_MS), true);
    assert.equal(await queue.finishPart(repeated, START + 2, LEASE_MS), false);
    assert.equal((await store.get(serviceId, id))?.status, "finished");
    assert.equal(await claim(0), "absent");
  });

  test("JobQueue claimPart: waits for a worker that has the whole job, and that worker for it", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    const { serviceId, id } = await createJob(store, sender, [1, 1]);
    const claim = (now: number, part = 1) => queue.claimPart(serviceId, id, part, now, LEASE_MS);
    const whole = await queue.claimChunk(START, LEASE_MS);
    assert(whole !== undefined);
    assert.equal(await claim(START), "busy");
    const shared = asChunk(await claim(START + LEASE_MS));
    assert.equal(await queue.finishChunk(whole, START + LEASE_MS), false);
    assert.equal(await queue.claimChunk(START + LEASE_MS, LEASE_MS), undefined);
    // The shared lease ends when none of its workers goes on.
    assert.notEqual(await queue.claimChunk(START + 2 * LEASE_MS, LEASE_MS), undefined);
    assert.equal(await queue.finishPart(shared, START + 2 * LEASE_MS, LEASE_MS), false);
  });

  test("JobQueue claimPart: has nothing of a job that waits, is paused, cancelled, another's or unknown", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    const other = await newSender(bench);
    const { serviceId, id } = await createJob(store, sender, [1]);
    const entry = {
      chain: serviceId,
      actor: { kind: "system" },
      action: "job-paused",
      subject: id,
    } as const;
    const later = await createJob(store, sender, [1], {
      status: "scheduled",
      scheduledFor: START + 2 * LEASE_MS,
    });
    const claim = (jobId: JobId, now = START, service = serviceId) =>
      queue.claimPart(service, jobId, 0, now, LEASE_MS);
    assert.equal(await claim(id, START, other.serviceId), "absent");
    assert.equal(await claim(crypto.randomUUID() as JobId), "absent");
    assert.equal(await claim(later.id), "absent");
    // A message that comes a little early is to be repeated.
    assert.equal(await claim(later.id, START + LEASE_MS), "busy");
    const chunk = asChunk(await claim(id));
    assert.equal(await store.pause(serviceId, id, START, entry), true);
    assert.equal(await claim(id), "absent");
    assert.deepEqual(await acceptRows(bench, sender, chunk, chunk.rows), [false]);
    assert.equal(await queue.finishPart(chunk, START, LEASE_MS), false);
    await store.resume(serviceId, id, START, { ...entry, action: "job-resumed" });
    asChunk(await claim(id));
    await store.cancel(serviceId, id, START, { ...entry, action: "job-cancelled" });
    assert.equal(await claim(id), "absent");
  });

  test("JobQueue listDue: lists runnable jobs with their first parts", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    const job = await createJob(store, sender, [1, 1]);
    const later = START + 2 * LEASE_MS;
    await createJob(store, sender, [1], { status: "scheduled", scheduledFor: later });
    const { serviceId, id, channel } = job;
    const due = { serviceId, id, channel };
    assert.deepEqual(await queue.listDue(START, 10), [{ ...due, firstPart: 0 }]);
    const chunk = asChunk(await queue.claimPart(serviceId, id, 0, START, LEASE_MS));
    assert.deepEqual(await queue.listDue(START, 10), []);
    await acceptRows(bench, sender, chunk, chunk.rows);
    await queue.finishPart(chunk, START, LEASE_MS);
    assert.deepEqual(await queue.listDue(START + LEASE_MS, 10), [{ ...due, firstPart: 1 }]);
    assert.equal((await queue.listDue(later, 10)).length, 2);
    assert.equal((await queue.listDue(later, 1)).length, 1);
  });

  test("DeadMessageStore: counts each message once, and keeps the last ones", async () => {
    await using bench = await openBench(backend);
    const { serviceId } = await newSender(bench);
    const store = createDeadMessageStore(bench.db);
    assert.deepEqual(await store.read(), { messages: [], count: 0 });
    const dead: NewDeadMessage = {
      id: "first",
      kind: "send",
      serviceId,
      channel: "sms",
      ids: 3,
      reason: "retries",
    };
    await store.record([dead], START);
    await store.record(
      [dead, { id: "second", kind: "unknown", ids: 0, reason: "kind" }],
      START + 1,
    );
    await store.record([], START + 1);
    assert.deepEqual(await store.read(), {
      messages: [
        { id: "second", kind: "unknown", ids: 0, reason: "kind", diedAt: START + 1 },
        { ...dead, diedAt: START },
      ],
      count: 2,
    });
    const many = Array.from(
      { length: MAX_DEAD_MESSAGES },
      (_, n) => ({ ...dead, id: `many ${n}` }),
    );
    await store.record(many, START + 2);
    const { messages, count } = await store.read();
    assert.deepEqual([messages.length, count], [MAX_DEAD_MESSAGES, MAX_DEAD_MESSAGES + 2]);
    assert.ok(messages.every(({ diedAt }) => diedAt === START + 2));
  });
}
