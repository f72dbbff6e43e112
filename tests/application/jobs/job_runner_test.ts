import { openAuditWriter } from "../../../adapters/libsql/accounts/audit_writer.ts";
import assert from "node:assert/strict";
import { createClock } from "../../../adapters/clock.ts";
import { createEncryption } from "../../../adapters/crypto/envelope_encryption.ts";
import { createAcceptStore } from "../../../adapters/libsql/notifications/accept.ts";
import { createContexts } from "../../../adapters/libsql/services/contexts.ts";
import { createJobQueue } from "../../../adapters/libsql/jobs/job_queue.ts";
import { createJobStore } from "../../../adapters/libsql/jobs/jobs.ts";
import { createUnsubscribeStore } from "../../../adapters/libsql/notifications/unsubscribes.ts";
import type { JobId, KeyId, ServiceId, TemplateId, UserId } from "../../../domain/ids.ts";
import { JobError } from "../../../domain/jobs/job_error.ts";
import type { Job, JobProgress, JobRow } from "../../../domain/jobs/job.ts";
import type { JobStore } from "../../../domain/ports/job_store.ts";
import { PLAIN_READING } from "../../../domain/jobs/list_reading.ts";
import { STEP_MAX_CHARACTERS, STEP_MAX_ROWS } from "../../../application/jobs/accept_chunk.ts";
import { createJobRunner } from "../../../application/jobs/job_runner.ts";
import {
  MASTER_KEY,
  startTestApplication,
  type TestApplication,
  type TestService,
} from "../../support/application.ts";

interface JobsHark extends AsyncDisposable {
  readonly hark: TestApplication;
  readonly service: TestService;
  readonly store: JobStore;
  readonly templateId: string;
  /** Creates a job with one chunk for each list of recipients. */
  create(chunks: readonly (readonly string[])[], rest?: Partial<Job>): Promise<Job>;
  load(job: Job): Promise<JobProgress>;
  /** The number of rows of each step. */
  readonly steps: readonly number[];
  /** Replaces the write of the next step. */
  readonly failure: { next?: () => Promise<never> | undefined };
  /** Accepts the rows of one chunk. */
  runOnce(): Promise<boolean>;
}

async function startJobs(settings: Readonly<Record<string, unknown>> = {}): Promise<JobsHark> {
  const hark = await startTestApplication();
  const service = await hark.newService(settings);
  const templateId = await hark.newTemplate(service.id);
  const encryption = await createEncryption([Uint8Array.fromBase64(MASTER_KEY)]);
  const contexts = createContexts(hark.db, encryption);
  const { db, management } = hark;
  const clock = createClock();
  const store = createJobStore({
    db,
    encryption,
    contexts,
    audit: openAuditWriter({ db, encryption, clock }),
  });
  const accepts = createAcceptStore({ db, encryption, contexts, clock });
  const steps: number[] = [];
  const failure: JobsHark["failure"] = {};
  const runner = createJobRunner({
    clock,
    queue: createJobQueue({ db, encryption, clock }),
    contexts,
    templates: management,
    accepts: {
      recall: accepts.recall,
      acceptMany(planned) {
        steps.push(planned.length);
        return failure.next?.() ?? accepts.acceptMany(planned);
      },
    },
    unsubscribes: createUnsubscribeStore({ db, encryption, contexts, clock }),
    defaults: { smsSender: "HARK", emailDomain: "example.org" },
    hasInbox: () => false,
  });
  const serviceId = service.id as ServiceId;
  return {
    hark,
    service,
    store,
    templateId,
    steps,
    failure,
    async create(chunks, rest = {}) {
      const job: Job = {
        serviceId,
        id: crypto.randomUUID() as JobId,
        name: "List",
        fileName: null,
        channel: "sms",
        templateId: templateId as TemplateId,
        templateVersion: 1,
        keyKind: "live",
        keyId: crypto.randomUUID() as KeyId,
        senderId: null,
        status: "pending",
        rows: chunks.flat().length,
        scheduledFor: null,
        validUntil: null,
        urgent: false,
        createdPaused: false,
        allowDuplicates: false,
        reading: PLAIN_READING,
        createdAt: Date.now(),
        startedAt: null,
        finishedAt: null,
        error: null,
        ...rest,
      };
      let row = 2;
      for (const [number, recipients] of chunks.entries()) {
        const rows = recipients.map((recipient): JobRow => ({
          row,
          recipient,
          personalisation: { name: `Ann ${row++}` },
        }));
        await store.stage(serviceId, job.id, number, rows, job.createdAt);
      }
      const context = await contexts.load(serviceId, { fresh: true });
      const claim = {
        keyHash: null,
        fileHash: "file",
        expiresAt: job.createdAt,
        chunks: chunks.length,
      };
      const result = await store.create(job, claim, context?.service.revision ?? 0);
      assert.equal(result.kind, "created");
      return job;
    },
    async load({ serviceId, id }) {
      const progress = await store.get(serviceId, id);
      assert(progress !== undefined);
      return progress;
    },
    runOnce: () => runner.runOnce(new AbortController().signal),
    [Symbol.asyncDispose]: () => hark.close(),
  };
}

