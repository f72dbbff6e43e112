import { openAuditWriter } from "../../../adapters/libsql/accounts/audit_writer.ts";
import assert from "node:assert/strict";
import { createClock } from "../../../adapters/clock.ts";
import { createEncryption } from "../../../adapters/crypto/envelope_encryption.ts";
import { createContexts, FIRST_TEMPLATES } from "../../../adapters/libsql/services/contexts.ts";
import { openDatabase } from "../../../adapters/libsql/connection/database.ts";
import { createJobStore } from "../../../adapters/libsql/jobs/jobs.ts";
import { migrateEmpty } from "../../support/migrated.ts";
import type { ServiceId, TemplateId } from "../../../domain/ids.ts";
import { STEP_MAX_ROWS } from "../../../application/jobs/accept_chunk.ts";
import { newAccept, newSender, openBench, START } from "../../contracts/isolate.ts";
import { SHARED_HTTP } from "../../contracts/backends.ts";
import { newJob, newRows } from "../../contracts/jobs_contract.ts";
import { startRegistry } from "../../routes/registry/support.ts";
import { bodyOf } from "../../routes/support.ts";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import { createHrana, type Hrana } from "../../support/hrana.ts";

/**
 * An application whose database is reached over HTTP and whose results of attempts wait: only the request's round trips
 * count.
 */
interface HeldHark extends AsyncDisposable {
  readonly hark: TestApplication;
  readonly hrana: Hrana;
  /** Another isolate on the same database, with empty caches. */
  another(): Promise<TestApplication>;
  /** Makes the call and returns its answer with the number of round trips. */
  count(call: () => Promise<Response>): Promise<{ status: number; trips: number; body: unknown }>;
}

async function startHeld(
  environment: Readonly<Record<string, string>> = {},
): Promise<HeldHark> {
  const hrana = createHrana(":memory:");
  const release = Promise.withResolvers<void>();
  async function send(request: Request): Promise<Response> {
    const body = await request.clone().text();
    if (body.includes("UPDATE outbox SET task =")) await release.promise;
    return await hrana.fetch(request);
  }
  const db = await openDatabase({ url: "http://db.internal", fetch: send, clientPerCall: true });
  // A fixed time, so that no test crosses midnight.
  const now = Date.now();
  const clock = createClock(() => now);
  await migrateEmpty(db, now);
  const harks: TestApplication[] = [];
  const another = async () => {
    const hark = await startTestApplication({ db, clock, environment });
    harks.push(hark);
    return hark;
  };
  return {
    hark: await another(),
    hrana,
    another,
    async count(call) {
      hrana.resetCount();
      const response = await call();
      const trips = hrana.roundTrips;
      return { status: response.status, trips, body: await response.json() };
    },
    async [Symbol.asyncDispose]() {
      release.resolve();
      for (const hark of harks) await hark.close();
      db.close();
      await hrana.close();
    },
  };
}

const PATH = "/v2/notifications/sms";

Deno.test("POST /v2/notifications: costs two round trips on a cold isolate and one on a warm one", async () => {
  await using held = await startHeld();
  const { hark, count } = held;
  const { id, keys } = await hark.newService();
  const templateId = await hark.newTemplate(id);
  const message = {
    phone_number: "07700900123",
    template_id: templateId,
    personalisation: { name: "Ada" },
  };
  const cold = await held.another();
  const post = (headers?: HeadersInit) =>
    count(() => cold.as(keys.live, "POST", PATH, message, headers));
  const first = await post();
  const second = await post();
  const third = await post({ "idempotency-key": "one" });
  assert.deepEqual([first.status, first.trips], [201, 2]);
  assert.deepEqual([second.status, second.trips], [201, 1]);
  assert.deepEqual([third.status, third.trips], [201, 1], "an idempotency key costs none");
  const other = await count(() => cold.as(keys.test, "POST", PATH, message));
  assert.deepEqual(
    [other.status, other.trips],
    [201, 1],
    "what is warm is the service, not the key",
  );
});

Deno.test("POST /v2/notifications: costs no round trip more for senders and a link to unsubscribe", async () => {
  await using held = await startHeld();
  const { hark, count } = held;
  const { id, keys } = await hark.newService();
  const added = await hark.manage("POST", `/manage/services/${id}/email_reply_to`, {
    email_address: "desk@example.org",
  });
  const { id: email_reply_to_id } = await added.json();
  const template_id = await hark.newTemplate(id, {
    channel: "email",
    name: "News",
    subject: "News",
    body: "Hi",
    unsubscribe_link: true,
  });
  const message = { email_address: "ann@example.com", template_id, email_reply_to_id };
  const cold = await held.another();
  for (const trips of [2, 1]) {
    const sent = await count(() => cold.as(keys.live, "POST", "/v2/notifications/email", message));
    assert.deepEqual([sent.status, sent.trips], [201, trips]);
  }
});

