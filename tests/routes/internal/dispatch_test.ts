import assert from "node:assert/strict";
import { createClock } from "../../../adapters/clock.ts";
import { MAX_DISPATCH_CALLS } from "../../../application/dispatch_runs.ts";
import { MAX_FAST_GUESSES } from "../../../application/access/guess_counter.ts";
import { HOUR_MS } from "../../../domain/time/durations.ts";
import {
  ADMIN_TOKEN,
  startTestApplication,
  type TestApplication,
} from "../../support/application.ts";
import { bodyOf, EMAIL, emailTo, newServiceWithTemplates, SMS, textTo } from "../support.ts";
import { test } from "../../support/runner.ts";

const DISPATCH_TOKEN = "6b1f7c3e5a2d8406e1c7b9f4";
const PATH = "/internal/dispatch";

function ping(hark: TestApplication, token = DISPATCH_TOKEN, init: RequestInit = {}) {
  return hark.request(PATH, {
    method: "POST",
    ...init,
    headers: { authorization: `Bearer ${token}` },
  });
}

test.inside("POST /internal/dispatch: sends due messages and answers with their number, and later messages wait", async () => {
  let now = Date.now();
  await using hark = await startTestApplication({
    environment: { DISPATCH_TOKEN },
    clock: createClock(() => now),
  });
  const service = await newServiceWithTemplates(hark);
  const scheduled_for = new Date(now + HOUR_MS).toISOString();
  const { live } = service.keys;
  await bodyOf(await hark.as(live, "POST", SMS, textTo(service, { scheduled_for })), 201);
  await bodyOf(await hark.as(live, "POST", EMAIL, emailTo(service, { scheduled_for })), 201);
  assert.deepEqual(await bodyOf(await ping(hark), 200), { claimed: 0, sent: 0, more: false });
  assert.equal((await hark.sent()).length, 0);

  now += HOUR_MS;
  const answer = await ping(hark);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  assert.deepEqual(await bodyOf(answer, 200), { claimed: 2, sent: 2, more: false });
  assert.equal((await hark.sent()).length, 2);
});

Deno.test("POST /internal/dispatch: opens to its own token alone, which opens nothing else", async () => {
  await using hark = await startTestApplication({ environment: { DISPATCH_TOKEN } });
  for (const wrong of [`${DISPATCH_TOKEN}x`, DISPATCH_TOKEN.slice(1), ADMIN_TOKEN]) {
    const answer = await ping(hark, wrong);
    assert.equal(answer.status, 401);
    assert.equal(answer.headers.get("www-authenticate"), "Bearer");
  }
  assert.equal((await hark.request(PATH, { method: "POST" })).status, 401);
  const refused = (await hark.log()).filter(({ event }) => event === "credential-refused");
  assert.deepEqual(
    refused.map(({ credential, reason }) => [credential, reason]),
    Array.from({ length: 3 }, () => ["dispatch-token", "wrong"]),
  );
  const headers = { authorization: `Bearer ${DISPATCH_TOKEN}` };
  for (const path of ["/metrics", "/manage/services"]) {
    assert.equal((await hark.request(path, { headers })).status, 401, path);
  }
  for (const method of ["GET", "PUT", "DELETE"]) {
    assert.equal((await hark.request(PATH, { method, headers })).status, 405, method);
  }
});

Deno.test("POST /internal/dispatch: does not exist without DISPATCH_TOKEN", async () => {
  await using hark = await startTestApplication({ alone: true });
  const other = await hark.request("/internal/other", { method: "POST" });
  for (const token of ["undefined", "", ADMIN_TOKEN]) {
    const answer = await ping(hark, token);
    assert.equal(answer.status, 404);
    assert.deepEqual(await answer.json(), await other.clone().json());
  }
});

test.inside("POST /internal/dispatch: a thousand calls at once run the work once, and beyond 60 are refused", async () => {
  let reads = 0;
  await using hark = await startTestApplication({ environment: { DISPATCH_TOKEN } });
  const { read } = hark.db.background;
  Object.assign(hark.db.background, {
    read: (...args: Parameters<typeof read>) => (reads++, read(...args)),
  });
  await bodyOf(await ping(hark), 200);
  const oneRun = reads;
  reads = 0;
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => ping(hark)));
  const counts = Object.entries(Object.groupBy(answers, ({ status }) => status))
    .map(([status, group]) => [status, group?.length]);
  assert.deepEqual(counts, [["200", 1], ["202", MAX_DISPATCH_CALLS - 2], [
    "429",
    1_000 - MAX_DISPATCH_CALLS + 1,
  ]]);
  assert.ok(reads <= oneRun, `${reads} reads, ${oneRun} in one run`);
  const limited = answers.find(({ status }) => status === 429);
  const retryAfterS = Number(limited?.headers.get("retry-after"));
  assert.ok(retryAfterS >= 1 && retryAfterS <= 60, `${retryAfterS}`);
  assert.ok(
    (await hark.log()).some(({ event, limit }) =>
      event === "limit-reached" && limit === "dispatch-calls"
    ),
  );
});

test.inside("POST /internal/dispatch: wrong tokens are slowed as other guesses, and use up none of the calls", async () => {
  await using hark = await startTestApplication({
    environment: { DISPATCH_TOKEN },
    remoteAddress: "192.0.2.7",
  });
  const wrong = await Promise.all(
    Array.from({ length: 200 }, (_, at) => ping(hark, `${DISPATCH_TOKEN}${at}`)),
  );
  const statuses = Object.groupBy(wrong, ({ status }) => status);
  assert.deepEqual(Object.keys(statuses), ["401", "429"]);
  assert.equal(statuses[401]?.length, MAX_FAST_GUESSES + 100);
  await bodyOf(await ping(hark), 200);
});

test.inside("POST /internal/dispatch: 503 with Retry-After while the database is unavailable", async () => {
  await using hark = await startTestApplication({ environment: { DISPATCH_TOKEN } });
  hark.db.close();
  const answer = await ping(hark);
  assert.equal(answer.status, 503);
  assert.ok(Number(answer.headers.get("retry-after")) > 0);
});