function numbers(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `07900 9${String(at).padStart(5, "0")}`);
}

Deno.test("runJobs: accepts every row in order, and sends each with its own values", async () => {
  await using jobs = await startJobs();
  const { hark, store, create, load } = jobs;
  const job = await create([numbers(STEP_MAX_ROWS + 1), ["+380 67 123 45 67"]]);
  await hark.settle();
  const { status, counts, rows } = await load(job);
  assert.deepEqual([status, counts], ["finished", { delivered: rows }]);
  const results = await store.results(job.serviceId, job.id, 0, 1_000);
  assert.deepEqual(results.map(({ row }) => row), Array.from({ length: rows }, (_, at) => at + 2));
  assert.equal(results.at(-1)?.recipient, "+380 67 123 45 67");
  const bodies = new Set(hark.mailbox.list().map(({ text }) => text));
  assert(bodies.size > 1, "each contains its own name");
});

Deno.test("runJobs: the messages of a person's job have its author", async () => {
  await using jobs = await startJobs();
  const authorId = crypto.randomUUID() as UserId;
  const job = await jobs.create([numbers(2)], { authorId });
  await jobs.create([numbers(1)]);
  await jobs.hark.settle();
  assert.equal((await jobs.load(job)).authorId, authorId);
  const rows = await jobs.hark.db.read([
    "SELECT lower(hex(author_id)) AS author FROM notifications ORDER BY author_id",
  ]);
  const hex = authorId.replaceAll("-", "");
  assert.deepEqual(rows[0]?.rows.map(({ author }) => author), ["", hex, hex]);
});

Deno.test("runJobs: sends a test key's job, and a smoke test's row, to the sandbox", async () => {
  await using jobs = await startJobs({ daily_limits: { sms: 2 } });
  const { hark, create, load } = jobs;
  const test = await create([numbers(3)], { keyKind: "test" });
  const smoke = await create([["07700 900000", ...numbers(1)]]);
  await hark.settle();
  assert.deepEqual((await load(test)).counts, { delivered: 3 });
  assert.deepEqual((await load(smoke)).counts, { delivered: 2 });
});

Deno.test("runJobs: does not start a job with more rows than the daily limit leaves", async () => {
  await using jobs = await startJobs({ daily_limits: { sms: 3 } });
  const { hark, create, load } = jobs;
  const job = await create([numbers(2), numbers(2)]);
  await hark.settle();
  const { status, counts, error } = await load(job);
  assert.deepEqual([status, counts, error], ["sending limits exceeded", {}, null]);
  const fits = await create([numbers(2), numbers(1)]);
  await hark.settle();
  assert.deepEqual((await load(fits)).counts, { delivered: 3 });
});

Deno.test("runJobs: stops when the daily limit is used up meanwhile, and accepted rows are still sent", async () => {
  await using jobs = await startJobs({ daily_limits: { sms: 4 } });
  const { hark, service, create, load, templateId } = jobs;
  const job = await create([numbers(2), numbers(2)]);
  await jobs.runOnce();
  assert.deepEqual((await load(job)).counts, { created: 2 });
  const sent = await hark.as(service.keys.live, "POST", "/v2/notifications/sms", {
    phone_number: "07900 900123",
    template_id: templateId,
    personalisation: { name: "Ann" },
  });
  assert.equal(sent.status, 201);
  await hark.settle();
  const { status, counts } = await load(job);
  assert.deepEqual([status, counts], ["sending limits exceeded", { delivered: 3 }]);
});

