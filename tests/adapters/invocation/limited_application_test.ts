/** An application whose invocations may make few calls. */
import assert from "node:assert/strict";
import { SETTLEMENT_CALLS } from "../../../adapters/invocation/call_queue.ts";
import { createInvocation, runInvocation } from "../../../adapters/invocation/invocation.ts";
import { PLAN_LIMITS } from "../../../adapters/invocation/plans.ts";
import { openDatabase } from "../../../adapters/libsql/connection/database.ts";
import { migrate } from "../../../adapters/libsql/schema/migrations.ts";
import { runCron } from "../../../application/background/runs.ts";
import { startTestApplication } from "../../support/application.ts";
import { createHrana } from "../../support/hrana.ts";

const BATCH = "/v2/notifications/batch";

async function startLimited() {
  const hrana = createHrana(":memory:");
  const db = await openDatabase({
    url: "http://db.internal",
    fetch: hrana.fetch,
    clientPerCall: true,
  });
  await migrate(db, Date.now());
  const hark = await startTestApplication({ db });
  const { id, keys } = await hark.newService();
  const template_id = await hark.newTemplate(id);
  return {
    hark,
    hrana,
    key: keys.live,
    toItem: (index: number) => ({
      type: "sms",
      template_id,
      phone_number: "07900900123",
      personalisation: { name: `n${index}` },
    }),
    async [Symbol.asyncDispose]() {
      await hark.close();
      db.close();
      await hrana.close();
    },
  };
}

/** Runs the work as an invocation that may make some calls, besides those that are left to settlements. */
function withCalls<T>(calls: number, work: () => T): T {
  const limits = { ...PLAN_LIMITS.paid, calls: calls + SETTLEMENT_CALLS };
  return runInvocation(createInvocation("event", limits), work);
}

Deno.test("an invocation that may make no more calls: a request is answered 503 with Retry-After", async () => {
  await using limited = await startLimited();
  const { hark, hrana, key, toItem } = limited;
  const { type: _, ...body } = toItem(0);
  const cold = await startTestApplication({ db: hark.db });
  hrana.resetCount();
  const answer = await withCalls(
    0,
    () => cold.as(key, "POST", "/v2/notifications/sms", body),
  );
  assert.equal(answer.status, 503);
  assert.match(answer.headers.get("Retry-After") ?? "", /^[1-9]/);
  assert.equal(hrana.roundTrips, 0);
  await answer.body?.cancel();
  await cold.close();
});

Deno.test("an invocation whose calls end in the middle of a batch: says which items to repeat, and loses none", async () => {
  await using limited = await startLimited();
  const { hark, key, toItem } = limited;
  const items = Array.from({ length: 1_000 }, (_, index) => toItem(index));
  const warm = await hark.as(key, "POST", BATCH, { notifications: [toItem(-1)] });
  assert.equal(warm.status, 200);
  await warm.body?.cancel();
  await hark.settle();
  let accepted = 0;
  let left = items;
  // Each try is an invocation that may make few calls; what it leaves is sent again.
  for (let calls = 2; left.length > 0; calls++) {
    const answer = await withCalls(
      calls,
      () => hark.as(key, "POST", BATCH, { notifications: left }),
    );
    const { notifications } = await answer.json();
    if (answer.status === 503) continue;
    assert.equal(answer.status, 200);
    const results: readonly { readonly id?: string; readonly status_code?: number }[] =
      notifications;
    accepted += results.filter(({ id }) => id !== undefined).length;
    for (const { id, status_code } of results) if (id === undefined) assert.equal(status_code, 503);
    left = left.filter((_, index) => results[index]?.id === undefined);
  }
  assert.equal(accepted, items.length);
  const [stored] = await hark.db.read(["SELECT count(*) AS count FROM notifications"]);
  assert.equal(stored?.rows[0]?.["count"], items.length + 1);
});

Deno.test("runCron: an invocation with few calls leaves the rest to the next one, and says so", async () => {
  await using limited = await startLimited();
  const { hark, key, toItem } = limited;
  const hold = await hark.manage("PUT", "/manage/providers/sandbox", { paused: true });
  assert.equal(hold.status, 200);
  const items = Array.from({ length: 100 }, (_, index) => toItem(index));
  assert.equal((await hark.as(key, "POST", BATCH, { notifications: items })).status, 200);
  await hark.manage("PUT", "/manage/providers/sandbox", { paused: false });
  const cron = () =>
    runCron(hark.backgroundWork, { log: () => {}, signal: new AbortController().signal });
  const delivered = async () => {
    const [row] = await hark.db.read([
      "SELECT count(*) AS count FROM notifications WHERE status = 'delivered'",
    ]);
    return row?.rows[0]?.["count"];
  };
  const { more } = await withCalls(60, cron);
  assert.equal(more, true);
  assert.notEqual(await delivered(), items.length);
  let crons = 0;
  for (; await delivered() !== items.length; crons++) {
    assert.ok(crons < 20, "the next crons send the rest");
    await withCalls(60, cron);
  }
  assert.ok(crons > 0);
});
