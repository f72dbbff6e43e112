import assert from "node:assert/strict";

import { createJobQueue } from "../../adapters/libsql/jobs/job_queue.ts";
import { createJobStore } from "../../adapters/libsql/jobs/jobs.ts";

import type { JobId, ListDraftId, UserId } from "../../domain/ids.ts";

import type { Job, JobChunk, JobClaim, JobRow } from "../../domain/jobs/job.ts";
import type { ListDraft } from "../../domain/jobs/list_draft.ts";
import type { JobQueue } from "../../domain/ports/job_queue.ts";
import type { JobStore } from "../../domain/ports/job_store.ts";
import type { NotificationQuery } from "../../domain/ports/notification_store.ts";
import { PLAIN_READING } from "../../domain/jobs/list_reading.ts";

import type { Backend } from "./backends.ts";
import {
  accepted,
  countRows,
  DAY_MS,
  dump,
  EVERYTHING,
  isAccepted,
  type Isolate,
  newAccept,
  newSender,
  openBench,
  type Sender,
  START,
} from "./isolate.ts";

export const LEASE_MS = 60_000;

/** The two ports of an isolate. */
export function jobsOf(isolate: Isolate): { readonly store: JobStore; readonly queue: JobQueue } {
  return { store: createJobStore(isolate), queue: createJobQueue(isolate) };
}

/** Rows of a list, from the first below the headers on. */
export function newRows(count: number, first = 2): readonly JobRow[] {
  return Array.from({ length: count }, (_, index) => ({
    row: first + index,
    recipient: `ann${first + index}@example.com`,
    personalisation: { name: `Ann ${first + index}` },
  }));
}

/** A list with one row that a person has uploaded. */
export function newListDraft({ serviceId, templateId }: Sender): ListDraft {
  return {
    serviceId,
    id: crypto.randomUUID() as ListDraftId,
    authorId: crypto.randomUUID() as UserId,
    templateId,
    createdAt: START,
    chunks: 1,
    fileHash: "file",
    fileName: "march.csv",
    headings: ["phone number", "rows"],
    headingRow: 1,
    facts: { encoding: { name: "utf-8", isCertain: true }, sample: [] },
    options: {
      columns: { rows: "rows" },
      columnsConfirmed: true,
      skipBadRows: false,
      allowDuplicates: true,
      encodingConfirmed: false,
    },
    check: {
      templateVersion: 1,
      templateName: "Reminder",
      channel: "sms",
      needed: ["phone number"],
      sentBefore: null,
      report: {
        rows: 1,
        errorCount: 0,
        listErrorCount: 0,
        badRows: 0,
        errorCounts: {},
        errors: [],
        missingColumns: [],
        duplicateColumns: [],
        repeatedColumns: [],
        unknownColumns: [],
        formattedColumns: [],
        duplicateRecipients: 0,
        international: 0,
        fragments: {
          total: 2,
          rows: new Map([[2, 1]]),
          groups: [{ country: "GB", fragments: 2, messages: 1 }],
        },
        samples: [],
        encoding: "utf-8",
        sample: [],
        warnings: [],
      },
    },
  };
}

/** A job of `rows` rows; everything else is the same in all. */
export function newJob(sender: Sender, rows: number, rest: Partial<Job> = {}): Job {
  return {
    serviceId: sender.serviceId,
    id: crypto.randomUUID() as JobId,
    name: "March",
    fileName: "march.csv",
    channel: "sms",
    templateId: sender.templateId,
    templateVersion: 1,
    keyKind: "live",
    keyId: sender.keyId,
    senderId: null,
    status: "pending",
    rows,
    scheduledFor: null,
    validUntil: null,
    urgent: false,
    createdPaused: false,
    allowDuplicates: false,
    reading: PLAIN_READING,
    createdAt: START,
    startedAt: null,
    finishedAt: null,
    error: null,
    ...rest,
  };
}

/** What identifies the upload of a job. */
export function newClaim(rest: Partial<JobClaim> = {}): JobClaim {
  return { keyHash: null, fileHash: "file", expiresAt: START + DAY_MS, chunks: 0, ...rest };
}

/** Creates a job of chunks with so many rows each. */
export async function createJob(
  store: JobStore,
  sender: Sender,
  chunks: readonly number[],
  rest: Partial<Job> = {},
  claim: Partial<JobClaim> = {},
): Promise<Job> {
  const job = newJob(sender, chunks.reduce((sum, rows) => sum + rows, 0), rest);
  let first = 2;
  for (const [number, rows] of chunks.entries()) {
    await store.stage(job.serviceId, job.id, number, newRows(rows, first), job.createdAt);
    first += rows;
  }
  const created = await store.create(
    job,
    newClaim({ chunks: chunks.length, ...claim }),
    sender.revision,
  );
  assert.equal(created.kind, "created");
  return job;
}

