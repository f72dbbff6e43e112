import assert from "node:assert/strict";
import { createClock } from "../../../adapters/clock.ts";
import { createEncryption } from "../../../adapters/crypto/envelope_encryption.ts";
import { createAcceptStore } from "../../../adapters/libsql/notifications/accept.ts";
import { createContexts } from "../../../adapters/libsql/services/contexts.ts";
import { createJobQueue } from "../../../adapters/libsql/jobs/job_queue.ts";
import { createJobStore } from "../../../adapters/libsql/jobs/jobs.ts";
import { createUnsubscribeStore } from "../../../adapters/libsql/notifications/unsubscribes.ts";
import type { JobId, KeyId, ServiceId, TemplateId } from "../../../domain/ids.ts";
import { JobError } from "../../../domain/jobs/job_error.ts";
import type { Job, JobProgress, JobRow } from "../../../domain/jobs/job.ts";
import type { JobStore } from "../../../domain/ports/job_store.ts";
import { createJobRunner, JOB_STEP, JOB_STEP_SIZE } from "../../../application/jobs/job_runner.ts";
import {
  MASTER_KEY,
  startHark,
  type TestHark,
  type TestService,
} from "../../support/application.ts";

interface JobsHark extends AsyncDisposable {
  readonly hark: TestHark;
  readonly service: TestService;
  readonly store: JobStore;
  readonly templateId: string;
  /** Makes a job of one part for each list of recipients. */
  create(parts: readonly (readonly string[])[], rest?: Partial<Job>): Promise<Job>;
  told(job: Job): Promise<JobProgress>;
  /** How many rows were handed to the store at once, each time. */
  readonly steps: readonly number[];
  /** What happens to the next step instead of its being written. */
  readonly breakdown: { next?: () => Promise<never> | undefined };
  /** Takes on one part, and no more. */
  runOnce(): Promise<boolean>;
}

