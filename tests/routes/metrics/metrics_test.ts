import assert from "node:assert/strict";
import { createScrape, SCRAPE_TTL_MS } from "../../../application/metrics/scrape.ts";
import { observeCallbacks } from "../../../application/metrics/observe.ts";
import { toExposition } from "../../../domain/metrics/exposition.ts";
import { createMetrics } from "../../../domain/metrics/metrics.ts";
import {
  ADMIN_TOKEN,
  startTestApplication,
  type TestApplication,
} from "../../support/application.ts";
import { parseExposition } from "../../support/exposition.ts";
import { bodyOf, EMAIL, emailTo, newServiceWithTemplates, SMS, textTo } from "../support.ts";

const METRICS_TOKEN = "9b1f7c3e5a2d8406e1c7b9a4";

async function scrape(hark: TestApplication, token = METRICS_TOKEN): Promise<Response> {
  return await hark.request("/metrics", { headers: { authorization: `Bearer ${token}` } });
}

async function samplesOf(hark: TestApplication) {
  const answer = await scrape(hark);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assert.equal(answer.headers.get("cache-control"), "no-store");
  const text = await answer.text();
  const samples = parseExposition(text);
  return {
    text,
    value: (name: string, labels: Readonly<Record<string, string>> = {}) =>
      samples.find((sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value)
      )?.value,
  };
}

const open = () => startTestApplication({ environment: { METRICS_TOKEN } });

Deno.test("GET /metrics: counts accepted and refused messages, attempts and requests, without personal data", async () => {
  await using hark = await open();
  const service = await newServiceWithTemplates(hark);
  const { live } = service.keys;
  await bodyOf(await hark.as(live, "POST", SMS, textTo(service)), 201);
  await bodyOf(await hark.as(live, "POST", EMAIL, emailTo(service)), 201);
  await bodyOf(await hark.as(live, "POST", SMS, textTo(service, { phone_number: "07" })), 400);
  await bodyOf(
    await hark.as(live, "POST", SMS, textTo(service, { template_id: service.email })),
    400,
  );
  await bodyOf(await hark.as("wrong-key", "POST", SMS, textTo(service)), 403);
  const deleted = { template_id: "00000000-0000-4000-8000-000000000000" };
  await bodyOf(
    await hark.as(live, "POST", "/v2/notifications/batch", {
      notifications: [deleted, deleted, {}].map((fields) => ({
        type: "sms",
        ...textTo(service, fields),
      })),
    }),
    200,
  );
  const later = new Date(Date.now() + 3_600_000).toISOString();
  await bodyOf(await hark.as(live, "POST", SMS, textTo(service, { scheduled_for: later })), 201);
  await hark.settle();
  const { value, text } = await samplesOf(hark);
  assert.equal(value("hark_accepted_total", { channel: "email", key_kind: "live" }), 1);
  assert.equal(value("hark_accepted_total", { channel: "sms", key_kind: "live" }), 3);
  assert.equal(value("hark_refusals_total", { reason: "template-not-found" }), 2);
  assert.equal(value("hark_refusals_total", { reason: "validation" }), 1);
  assert.equal(value("hark_refusals_total", { reason: "template-wrong-channel" }), 1);
  assert.ok((value("hark_requests_total", { api: "v2", status: "201" }) ?? 0) >= 3);
  assert.equal(value("hark_requests_total", { api: "v2", status: "403" }), 1);
  const labels = { channel: "email", provider: "sandbox", outcome: "accepted" };
  assert.equal(value("hark_attempts_total", labels), 1);
  assert.equal(value("hark_attempt_seconds_count", { channel: "email" }), 1);
  assert.equal(value("hark_database_up"), 1);
  assert.equal(value("hark_outbox_messages", { channel: "sms", state: "waiting" }), 1);
  assert.equal(value("hark_outbox_oldest_due_seconds", { channel: "sms" }), 0);
  for (const personal of ["07700900123", "447700900123", "ann@example.com", "Ann", service.id]) {
    assert.ok(!text.includes(personal), personal);
  }
});

Deno.test("GET /metrics: opens to the operator's token and to that of metrics, which opens nothing else", async () => {
  await using hark = await open();
  assert.equal((await scrape(hark, ADMIN_TOKEN)).status, 200);
  assert.equal((await scrape(hark)).status, 200);
  assert.equal((await hark.request("/metrics")).status, 401);
  const wrong = await scrape(hark, `${METRICS_TOKEN}x`);
  assert.equal(wrong.status, 401);
  assert.equal(wrong.headers.get("www-authenticate"), "Bearer");
  const security = (await hark.log()).filter(({ event }) => event === "credential-refused");
  assert.deepEqual(security.map(({ credential, reason }) => [credential, reason]), [
    ["metrics-token", "wrong"],
  ]);
  const authorization = `Bearer ${METRICS_TOKEN}`;
  const manage = await hark.request("/manage/services", { headers: { authorization } });
  assert.equal(manage.status, 401);
  assert.equal((await hark.request("/metrics", { method: "POST" })).status, 405);
});

