import assert from "node:assert/strict";
import { watchReadyJobs } from "../../../application/jobs/watch_jobs.ts";
import { BACKENDS } from "../../contracts/backends.ts";
import { START } from "../../contracts/isolate.ts";
import { createJob, open } from "../../contracts/jobs_contract.ts";

Deno.test("watchReadyJobs: reports jobs that begin at once, and none that waits for its time or its start", async () => {
  const [backend] = BACKENDS;
  assert(backend !== undefined);
  const { bench, sender, store: stored } = await open(backend);
  await using _ = bench;
  let ready = 0;
  const store = watchReadyJobs(stored, bench.clock, () => void ready++);
  const begun = () => [ready, ready = 0][0];
  const entry = { chain: sender.serviceId, actor: { kind: "system" } } as const;

  await createJob(store, sender, [1]);
  assert.equal(begun(), 1);
  await createJob(store, sender, [1], { scheduledFor: START });
  assert.equal(begun(), 1);
  const later = await createJob(store, sender, [1], {
    status: "scheduled",
    scheduledFor: START + 1,
  });
  const { serviceId, id } = later;
  await store.pause(serviceId, id, START, { ...entry, subject: id, action: "job-paused" });
  await store.resume(serviceId, id, START, { ...entry, subject: id, action: "job-resumed" });
  assert.equal(begun(), 0);
  bench.time.now = START + 1;
  await store.pause(serviceId, id, START + 1, { ...entry, subject: id, action: "job-paused" });
  assert.equal(begun(), 0);
  await store.resume(serviceId, id, START + 1, { ...entry, subject: id, action: "job-resumed" });
  assert.equal(begun(), 1);

  for (const [scheduledFor, times] of [[null, 1], [START + 2, 0]] as const) {
    const waiting = await createJob(store, sender, [1], { status: "ready to send", scheduledFor });
    assert.equal(begun(), 0);
    assert.equal(await store.start(waiting.serviceId, waiting.id, START + 1), true);
    assert.equal(begun(), times);
    assert.equal(await store.start(waiting.serviceId, waiting.id, START + 1), false);
    assert.equal(begun(), 0);
  }
});