Deno.test("runJobs: ends the job with an error code when its template or service is archived", async () => {
  await using jobs = await startJobs();
  const { hark, service, create, load, templateId } = jobs;
  const path = `/manage/services/${service.id}`;
  const first = await create([numbers(1)]);
  assert.equal((await hark.manage("DELETE", `${path}/templates/${templateId}`)).status, 204);
  await hark.settle();
  assert.deepEqual(
    [(await load(first)).status, (await load(first)).error],
    ["error", "template-archived"],
  );
  const second = await create([numbers(1)]);
  assert.equal((await hark.manage("PATCH", path, { active: false })).status, 200);
  await hark.settle();
  assert.equal((await load(second)).error, "service-archived");
});

Deno.test("runJobs: sends the template version that the rows were validated against", async () => {
  await using jobs = await startJobs();
  const { hark, service, create, load, templateId } = jobs;
  const job = await create([numbers(2)]);
  const changed = await hark.manage(
    "PUT",
    `/manage/services/${service.id}/templates/${templateId}`,
    { name: "Text", body: "Another ((thing))" },
  );
  assert(changed.ok, String(changed.status));
  await hark.settle();
  assert.deepEqual((await load(job)).counts, { delivered: 2 });
  assert(hark.mailbox.list().every(({ text }) => text.includes("Hi Ann")));
});

Deno.test("runJobs: accepts no more rows of a cancelled job, and cancels the accepted ones", async () => {
  await using jobs = await startJobs();
  const { hark, store, create, load } = jobs;
  const job = await create([numbers(2), numbers(2)]);
  await jobs.runOnce();
  assert.equal(await store.cancel(job.serviceId, job.id, Date.now()), true);
  await hark.settle();
  const { status, counts } = await load(job);
  assert.deepEqual([status, counts], ["cancelled", { cancelled: 2 }]);
  assert.deepEqual(hark.mailbox.list(), []);
});

Deno.test("runJobs: releases its chunk when it is aborted", async () => {
  await using jobs = await startJobs();
  const { hark, create, load } = jobs;
  const job = await create([numbers(2)]);
  await hark.backgroundWork.runJobs(AbortSignal.abort());
  assert.equal((await load(job)).status, "pending");
  await hark.settle();
  assert.equal((await load(job)).status, "finished");
});

Deno.test("runJobs: reports the row that was refused in the job's error", async () => {
  await using jobs = await startJobs();
  const job = await jobs.create([[...numbers(2), "nobody"]]);
  await jobs.hark.settle();
  const { status, error } = await jobs.load(job);
  assert.equal(status, "error");
  assert.match(error ?? "", /^[a-z-]+:4$/);
});

Deno.test("runJobs: ends a job for an invalid row only when the rows before it are accepted", async () => {
  await using jobs = await startJobs();
  const recipients = [...numbers(STEP_MAX_ROWS), "not a number"];
  const job = await jobs.create([recipients]);
  jobs.failure.next = () => {
    delete jobs.failure.next;
    return Promise.reject(new Error("the disk is full"));
  };
  await assert.rejects(jobs.runOnce(), JobError);
  assert.equal((await jobs.load(job)).status, "in progress");
  await jobs.hark.db.write(["UPDATE jobs SET due_at = 0"]);
  await jobs.runOnce();
  const { status, error, counts } = await jobs.load(job);
  assert.deepEqual([status, error], ["error", `phone-not-valid:${STEP_MAX_ROWS + 2}`]);
  assert.equal(counts.created, STEP_MAX_ROWS);
});

Deno.test("runJobs: writes long messages in smaller steps", async () => {
  await using jobs = await startJobs();
  const templateId = await jobs.hark.newTemplate(jobs.service.id, {
    channel: "email",
    name: "Long",
    subject: "Long",
    body: "long ".repeat(STEP_MAX_CHARACTERS / 20),
  });
  const recipients = Array.from({ length: 10 }, (_, at) => `ann${at}@example.com`);
  const job = await jobs.create([recipients], {
    channel: "email",
    templateId: templateId as TemplateId,
  });
  await jobs.runOnce();
  assert.deepEqual((await jobs.load(job)).counts, { created: 10 });
  assert(Math.max(...jobs.steps) <= 5, jobs.steps.join());
});
