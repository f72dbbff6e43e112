import assert from "node:assert/strict";
import { createListDraftStore } from "../../adapters/libsql/jobs/list_drafts.ts";
import { LIST_DRAFTS_MS, PAUSED_JOBS_MS } from "../../adapters/libsql/notifications/retention.ts";
import { type ListDraft, MAX_LIST_DRAFTS } from "../../domain/jobs/list_draft.ts";
import type { Backend } from "./backends.ts";
import { countRows, type Isolate, START } from "./isolate.ts";
import { createJob, LEASE_MS, newListDraft, open } from "./jobs_contract.ts";

async function purge({ retention }: Isolate, now: number): Promise<void> {
  while (await retention.purge(now, 100) > 0);
}

/** The contract of {@link ListDraftStore}, and of the part of {@link JobStore} that pauses and withdraws. */
export function listDraftsContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`${name} (${backend.name})`, run);

  test("ListDraftStore: keeps a list with its rows, encrypted, for a day", async () => {
    const { bench, sender, store: jobs } = await open(backend);
    await using _ = bench;
    const { serviceId } = sender;
    const store = createListDraftStore(bench);
    const draft = newListDraft(sender);
    const rows = [
      { row: 2, cells: ["07900900123", "Ann"] },
      { row: 4, cells: ["1"], digits: new Map([[0, "447900900124"]]) },
    ];
    await store.stage(serviceId, draft.id, 0, rows, START);
    await store.create(draft);
    assert.deepEqual(await store.get(serviceId, draft.id, "key"), { draft, jobId: undefined });
    assert.deepEqual(await store.readChunk(serviceId, draft.id, 0), rows);
    assert.deepEqual(await store.findRow(serviceId, draft.id, 4), rows[1]);
    assert.equal(await store.findRow(serviceId, draft.id, 3), undefined);
    assert.deepEqual(await store.readChunk(serviceId, draft.id, 1), []);
    const changed = { ...draft, options: { ...draft.options, skipBadRows: true } };
    await store.update(changed);
    assert.deepEqual((await store.get(serviceId, draft.id, "key"))?.draft, changed);
    const job = await createJob(jobs, sender, [1], {}, { keyHash: "key" });
    assert.equal((await store.get(serviceId, draft.id, "key"))?.jobId, job.id);
    await purge(bench, START + LIST_DRAFTS_MS);
    assert.equal(await countRows(bench.db, "list_drafts"), 1);
    await purge(bench, START + LIST_DRAFTS_MS + 1);
    assert.equal(await countRows(bench.db, "list_drafts"), 0);
    assert.equal(await store.get(serviceId, draft.id, "key"), undefined);
  });

  test("ListDraftStore.create: keeps the newest lists of a person in a service, and deletes the rows of older ones", async () => {
    const { bench, sender } = await open(backend);
    await using _ = bench;
    const store = createListDraftStore(bench);
    const other = newListDraft(sender);
    const { authorId } = newListDraft(sender);
    const own = Array.from({ length: MAX_LIST_DRAFTS + 1 }, (_, index) => ({
      ...newListDraft(sender),
      authorId,
      createdAt: START + index,
    }));
    for (const draft of [other, ...own]) {
      await store.stage(draft.serviceId, draft.id, 0, [{ row: 2, cells: ["1"] }], START);
      await store.create(draft);
    }
    const isKept = async ({ serviceId, id }: ListDraft) =>
      await store.get(serviceId, id, "key") !== undefined &&
      (await store.readChunk(serviceId, id, 0)).length > 0;
    const [oldest, ...kept] = await Promise.all(own.map(isKept));
    assert.equal(oldest, false);
    assert.ok(kept.every((one) => one));
    assert.equal(await isKept(other), true);
    assert.equal(await countRows(bench.db, "job_parts"), MAX_LIST_DRAFTS + 1);
  });

  test("JobStore.withdraw: cancels a job of which nothing has begun, and forgets its key", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    const { serviceId } = sender;
    const job = await createJob(store, sender, [1], {}, { keyHash: "key" });
    assert.equal(await store.withdraw(serviceId, job.id, START), true);
    assert.equal(await store.withdraw(serviceId, job.id, START), false);
    assert.equal(await store.findEarlier(serviceId, "key", START), undefined);
    assert.equal(await countRows(bench.db, "job_parts"), 0);
    const begun = await createJob(store, sender, [1]);
    assert.notEqual(await queue.claimChunk(START, LEASE_MS), undefined);
    assert.equal(await store.withdraw(serviceId, begun.id, START), false);
  });

  test("JobStore.pause: takes the lease from the worker, and resume gives the job back to be claimed", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    const { serviceId } = sender;
    const job = await createJob(store, sender, [1, 1]);
    const chunk = await queue.claimChunk(START, LEASE_MS);
    if (chunk === undefined) throw new Error("nothing was due");
    assert.equal(await store.pause(serviceId, job.id, START), true);
    assert.equal(await queue.finishChunk(chunk, START), false);
    assert.equal(await queue.claimChunk(START + LEASE_MS, LEASE_MS), undefined);
    assert.equal(await store.resume(serviceId, job.id, START), true);
    assert.equal((await store.get(serviceId, job.id))?.status, "in progress");
    assert.equal((await queue.claimChunk(START, LEASE_MS))?.job.id, job.id);
    await store.pause(serviceId, job.id, START);
    await purge(bench, START + PAUSED_JOBS_MS);
    assert.equal((await store.get(serviceId, job.id))?.status, "paused");
    await purge(bench, START + PAUSED_JOBS_MS + 1);
    assert.equal((await store.get(serviceId, job.id))?.status, "cancelled");
  });
}