/** Accepts rows of a part. */
export async function acceptRows(
  isolate: Isolate,
  sender: Sender,
  { job, leaseToken }: JobChunk,
  rows: readonly JobRow[],
  reference: string | null = null,
): Promise<readonly boolean[]> {
  const results = await isolate.accepts.acceptMany(
    rows.map(({ row, recipient }) =>
      newAccept(isolate, sender, {
        delivery: { job: { id: job.id, row } },
        personal: { to: recipient },
        reference,
        inBatch: true,
        jobLease: leaseToken,
      })
    ),
  );
  return results.map(isAccepted);
}

export async function claimed(queue: JobQueue, now: number): Promise<JobChunk> {
  const chunk = await queue.claimChunk(now, LEASE_MS);
  assert(chunk !== undefined, "a part was due");
  return chunk;
}

export async function open(backend: Backend) {
  const bench = await openBench(backend);
  const sender = await newSender(bench);
  return { bench, sender, ...jobsOf(bench) };
}

/** The contract of {@link JobStore} and {@link JobQueue}. */
export function jobsContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`${name} (${backend.name})`, run);

  test("JobStore create: get returns the created job with all its fields", async () => {
    const { bench, sender, store } = await open(backend);
    await using _ = bench;
    const job = await createJob(store, sender, [2], {
      name: "\u001bNews\0 =1+1 \ud800",
      fileName: "a\0b.csv",
      channel: "email",
      scheduledFor: START + 5,
      validUntil: START + 9,
      urgent: true,
      createdPaused: true,
      allowDuplicates: true,
      authorId: crypto.randomUUID() as UserId,
      reading: {
        encoding: "windows-1252",
        sample: ["Zoë", "\ud800\0"],
        warnings: ["guessed_encoding"],
        requestedEncoding: "windows-1252",
        acceptedWarnings: ["guessed_encoding", "same-file"],
      },
      status: "scheduled",
    });
    assert.deepEqual(await store.get(sender.serviceId, job.id), { ...job, counts: {} });
    const other = await newSender(bench);
    assert.equal(await store.get(other.serviceId, job.id), undefined);
    const bare = await createJob(store, sender, [1], { fileName: null });
    assert.deepEqual(await store.get(sender.serviceId, bare.id), { ...bare, counts: {} });
  });

  test("NotificationStore.list: leaves out rows of jobs unless includeJobs is set", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    const plan = { keyKind: "live", reference: "r" } as const;
    const { notificationId: first } = await accepted(bench, sender, plan);
    await createJob(store, sender, [3]);
    const chunk = await claimed(queue, START);
    await acceptRows(bench, sender, chunk, chunk.rows, "r");
    const { notificationId: last } = await accepted(bench, sender, plan);
    const { notificationId: test } = await accepted(bench, sender, { ...plan, keyKind: "test" });
    const list = async (query: Partial<NotificationQuery>) => {
      const filter = { ...EVERYTHING, includeJobs: false, ...query };
      const listed = await bench.notifications.list(sender.serviceId, filter);
      return listed.map(({ id }) => id);
    };
    const live = { keyKind: "live" } as const;
    assert.deepEqual(await list({}), [test, last, first]);
    assert.deepEqual(await list(live), [last, first]);
    assert.deepEqual(await list({ ...live, limit: 1 }), [last]);
    assert.deepEqual(await list({ ...live, limit: 1, olderThan: last }), [first]);
    assert.deepEqual(await list({ ...live, channels: ["sms"], statuses: ["created"] }), [
      last,
      first,
    ]);
    assert.deepEqual(await list({ ...live, channels: ["email"] }), []);
    assert.deepEqual(await list({ ...live, reference: "r" }), [last, first]);
    assert.deepEqual(await list({ reference: "r", olderThan: last }), [first]);
    assert.deepEqual(await list({ ...live, reference: "other" }), []);
    assert.equal((await list({ ...live, includeJobs: true })).length, 5);
    assert.equal((await list({ ...live, includeJobs: true, reference: "r" })).length, 5);
    const [row] = await list({ ...live, includeJobs: true, limit: 1, olderThan: last });
    assert.ok(row !== undefined && row !== first, "a row of the job");
    assert.deepEqual(await list({ ...live, olderThan: row }), [first]);
  });

  test("JobStore: stores chunks encrypted, and no personal data in its tables", async () => {
    const { bench, sender, store } = await open(backend);
    await using _ = bench;
    await createJob(store, sender, [3, 3], { name: "Ann 1 to 6", fileName: "ann1.csv" });
    for (const [table, rows] of await dump(bench.db)) {
      assert(!rows.some((row) => /ann\d|Ann \d/.test(row)), table);
    }
    assert.equal(await countRows(bench.db, "job_parts"), 2);
  });

  test("JobStore.create: returns the earlier job of an idempotency key until the key expires", async () => {
    const { bench, sender, store } = await open(backend);
    await using _ = bench;
    const first = await createJob(store, sender, [1], {}, { keyHash: "k", fileHash: "one" });
    const again = newJob(sender, 1, { createdAt: START + DAY_MS - 1 });
    assert.deepEqual(
      await store.create(again, newClaim({ keyHash: "k", fileHash: "two" }), sender.revision),
      { kind: "earlier", job: { ...first, counts: {} }, fileHash: "one" },
    );
    assert.equal(await store.get(sender.serviceId, again.id), undefined);
    const other = await newSender(bench);
    await createJob(store, other, [1], {}, { keyHash: "k" });
    await createJob(store, sender, [1], { createdAt: START + DAY_MS }, {
      keyHash: "k",
      expiresAt: START + 2 * DAY_MS,
    });
  });

  test("JobStore.findEarlier: finds the job of an idempotency key until the key expires", async () => {
    const { bench, sender, store } = await open(backend);
    await using _ = bench;
    const { serviceId } = sender;
    const job = await createJob(store, sender, [1], {}, { keyHash: "k", fileHash: "one" });
    assert.deepEqual(await store.findEarlier(serviceId, "k", START + DAY_MS - 1), {
      job: { ...job, counts: {} },
      fileHash: "one",
    });
    assert.equal(await store.findEarlier(serviceId, "k", START + DAY_MS), undefined);
    assert.equal(await store.findEarlier(serviceId, "other", START), undefined);
    const other = await newSender(bench);
    assert.equal(await store.findEarlier(other.serviceId, "k", START), undefined);
  });

  test("JobStore.create: creates one job for concurrent calls with one key", async () => {
    const { bench, sender, store } = await open(backend);
    await using _ = bench;
    const other = jobsOf(await bench.another());
    const created = await Promise.all(
      [store, other.store, store, other.store].map((each) =>
        each.create(newJob(sender, 1), newClaim({ keyHash: "k" }), sender.revision)
      ),
    );
    assert.deepEqual(created.map(({ kind }) => kind).sort(), [
      "created",
      "earlier",
      "earlier",
      "earlier",
    ]);
    assert.equal(await countRows(bench.db, "jobs"), 1);
  });

  test("JobStore.create: is stale once the service has changed", async () => {
    const { bench, sender, store } = await open(backend);
    await using _ = bench;
    await bench.management.updateService(sender.serviceId, { name: "Other" }, START);
    const created = await store.create(newJob(sender, 1), newClaim(), sender.revision);
    assert.deepEqual(created, { kind: "stale" });
    assert.equal(await countRows(bench.db, "jobs"), 0);
  });

  test("JobStore.discard: deletes staged chunks, and never those of a created job", async () => {
    const { bench, sender, store } = await open(backend);
    await using _ = bench;
    const id = crypto.randomUUID() as JobId;
    for (let number = 0; number < 40; number++) {
      await store.stage(sender.serviceId, id, number, newRows(1), START);
    }
    const job = await createJob(store, sender, [1]);
    await store.discard(sender.serviceId, id);
    await store.discard(sender.serviceId, job.id);
    assert.equal(await countRows(bench.db, "job_parts"), 1);
  });

  test("JobStore.findDuplicateUpload: finds a job of the same file that was not cancelled", async () => {
    const { bench, sender, store } = await open(backend);
    await using _ = bench;
    const { serviceId } = sender;
    assert.equal(await store.findDuplicateUpload(serviceId, "file", START - 1), undefined);
    const job = await createJob(store, sender, [1]);
    const duplicateUpload = await store.findDuplicateUpload(serviceId, "file", START - 1);
    assert.deepEqual(duplicateUpload, job);
    assert.equal(await store.findDuplicateUpload(serviceId, "file", START), undefined, "too old");
    assert.equal(await store.findDuplicateUpload(serviceId, "other", START - 1), undefined);
    assert.equal(
      await store.findDuplicateUpload((await newSender(bench)).serviceId, "file", START - 1),
      undefined,
    );
    await store.cancel(serviceId, job.id, START);
    assert.equal(await store.findDuplicateUpload(serviceId, "file", START - 1), undefined);
  });

  test("JobStore.list: returns the newest first, page by page", async () => {
    const { bench, sender, store } = await open(backend);
    await using _ = bench;
    const jobs: JobId[] = [];
    for (const later of [0, 0, 1, 2, 2]) {
      jobs.push((await createJob(store, sender, [1], { createdAt: START + later })).id);
    }
    await createJob(store, await newSender(bench), [1]);
    const jobIds: JobId[] = [];
    for (let page = 0; page < 4; page++) {
      const listed = await store.list(sender.serviceId, { olderThan: jobIds.at(-1) }, 2);
      assert.equal(listed.length, [2, 2, 1, 0][page]);
      assert.deepEqual(listed.map(({ counts }) => counts), listed.map(() => ({})));
      jobIds.push(...listed.map(({ id }) => id));
    }
    assert.deepEqual([...jobIds].sort(), [...jobs].sort());
    assert.equal(jobIds[2], jobs[2]);
    const above = await store.list(sender.serviceId, { newerThan: jobIds[3] }, 2);
    assert.deepEqual(above.map(({ id }) => id), jobIds.slice(1, 3));
    assert.deepEqual(
      await store.list(sender.serviceId, { olderThan: crypto.randomUUID() as JobId }, 9),
      [],
    );
  });

  test("JobQueue.claimChunk: returns a job's chunks in order; then the job is finished and nothing is due", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    assert.equal(await queue.claimChunk(START, LEASE_MS), undefined);
    const job = await createJob(store, sender, [2, 1, 3], { createdAt: START });
    assert.equal(await queue.claimChunk(START - 1, LEASE_MS), undefined);
    const chunks: JobChunk[] = [];
    for (let pass = 1; pass <= 3; pass++) {
      const chunk = await claimed(queue, START + pass);
      assert.deepEqual(chunk.job, { ...job, status: "in progress", startedAt: START + 1 });
      assert.equal(await queue.claimChunk(START + pass, LEASE_MS), undefined, "it is held");
      await acceptRows(bench, sender, chunk, chunk.rows);
      assert.equal(await queue.finishChunk(chunk, START + pass), true);
      assert.equal(await queue.finishChunk(chunk, START + pass), false, "once");
      chunks.push(chunk);
    }
    assert.deepEqual(chunks.flatMap(({ rows }) => rows), newRows(6));
    assert.equal(await queue.claimChunk(START + DAY_MS, LEASE_MS), undefined);
    const ended = await store.get(sender.serviceId, job.id);
    assert.deepEqual([ended?.status, ended?.finishedAt], ["finished", START + 3]);
    assert.equal(await countRows(bench.db, "job_parts"), 0);
  });

  test("JobStore.create: creates no job when a chunk is missing", async () => {
    const { bench, sender, store } = await open(backend);
    await using _ = bench;
    const job = newJob(sender, 4);
    for (const number of [0, 1]) {
      await store.stage(job.serviceId, job.id, number, newRows(2, 2 + 2 * number), START);
    }
    await bench.db.write(["DELETE FROM job_parts WHERE number = 0"]);
    const create = () => store.create(job, newClaim({ chunks: 2 }), sender.revision);
    assert.deepEqual(await create(), { kind: "stale" });
    await store.stage(job.serviceId, job.id, 0, newRows(2), START);
    assert.equal((await create()).kind, "created");
  });

  test("JobQueue.finishChunk: ends a job with missing rows as an error", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    const job = await createJob(store, sender, [2, 1]);
    await bench.db.write(["DELETE FROM job_parts WHERE number = 1"]);
    const chunk = await claimed(queue, START);
    await acceptRows(bench, sender, chunk, chunk.rows);
    assert.equal(await queue.finishChunk(chunk, START), true);
    const progress = await store.get(sender.serviceId, job.id);
    assert.deepEqual(
      [progress?.status, progress?.error, progress?.counts],
      ["error", "rows-missing", { created: 2 }],
    );
  });

  test("JobQueue: serves jobs round-robin, a chunk at a time", async () => {
    const { bench, sender, store, queue } = await open(backend);
    await using _ = bench;
    const long = await createJob(store, sender, [1, 1, 1, 1]);
    const short = await createJob(store, await newSender(bench), [1, 1], { createdAt: START + 1 });
    const claimedJobs: JobId[] = [];
    for (let pass = 2; pass < 8; pass++) {
      const chunk = await claimed(queue, START + pass);
      claimedJobs.push(chunk.job.id);
      await queue.finishChunk(chunk, START + pass);
    }
    const [a, b] = [long.id, short.id];
    assert.deepEqual(claimedJobs, [a, b, a, b, a, a]);
  });
}