Deno.test("POST /v2/notifications: costs one more round trip, once, for a template that is not cached", async () => {
  await using held = await startHeld();
  const { hark, count } = held;
  const { id, keys } = await hark.newService();
  const { most, longest } = FIRST_TEMPLATES;
  const templateOf = (length: number) =>
    hark.newTemplate(id, {
      channel: "email",
      name: "News",
      subject: "News",
      body: "x".repeat(length),
    });
  const templates: Record<string, string> = {};
  templates["older"] = await templateOf(1);
  templates["oldest of the first"] = await templateOf(longest);
  templates["long"] = await templateOf(longest + 1);
  for (let others = 2; others < most; others++) await templateOf(1);
  const trips = async (name: string, isolate: TestApplication) => {
    const message = { email_address: "ann@example.com", template_id: templates[name] };
    const path = "/v2/notifications/email";
    return (await count(() => isolate.as(keys.live, "POST", path, message))).trips;
  };
  const cases = [["older", 3, 1], ["oldest of the first", 2, 1], ["long", 3, 1]] as const;
  for (const [name, first, second] of cases) {
    const cold = await held.another();
    assert.deepEqual([await trips(name, cold), await trips(name, cold)], [first, second], name);
  }
  const warm = await held.another();
  await trips("oldest of the first", warm);
  assert.deepEqual([await trips("long", warm), await trips("long", warm)], [2, 1]);
});

Deno.test("POST /v2/notifications: a replay costs three round trips", async () => {
  await using held = await startHeld();
  const { hark, count } = held;
  const { id, keys } = await hark.newService();
  const template_id = await hark.newTemplate(id);
  const message = { phone_number: "07700900123", template_id, personalisation: { name: "Ada" } };
  const key = { "idempotency-key": "one" };
  const post = (where: TestApplication, body: unknown) =>
    count(() => where.as(keys.live, "POST", PATH, body, key));
  const first = await post(hark, message);
  const again = await post(hark, message);
  assert.deepEqual(again.body, first.body);
  assert.deepEqual(
    [again.status, again.trips],
    [201, 3],
    "the accept that is refused, the context afresh, what was answered before",
  );
  const elsewhere = await post(await held.another(), message);
  assert.deepEqual([elsewhere.status, elsewhere.trips], [201, 4], "and the cold context");
  const reused = await post(hark, { ...message, reference: "other" });
  assert.ok(reused.status >= 400);
  assert.equal(reused.trips, 3);
});

Deno.test("POST /v2/notifications: a refusal costs one read, warm or cold, and none without a service", async () => {
  await using held = await startHeld();
  const { hark, count } = held;
  const { id, keys } = await hark.newService();
  const template_id = await hark.newTemplate(id);
  const bad = { phone_number: "not a number", template_id, personalisation: { name: "Ada" } };
  const stranger = `${keys.live.slice(0, -36)}${crypto.randomUUID()}`;
  const cold = await held.another();
  for (const where of [cold, cold]) {
    const refused = await count(() => where.as(keys.live, "POST", PATH, bad));
    assert.deepEqual([refused.status, refused.trips], [400, 1]);
    const unknown = await count(() => where.as(stranger, "POST", PATH, bad));
    assert.deepEqual([unknown.status, unknown.trips], [403, 1]);
  }
  const noToken = await count(() => cold.request(PATH, { method: "POST", body: "{}" }));
  assert.deepEqual([noToken.status, noToken.trips], [401, 0]);
});

Deno.test("POST /v2/notifications over its limit: costs one read when the exceeded counter is cached", async () => {
  await using held = await startHeld();
  const { hark, count } = held;
  const { id, keys } = await hark.newService({
    daily_limits: { sms: 1, email: null, international_sms: null },
  });
  const template_id = await hark.newTemplate(id);
  const message = { phone_number: "07700900123", template_id, personalisation: { name: "Ada" } };
  const other = await held.another();
  const post = (where: TestApplication) => count(() => where.as(keys.live, "POST", PATH, message));
  assert.equal((await post(hark)).status, 201);
  const known = await post(hark);
  assert.deepEqual([known.status, known.trips], [429, 1]);
  const learning = await post(other);
  assert.deepEqual([learning.status, learning.trips], [429, 4]);
  const cached = await post(other);
  assert.deepEqual([cached.status, cached.trips], [429, 1]);
  const warm = await held.another();
  await warm.as(keys.test, "POST", PATH, message);
  const warmLearning = await post(warm);
  assert.deepEqual([warmLearning.status, warmLearning.trips], [429, 3]);
});

