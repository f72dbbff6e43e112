/** What a clock that was ahead leaves behind: leases and counters. */
import assert from "node:assert/strict";
import {
  BODY_BYTES_PER_UNIT,
  bodyCharge,
  CLOCK_TOLERANCE_US,
  rateCharge,
} from "../../domain/sending/limits.ts";
import { NO_FURTHER_WORK } from "../../domain/delivery/attempt_result.ts";
import type { Service } from "../../domain/service/service.ts";
import type { Backend } from "./backends.ts";
import {
  accepted,
  type Bench,
  capacityFor,
  isAccepted,
  newAccept,
  newSender,
  openBench,
  type Sender,
  START,
} from "./isolate.ts";
import { createJob, jobsOf } from "./jobs_contract.ts";
import { LEASE_MS } from "./outbox_contract.ts";

const AHEAD_MS = 2 * 3_600_000;
/** 10 requests in 20 seconds. */
const RATE = 30;
const BURST_MS = 20_000;
const STEP_MS = 2_000;

async function openRated(backend: Backend) {
  const bench = await openBench(backend);
  const sender = await newSender(bench, { settings: { rate_limit_per_minute: RATE } });
  const context = await bench.contexts.load(sender.serviceId, { fresh: true });
  if (context === undefined) throw new Error("no context");
  return { bench, sender, service: context.service };
}

async function isSent(bench: Bench, sender: Sender, service: Service, now: number) {
  const charges = [rateCharge(service, "live", now)];
  return isAccepted(
    await bench.accepts.accept(newAccept(bench, sender, { charges, createdAt: now })),
  );
}

/** The contract of the stores after the time has gone back. */
export function wrongClockContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`${name} (${backend.name})`, run);

  test("AcceptStore.accept: a rate limit recovers at once when the clock was two hours ahead", async () => {
    const { bench, sender, service } = await openRated(backend);
    await using _ = bench;
    const send = (now: number) => isSent(bench, sender, service, now);
    for (let sent = 0; sent < 10; sent++) assert.equal(await send(START + AHEAD_MS), true);
    assert.equal(await send(START + AHEAD_MS), false);
    const after = await Promise.all(Array.from({ length: 12 }, () => send(START)));
    assert.equal(after.filter(Boolean).length, 10, "the clock was set back");
    assert.equal(await send(START + 1_999), false);
    assert.equal(await send(START + 2_000), true);
    assert.equal(await send(START + 2_000), false);
    const later = await Promise.all(
      Array.from({ length: 12 }, () => send(START + 2_000 + BURST_MS)),
    );
    assert.equal(later.filter(Boolean).length, 10);
  });

  test("AcceptStore.accept: a retry waits for at most a burst, however far the clock was ahead", async () => {
    for (const aheadMs of [1_000, 15_000, 21_000, 25_000, 60_000, AHEAD_MS]) {
      const { bench, sender, service } = await openRated(backend);
      await using _ = bench;
      const send = (now: number) => isSent(bench, sender, service, now);
      for (let sent = 0; sent < 10; sent++) await send(START + aheadMs);
      let waitedMs = 0;
      while (!await send(START + waitedMs)) waitedMs += 1_000;
      assert(waitedMs <= BURST_MS + STEP_MS + CLOCK_TOLERANCE_US / 1000, `${aheadMs} ms ahead`);
    }
  });

  test("AcceptStore.charge: bodies cost at most a burst beyond the burst", async () => {
    const { bench, sender: { serviceId }, service } = await openRated(backend);
    await using _ = bench;
    const charge = bodyCharge(service, "live", 100 * BODY_BYTES_PER_UNIT, START);
    assert(charge !== undefined);
    const charged = [];
    for (let body = 0; body < 4; body++) {
      charged.push(await bench.accepts.charge(serviceId, [charge]));
    }
    assert.deepEqual(charged, [true, true, false, false]);
    const { counters } = await bench.accepts.recall(serviceId, undefined, [charge.scope], START);
    assert.equal(counters.get(charge.scope), 1000 * (START + 2 * BURST_MS));
  });

  test("Outbox.renewLeases: changes the leases that end after a time, and no other row", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const { outbox } = bench;
    const claim = async (now: number) => {
      const rows = await outbox.claim(now, capacityFor(10), LEASE_MS);
      return rows.map(({ lease }) => lease.ref.notificationId);
    };
    const { notificationId: leased } = await accepted(bench, sender, { createdAt: START });
    assert.deepEqual(await claim(START + AHEAD_MS), [leased]);
    const { notificationId: later } = await accepted(bench, sender, { dueAt: START + AHEAD_MS });
    const { notificationId: held } = await accepted(bench, sender, { createdAt: START });
    assert.deepEqual(await claim(START), [held]);
    await outbox.renewLeases(START + LEASE_MS, START + 2 * LEASE_MS);
    assert.deepEqual(await claim(START + LEASE_MS), [held], "it ended then already");
    assert.deepEqual(await claim(START + 2 * LEASE_MS - 1), []);
    await outbox.renewLeases(START, START + 3 * LEASE_MS);
    assert.deepEqual(await claim(START + 3 * LEASE_MS - 1), []);
    assert.deepEqual(
      (await claim(START + 3 * LEASE_MS)).toSorted(),
      [leased, held].toSorted(),
    );
    assert.deepEqual((await claim(START + AHEAD_MS - 1)).length, 2);
    assert.deepEqual(await claim(START + AHEAD_MS), [later]);
  });

  test("Outbox.renewLeases: the holder of a lease keeps it", async () => {
    await using bench = await openBench(backend);
    await accepted(bench, await newSender(bench));
    const { outbox } = bench;
    const [row] = await outbox.claim(START, capacityFor(10), LEASE_MS);
    assert(row !== undefined);
    await outbox.renewLeases(START, START + AHEAD_MS + LEASE_MS);
    assert.deepEqual(await outbox.claim(START + AHEAD_MS, capacityFor(10), LEASE_MS), []);
    const settled = await outbox.settle(row.lease, "twilio", NO_FURTHER_WORK, START + AHEAD_MS);
    assert.equal(settled.isWritten, true);
  });

  test("JobQueue.renewLeases: changes the lease of a job that ends after a time", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const { store, queue } = jobsOf(bench);
    const job = await createJob(store, sender, [2], { createdAt: START });
    const claim = async (now: number) => (await queue.claimChunk(now, LEASE_MS))?.job.id;
    assert.equal(await claim(START + AHEAD_MS), job.id);
    await queue.renewLeases(START, START + LEASE_MS);
    assert.equal(await claim(START + LEASE_MS - 1), undefined);
    assert.equal(await claim(START + LEASE_MS), job.id);
  });
}