Deno.test("GET /metrics: opens to the operator's token alone where none for metrics is set", async () => {
  await using hark = await startTestApplication({ alone: true });
  assert.equal((await scrape(hark, ADMIN_TOKEN)).status, 200);
  assert.equal((await scrape(hark, "undefined")).status, 401);
});

const NO_DEAD_LETTERS = { count: () => Promise.resolve({ counts: [], isComplete: true }) };

Deno.test("createScrape: has the dead letters of each channel and provider, and 0 of a channel without any", async () => {
  const dead = { channel: "sms", oldestFailedAt: 0 } as const;
  const read = createScrape({
    metrics: createMetrics(),
    queues: {
      read: () => Promise.resolve({ queues: [], isComplete: true }),
      oldestDue: () => Promise.resolve(new Map()),
    },
    deadLetters: {
      count: () =>
        Promise.resolve({
          counts: [
            { ...dead, provider: "twilio", reason: "30008", messages: 2 },
            { ...dead, provider: "twilio", reason: "21617", messages: 1 },
            { ...dead, provider: null, reason: "provider-unavailable", messages: 4 },
          ],
          isComplete: true,
        }),
    },
    clock: { now: () => 0 },
    version: "1",
  });
  const samples = parseExposition(await read()).filter(({ name }) => name === "hark_dead_letters");
  assert.deepEqual(
    samples.map(({ labels, value }) => [labels.channel, labels.provider, value]).toSorted(),
    [
      ["diia", "none", 0],
      ["email", "none", 0],
      ["inbox", "none", 0],
      ["sms", "none", 4],
      ["sms", "twilio", 3],
    ],
  );
});

Deno.test(`createScrape: reads the outbox once in ${SCRAPE_TTL_MS} ms, however many scrapes come`, async () => {
  let reads = 0;
  let elapsed = 0;
  const read = createScrape({
    metrics: createMetrics(),
    queues: {
      read: () => Promise.resolve({ queues: [], isComplete: true }).finally(() => reads++),
      oldestDue: () => Promise.resolve(new Map()),
    },
    deadLetters: NO_DEAD_LETTERS,
    clock: { now: () => 0 },
    version: "1",
    elapsed: () => elapsed,
  });
  await Promise.all([read(), read(), read()]);
  assert.equal(reads, 1);
  elapsed = SCRAPE_TTL_MS - 1;
  await read();
  assert.equal(reads, 1);
  elapsed = SCRAPE_TTL_MS;
  await read();
  assert.equal(reads, 2);
});

Deno.test("createScrape: answers without the outbox when the database does not answer", async () => {
  const metrics = createMetrics();
  let isUp = true;
  let elapsed = 0;
  const read = createScrape({
    metrics,
    queues: {
      read: () =>
        isUp
          ? Promise.resolve({ queues: [], isComplete: true })
          : Promise.reject(new Error("unavailable")),
      oldestDue: () => Promise.resolve(new Map()),
    },
    deadLetters: NO_DEAD_LETTERS,
    clock: { now: () => 0 },
    version: "1",
    elapsed: () => elapsed,
  });
  const names = async () =>
    parseExposition(await read()).map(({ name, value }) => `${name} ${value}`);
  assert.ok((await names()).includes("hark_database_up 1"));
  isUp = false;
  elapsed = SCRAPE_TTL_MS;
  assert.deepEqual(await names(), ["hark_build_info 1", "hark_database_up 0"]);
});

Deno.test("observeCallbacks: counts calls by what follows, and the lag of those that were taken", async () => {
  const metrics = createMetrics();
  const results = [{ status: 204 }, { status: 503 }, { status: 410 }, { status: 200 }];
  const send = observeCallbacks(
    () => Promise.resolve(results.shift() ?? { status: 500 }),
    { now: () => 7_000 },
    metrics,
  );
  const secrets = { url: "https://example.org", bearerToken: "token", signingSecret: "whsec_" };
  for (const at of [2_000, 2_000, 2_000, undefined]) {
    await send(secrets, { id: "evt_1", body: "{}", ...at === undefined ? {} : { at } });
  }
  const samples = parseExposition(toExposition(metrics.list()));
  const value = (name: string, outcome?: string) =>
    samples.find((sample) => sample.name === name && sample.labels.outcome === outcome)?.value;
  assert.deepEqual(
    ["done", "retry", "gone"].map((outcome) => value("hark_callbacks_total", outcome)),
    [2, 1, 1],
  );
  assert.equal(value("hark_callback_lag_seconds_count"), 1);
  assert.equal(value("hark_callback_lag_seconds_sum"), 5);
});