async function startJobs(settings: Readonly<Record<string, unknown>> = {}): Promise<JobsHark> {
  const hark = await startHark();
  const service = await hark.newService(settings);
  const templateId = await hark.newTemplate(service.id);
  const encryption = await createEncryption([Uint8Array.fromBase64(MASTER_KEY)]);
  const contexts = createContexts(hark.db, encryption);
  const { db, management } = hark;
  const clock = createClock();
  const store = createJobStore({ db, encryption, contexts });
  const accepts = createAcceptStore({ db, encryption, contexts, clock });
  const steps: number[] = [];
  const breakdown: JobsHark["breakdown"] = {};
  const runner = createJobRunner({
    clock,
    queue: createJobQueue({ db, encryption, clock }),
    contexts,
    templates: management,
    accepts: {
      recall: accepts.recall,
      acceptMany(planned) {
        steps.push(planned.length);
        return breakdown.next?.() ?? accepts.acceptMany(planned);
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
    breakdown,
    async create(parts, rest = {}) {
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
        rows: parts.flat().length,
        scheduledFor: null,
        validUntil: null,
        urgent: false,
        held: false,
        duplicates: false,
        createdAt: Date.now(),
        startedAt: null,
        finishedAt: null,
        error: null,
        ...rest,
      };
      let row = 2;
      for (const [number, recipients] of parts.entries()) {
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
        parts: parts.length,
      };
      const made = await store.create(job, claim, context?.service.revision ?? 0);
      assert.equal(made.kind, "created");
      return job;
    },
    async told({ serviceId, id }) {
      const told = await store.get(serviceId, id);
      assert(told !== undefined);
      return told;
    },
    runOnce: () => runner.runOnce(new AbortController().signal),
    [Symbol.asyncDispose]: () => hark.close(),
  };
}

function numbers(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `07900 9${String(at).padStart(5, "0")}`);
}

Deno.test("runJobs takes on every row in order, and each goes out with its own words", async () => {
  await using jobs = await startJobs();
  const { hark, store, create, told } = jobs;
  const job = await create([numbers(JOB_STEP + 1), ["+380 67 123 45 67"]]);
  await hark.settle();
  const { status, counts, rows } = await told(job);
  assert.deepEqual([status, counts], ["finished", { delivered: rows }]);
  const results = await store.results(job.serviceId, job.id, 0, 1_000);
  assert.deepEqual(results.map(({ row }) => row), Array.from({ length: rows }, (_, at) => at + 2));
  assert.equal(results.at(-1)?.recipient, "+380 67 123 45 67");
  const bodies = new Set(hark.mailbox.list().map(({ text }) => text));
  assert(bodies.size > 1, "each has its own name in it");
});

Deno.test("runJobs sends what a test key's job has to the sandbox, and a smoke test's row too", async () => {
  await using jobs = await startJobs({ daily_limits: { sms: 2 } });
  const { hark, create, told } = jobs;
  const test = await create([numbers(3)], { keyKind: "test" });
  const smoke = await create([["07700 900000", ...numbers(1)]]);
  await hark.settle();
  assert.deepEqual((await told(test)).counts, { delivered: 3 });
  assert.deepEqual((await told(smoke)).counts, { delivered: 2 });
});

Deno.test("runJobs does not begin a job that today has no room for", async () => {
  await using jobs = await startJobs({ daily_limits: { sms: 3 } });
  const { hark, create, told } = jobs;
  const job = await create([numbers(2), numbers(2)]);
  await hark.settle();
  const { status, counts, error } = await told(job);
  assert.deepEqual([status, counts, error], ["sending limits exceeded", {}, null]);
  const fits = await create([numbers(2), numbers(1)]);
  await hark.settle();
  assert.deepEqual((await told(fits)).counts, { delivered: 3 });
});

Deno.test("runJobs stops where others have used up the day meanwhile, and what is in goes out", async () => {
  await using jobs = await startJobs({ daily_limits: { sms: 4 } });
  const { hark, service, create, told, templateId } = jobs;
  const job = await create([numbers(2), numbers(2)]);
  await jobs.runOnce();
  assert.deepEqual((await told(job)).counts, { created: 2 });
  const sent = await hark.as(service.keys.live, "POST", "/v2/notifications/sms", {
    phone_number: "07900 900123",
    template_id: templateId,
    personalisation: { name: "Ann" },
  });
  assert.equal(sent.status, 201);
  await hark.settle();
  const { status, counts } = await told(job);
  assert.deepEqual([status, counts], ["sending limits exceeded", { delivered: 3 }]);
});

Deno.test("runJobs ends a job of an archived template or service as an error, with a word that says why", async () => {
  await using jobs = await startJobs();
  const { hark, service, create, told, templateId } = jobs;
  const path = `/manage/services/${service.id}`;
  const first = await create([numbers(1)]);
  assert.equal((await hark.manage("DELETE", `${path}/templates/${templateId}`)).status, 204);
  await hark.settle();
  assert.deepEqual(
    [(await told(first)).status, (await told(first)).error],
    ["error", "template-archived"],
  );
  const second = await create([numbers(1)]);
  assert.equal((await hark.manage("PATCH", path, { active: false })).status, 200);
  await hark.settle();
  assert.equal((await told(second)).error, "service-archived");
});

Deno.test("runJobs sends the version that the list was checked against, whatever came after", async () => {
  await using jobs = await startJobs();
  const { hark, service, create, told, templateId } = jobs;
  const job = await create([numbers(2)]);
  const changed = await hark.manage(
    "PUT",
    `/manage/services/${service.id}/templates/${templateId}`,
    { name: "Text", body: "Another ((thing))" },
  );
  assert(changed.ok, String(changed.status));
  await hark.settle();
  assert.deepEqual((await told(job)).counts, { delivered: 2 });
  assert(hark.mailbox.list().every(({ text }) => text.includes("Hi Ann")));
});

Deno.test("runJobs takes nothing more on of a job that is cancelled, and what is in is called off", async () => {
  await using jobs = await startJobs();
  const { hark, store, create, told } = jobs;
  const job = await create([numbers(2), numbers(2)]);
  await jobs.runOnce();
  assert.equal(await store.cancel(job.serviceId, job.id, Date.now()), true);
  await hark.settle();
  const { status, counts } = await told(job);
  assert.deepEqual([status, counts], ["cancelled", { cancelled: 2 }]);
  assert.deepEqual(hark.mailbox.list(), []);
});

Deno.test("runJobs gives back the part it holds when it is told to stop", async () => {
  await using jobs = await startJobs();
  const { hark, create, told } = jobs;
  const job = await create([numbers(2)]);
  await hark.backgroundWork.runJobs(AbortSignal.abort());
  assert.equal((await told(job)).status, "pending");
  await hark.settle();
  assert.equal((await told(job)).status, "finished");
});

Deno.test("runJobs says at which row a job ended that was refused", async () => {
  await using jobs = await startJobs();
  const job = await jobs.create([[...numbers(2), "nobody"]]);
  await jobs.hark.settle();
  const { status, error } = await jobs.told(job);
  assert.equal(status, "error");
  assert.match(error ?? "", /^[a-z-]+:4$/);
});

Deno.test("runJobs ends a job for a wrong row only when the rows before it are in", async () => {
  await using jobs = await startJobs();
  const recipients = [...numbers(JOB_STEP), "not a number"];
  const job = await jobs.create([recipients]);
  jobs.breakdown.next = () => {
    delete jobs.breakdown.next;
    return Promise.reject(new Error("the disk is full"));
  };
  await assert.rejects(jobs.runOnce(), JobError);
  assert.equal((await jobs.told(job)).status, "in progress");
  await jobs.hark.db.write(["UPDATE jobs SET due_at = 0"]);
  await jobs.runOnce();
  const { status, error, counts } = await jobs.told(job);
  assert.deepEqual([status, error], ["error", `phone-not-valid:${JOB_STEP + 2}`]);
  assert.equal(counts.created, JOB_STEP);
});

Deno.test("runJobs hands long messages to the store in short steps", async () => {
  await using jobs = await startJobs();
  const templateId = await jobs.hark.newTemplate(jobs.service.id, {
    channel: "email",
    name: "Long",
    subject: "Long",
    body: "long ".repeat(JOB_STEP_SIZE / 20),
  });
  const recipients = Array.from({ length: 10 }, (_, at) => `ann${at}@example.com`);
  const job = await jobs.create([recipients], {
    channel: "email",
    templateId: templateId as TemplateId,
  });
  await jobs.runOnce();
  assert.deepEqual((await jobs.told(job)).counts, { created: 10 });
  assert(Math.max(...jobs.steps) <= 5, jobs.steps.join());
});