Deno.test("POST /v2/notifications after a change elsewhere costs four: refused, the context, why, accepted", async () => {
  await using held = await startHeld();
  const { hark, count } = held;
  const { id, keys } = await hark.newService();
  const template_id = await hark.newTemplate(id);
  const message = { phone_number: "07700900123", template_id, personalisation: { name: "Ada" } };
  const other = await held.another();
  const post = () => count(() => other.as(keys.live, "POST", PATH, message));
  await post();
  await hark.manage("PATCH", `/manage/services/${id}`, { name: "Renamed" });
  const changed = await post();
  assert.deepEqual([changed.status, changed.trips], [201, 4]);
  assert.deepEqual((await post()).trips, 1);
});

Deno.test("POST /v2/notifications/email with files costs two more: what it may be refused by, the documents' rows", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using held = await startHeld({ FILES_DIR: folder });
    const { hark, count } = held;
    const { id, keys } = await hark.newService();
    const template_id = await hark.newTemplate(id, {
      channel: "email",
      name: "Files",
      subject: "Files",
      body: "((one)) ((two))",
    });
    const file = { file: btoa("x") };
    const body = {
      email_address: "ann@example.com",
      template_id,
      personalisation: { one: file, two: file },
    };
    const post = (headers: Readonly<Record<string, string>> = {}) =>
      count(() => hark.as(keys.live, "POST", "/v2/notifications/email", body, headers));
    await post();
    const warm = await post();
    assert.deepEqual([warm.status, warm.trips], [201, 3]);
    const key = { "idempotency-key": "one" };
    await post(key);
    const again = await post(key);
    assert.deepEqual([again.status, again.trips], [201, 1], "its answer is looked for first");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("/api/notifications/inbox: one round trip a call, two to acknowledge all, one more on a cold isolate", async () => {
  await using hrana = createHrana(":memory:");
  const db = await openDatabase({ url: "http://db.internal", fetch: hrana.fetch });
  await migrateEmpty(db, Date.now());
  const warm = await startTestApplication({ db, registry: true });
  const id = await warm.putMessage("citizen-1");
  const cold = await startTestApplication({ db, registry: true });
  const path = "/api/notifications/inbox";
  const calls = [["GET", ""], ["GET", "/count"], ["POST", `/${id}/ack`], ["POST", "/ack-all"]];
  const trips: number[] = [];
  for (const hark of [warm, cold]) {
    for (const [method = "", rest = ""] of calls) {
      hrana.resetCount();
      assert.equal((await hark.citizen("citizen-1")(method, path + rest)).status, 200);
      trips.push(hrana.roundTrips);
    }
  }
  assert.deepEqual(trips, [1, 1, 1, 2, 2, 1, 1, 2]);
  db.close();
});

Deno.test("POST /v2/notifications/inbox: costs no round trip more for the template's translations", async () => {
  await using hrana = createHrana(":memory:");
  const db = await openDatabase({ url: "http://db.internal", fetch: hrana.fetch });
  const now = Date.now();
  await migrateEmpty(db, now);
  // Scheduled for later, so that no dispatch is counted.
  const scheduled_for = new Date(now + 3_600_000).toISOString();
  const clock = createClock(() => now);
  const hark = await startRegistry({ db, clock });
  await hark.publish("inbox:hello", "Hello");
  for (const language of ["uk", "en", "de"]) {
    await hark.publish(`inbox:hello-${language}`, language);
  }
  const key = await hark.newKey();
  const { templates } = await bodyOf(await hark.as(key, "GET", "/v2/templates"), 200);
  const { id: template_id } = templates.find(({ name }: { name: string }) => name === "hello");
  const body = { recipient_id: "olena", template_id, scheduled_for };
  const cold = await startTestApplication({ db, clock, registry: true });
  const trips: number[] = [];
  for (let i = 0; i < 2; i++) {
    hrana.resetCount();
    await bodyOf(await cold.as(key, "POST", "/v2/notifications/inbox", body), 201);
    trips.push(hrana.roundTrips);
  }
  assert.deepEqual(trips, [3, 1], "as for a template that is old or long");
  db.close();
});

Deno.test("POST /v2/notifications/batch of 1,000 costs five: the caller, the templates, the rate, two steps", async () => {
  await using held = await startHeld();
  const { hark, count } = held;
  const { id, keys } = await hark.newService();
  const templates = [await hark.newTemplate(id), await hark.newTemplate(id)];
  // Scheduled for later, so that no dispatch is counted.
  const scheduled_for = new Date(Date.now() + 3_600_000).toISOString();
  const notifications = Array.from({ length: 1_000 }, (_, index) => ({
    type: "sms",
    phone_number: "07700900123",
    template_id: templates[index % 2],
    personalisation: { name: "Ada" },
    scheduled_for,
    idempotency_key: String(index),
  }));
  const cold = await held.another();
  const post = (body: unknown) =>
    count(() => cold.as(keys.live, "POST", "/v2/notifications/batch", body));
  const first = await post({ notifications });
  assert.equal(first.status, 200);
  assert.ok(JSON.stringify(first.body).includes('"index":999,"status_code":201'));
  assert.ok(first.trips <= 5, `${first.trips}`);
  const again = await post({ notifications });
  assert.ok(again.trips <= 7, "and what was answered before, once a step");
  const refused = { ...notifications[0], personalisation: {}, idempotency_key: "other" };
  const bad = await post({ notifications: Array(1_000).fill(refused) });
  assert.ok(bad.trips <= 5, "one recall a step for what is refused");
});

Deno.test("runJobs: one round trip for a step, three for a chunk and one more for the first chunk", async () => {
  await using held = await startHeld();
  const { hark, hrana } = held;
  const encryption = await createEncryption(hark.config.masterKeys);
  const contexts = createContexts(hark.db, encryption);
  const store = createJobStore({
    db: hark.db,
    encryption,
    contexts,
    audit: openAuditWriter({ db: hark.db, encryption, clock: Date }),
  });
  const { id } = await hark.newService();
  const templateId = await hark.newTemplate(id) as TemplateId;
  const context = await contexts.load(id as ServiceId, { fresh: true });
  const key = context?.keys[0];
  if (context === undefined || key === undefined) throw new Error("the service was not made");
  const sender = {
    serviceId: context.service.id,
    keyId: key.id,
    secret: "",
    templateId,
    revision: context.service.revision,
  };
  const phones = { recipient: "07900 900123" };
  hrana.resetCount();
  const job = newJob(sender, 3 * STEP_MAX_ROWS, { createdAt: START });
  const rows = (first: number, count: number) =>
    newRows(count, first).map((row) => ({ ...row, ...phones }));
  await store.stage(sender.serviceId, job.id, 0, rows(2, 2 * STEP_MAX_ROWS), START);
  await store.stage(sender.serviceId, job.id, 1, rows(2 + 2 * STEP_MAX_ROWS, STEP_MAX_ROWS), START);
  const claim = { keyHash: null, fileHash: "file", expiresAt: START, chunks: 2 };
  assert.equal((await store.create(job, claim, sender.revision)).kind, "created");
  assert.equal(hrana.roundTrips, 3, "one a part, and one for the job");
  hrana.resetCount();
  await hark.backgroundWork.runJobs(new AbortController().signal);
  const parts = [3 + 1 + 2, 3 + 1];
  assert.equal(hrana.roundTrips, 1 + parts.reduce((sum, trips) => sum + trips, 0));
  assert.equal((await store.get(sender.serviceId, job.id))?.status, "finished");
});

Deno.test("Outbox claim of 500: one round trip, whatever the lanes, services and channels", async () => {
  await using bench = await openBench(SHARED_HTTP);
  for (let i = 0; i < 3; i++) {
    const sender = await newSender(bench);
    const accepts = Array.from({ length: 300 }, (_, row) => {
      const due = { inBatch: row % 6 === 0, createdAt: START - row };
      return newAccept(bench, sender, row % 5 === 0 ? { ...due, channel: "email" } : due);
    });
    await bench.accepts.acceptMany(accepts);
  }
  const capacity = [{ channel: "sms", most: 500 }, { channel: "email", most: 100 }] as const;
  bench.database.hrana?.resetCount();
  const rows = await bench.outbox.claim(START, capacity, 30_000);
  assert.equal(bench.database.hrana?.roundTrips, 1);
  const counts = capacity.map(({ channel }) =>
    rows.filter(({ notification }) => notification.channel === channel).length
  );
  assert.deepEqual(counts, [500, 100]);
});
