import assert from "node:assert/strict";
import { MAX_BACKGROUND_BATCH } from "../../../../adapters/libsql/connection/group_commit.ts";
import type { Database } from "../../../../adapters/libsql/connection/database.ts";
import { openDatabase } from "../../../../adapters/libsql/connection/database.ts";
import { migrateEmpty } from "../../../support/migrated.ts";
import { bodyOf, callAt, countOf, HOUR, NOON, SMS, textTo } from "../../support.ts";
import { codesOf, idsOf, mail, messagesOf, replaysOf, startBatch, text } from "./batch_support.ts";
import { test } from "../../../support/runner.ts";

const DAY_LIMIT = /^Exceeded send limits \(sms: \d+\) for today$/;

Deno.test("POST /v2/notifications/batch: replays the answer to an item's own key, and sends once", async () => {
  await using batch = await startBatch();
  const { hark, clock, service, send } = batch;
  const list = [
    text(service, { idempotency_key: "a", reference: "1" }),
    mail(service, { idempotency_key: "b" }),
    text(service),
  ];
  const first = await send(list);
  // An attempt under way would exceed its deadline when the time moves, and would be made again later.
  await hark.settle();
  clock.advance(HOUR);
  const again = await send([list[1], list[2], list[0]]);
  assert.deepEqual(replaysOf(again), [true, false, true]);
  assert.deepEqual(again[0], { ...first[1], index: 0, replayed: true });
  assert.deepEqual(again[2], { ...first[0], index: 2, replayed: true });
  assert.notEqual(again[1]?.id, first[2]?.id);
  await hark.settle();
  assert.equal((await hark.sent()).length, 4);
});

Deno.test("POST /v2/notifications/batch: accepts a key once in a batch, and refuses it for another item", async () => {
  await using batch = await startBatch();
  const { hark, clock, service, send } = batch;
  const item = text(service, { idempotency_key: "a" });
  const results = await send([item, item, text(service, { idempotency_key: "a", reference: "x" })]);
  assert.deepEqual(codesOf(results), [201, 201, 422]);
  assert.equal(results[0]?.id, results[1]?.id);
  assert.deepEqual(replaysOf(results), [false, true, false]);
  // A key identifies one request to one address.
  const alone = await callAt(hark, clock, service.keys.live, "POST", SMS, textTo(service), {
    "idempotency-key": "a",
  });
  assert.equal(alone.status, 422);
  // A request with another kind of API key is another request.
  assert.deepEqual(codesOf(await send([item], {}, "test")), [422]);
  assert.equal(await countOf(hark, "notifications"), 1);
});

Deno.test("POST /v2/notifications/batch: evaluates a repeated key again when its first item was refused", async () => {
  await using batch = await startBatch();
  const { service, send } = batch;
  const bad = text(service, { idempotency_key: "a", personalisation: {} });
  const good = text(service, { idempotency_key: "a" });
  assert.deepEqual(codesOf(await send([bad, good, bad])), [400, 201, 400]);
});

Deno.test("POST /v2/notifications/batch: derives a key for each item from the batch's Idempotency-Key", async () => {
  await using batch = await startBatch();
  const { hark, service, send } = batch;
  const key = { "idempotency-key": "all" };
  const list = [text(service), text(service), mail(service, { idempotency_key: "own" })];
  const first = await send(list, key);
  assert.equal(new Set(idsOf(first)).size, 3, "equal items are separate notifications");
  const again = await send(list, key);
  assert.deepEqual(idsOf(again), idsOf(first));
  assert.deepEqual(replaysOf(again), [true, true, true]);
  const changed = await send([list[0], mail(service), list[2], text(service)], key);
  assert.deepEqual(codesOf(changed), [201, 422, 201, 201]);
  assert.deepEqual(replaysOf(changed), [true, false, true, false]);
  assert.deepEqual(codesOf(await send([text(service)], { "idempotency-key": "another" })), [201]);
  assert.equal(await countOf(hark, "notifications"), 5);
});

Deno.test("POST /v2/notifications/batch: replays an item that would be refused now", async () => {
  await using batch = await startBatch();
  const { hark, clock, service, send } = batch;
  const list = [
    text(service, { idempotency_key: "a", scheduled_for: new Date(NOON + 1_000).toISOString() }),
    text(service, { idempotency_key: "b" }),
  ];
  const first = await send(list);
  clock.advance(HOUR);
  await hark.manage("DELETE", `/manage/services/${service.id}/templates/${service.sms}`);
  const again = await send(list);
  assert.deepEqual(idsOf(again), idsOf(first));
  assert.deepEqual(replaysOf(again), [true, true]);
  const changed = list.map((result) => ({ ...result, reference: "other" }));
  assert.deepEqual(
    codesOf(await send(changed)),
    [400, 400],
    "another request gets its validation errors",
  );
});

Deno.test("POST /v2/notifications/batch: stores and sends nothing for smoke-test recipients, and replays its answer", async () => {
  await using batch = await startBatch();
  const { hark, service, send } = batch;
  const list = [
    text(service, { phone_number: "07700900000", idempotency_key: "a" }),
    text(service, { phone_number: "07700900111" }),
    text(service, { phone_number: "07700900000", idempotency_key: "a" }),
  ];
  const first = await send(list);
  assert.deepEqual(codesOf(first), [201, 201, 201]);
  assert.deepEqual(replaysOf(first), [false, false, true]);
  assert.equal(first[0]?.id, first[2]?.id);
  assert.equal((await send(list))[0]?.id, first[0]?.id);
  await hark.settle();
  assert.equal((await hark.sent()).length, 0);
  assert.equal(await countOf(hark, "notifications"), 0);
});

Deno.test("POST /v2/notifications/batch: the first items get the rest of a daily limit; other channels have their own", async () => {
  await using batch = await startBatch({ settings: { daily_limits: { sms: 70 } } });
  const { hark, service, send } = batch;
  const list = Array.from(
    { length: 150 },
    (_, index) => index % 2 === 0 ? text(service, { reference: String(index) }) : mail(service),
  );
  const results = await send(list);
  for (const [index, result] of results.entries()) {
    const fits = index % 2 === 1 || index / 2 < 70;
    assert.equal(result.status_code, fits ? 201 : 429, String(index));
    if (!fits) assert.match(messagesOf([result])[0] ?? "", DAY_LIMIT);
  }
  assert.equal(await countOf(hark, "notifications"), 145);
  const after = await send([text(service), mail(service)]);
  assert.deepEqual(codesOf(after), [429, 201]);
});

Deno.test("POST /v2/notifications/batch: text messages abroad that exceed their limit take nothing from domestic ones", async () => {
  const settings = { daily_limits: { sms: 4, international_sms: 1 } };
  await using batch = await startBatch({ settings });
  const { service, send } = batch;
  const abroad = text(service, { phone_number: "+33612345678" });
  const results = await send([abroad, abroad, abroad, text(service), text(service), text(service)]);
  assert.deepEqual(codesOf(results), [201, 429, 429, 201, 201, 201]);
});

Deno.test("POST /v2/notifications/batch: consumes one request from the rate limit, and is refused whole over it", async () => {
  await using batch = await startBatch({ settings: { rate_limit_per_minute: 6 } });
  const { hark, clock, service, send, post } = batch;
  const list = [text(service, { personalisation: {} }), text(service), text(service)];
  for (let times = 0; times < 2; times++) {
    assert.deepEqual(codesOf(await send(list)), [400, 201, 201]);
  }
  const refused = await post({ notifications: list });
  assert.equal(refused.headers.get("retry-after"), "10");
  const { errors } = await bodyOf(refused, 429);
  assert.equal(errors[0].error, "RateLimitError");
  const alone = await callAt(hark, clock, service.keys.live, "POST", SMS, textTo(service));
  await bodyOf(alone, 429);
  assert.equal(await countOf(hark, "notifications"), 4);
  clock.advance(10_000);
  assert.deepEqual(codesOf(await send(list)), [400, 201, 201]);
});

Deno.test("POST /v2/notifications/batch: a replay over the rate limit gets the stored answers, and sends nothing", async () => {
  await using batch = await startBatch({ settings: { rate_limit_per_minute: 3 } });
  const { hark, clock, service, send, post } = batch;
  const later = new Date(NOON + 1_000).toISOString();
  const list = [
    text(service, { personalisation: {} }),
    text(service, { scheduled_for: later }),
    mail(service, { idempotency_key: "own" }),
    text(service, { phone_number: "07700900000" }),
    { type: "fax" },
  ];
  const key = { "idempotency-key": "all" };
  const first = await send(list, key);
  assert.deepEqual(codesOf(first), [400, 201, 201, 201, 400]);
  const again = await send(list, key);
  const replayed = first.map((result) =>
    result.status_code === 201 ? { ...result, replayed: true } : result
  );
  assert.deepEqual(again, replayed);
  // Items that were not accepted before are refused one by one, as is every new item.
  const longer = await send([...list, text(service, { idempotency_key: "new" })], key);
  assert.deepEqual(longer.slice(0, -1), replayed);
  assert.deepEqual(codesOf(longer), [400, 201, 201, 201, 400, 429]);
  assert.match(messagesOf(longer).at(-1) ?? "", /^Exceeded rate limit for key type LIVE/);
  for (const other of [{ "idempotency-key": "other" }, {}]) {
    await bodyOf(await post({ notifications: [text(service)] }, other), 429);
  }
  const changed = list.map((result) => ({ ...result, reference: "other" }));
  await bodyOf(await post({ notifications: changed }, key), 429);
  await bodyOf(await post({ notifications: list }, key, "test"), 200);
  await hark.manage("PATCH", `/manage/services/${service.id}`, { rate_limit_per_minute: 0 });
  assert.deepEqual(await send(list, key), replayed);
  assert.equal(await countOf(hark, "notifications"), 2);
  clock.advance(HOUR);
  const [, scheduled] = await send(list, key);
  assert.deepEqual([scheduled?.id, scheduled?.replayed], [first[1]?.id, true]);
});

Deno.test("POST /v2/notifications/batch: consumes nothing from the rate limit when no item can be sent", async () => {
  await using batch = await startBatch({ settings: { rate_limit_per_minute: 1 } });
  const { service, send } = batch;
  assert.deepEqual(codesOf(await send([null, { type: "fax" }])), [400, 400]);
  assert.deepEqual(codesOf(await send([text(service)])), [201]);
});

/** How many items of a batch one write to an embedded database takes. */
const STEP = MAX_BACKGROUND_BATCH;

/** A database that calls back before notifications are written for the n-th time. */
async function interrupted(): Promise<{
  readonly db: Database;
  before(nth: number, interrupt: () => Promise<unknown>): void;
}> {
  const db = await openDatabase({ url: ":memory:" });
  await migrateEmpty(db, NOON);
  let left = 0;
  let call: () => Promise<unknown> = () => Promise.resolve();
  const interruptible = ({ read, write }: Pick<Database, "read" | "write">) => ({
    read,
    async write(statements: Parameters<Database["write"]>[0]) {
      const [first] = statements;
      const sql = typeof first === "string" ? first : first?.sql ?? "";
      if (sql.includes("INSERT INTO notifications") && --left === 0) await call();
      return await write(statements);
    },
  });
  return {
    db: {
      ...db,
      ...interruptible(db),
      background: { ...db.background, ...interruptible(db.background) },
    },
    before(nth, interrupt) {
      [left, call] = [nth, interrupt];
    },
  };
}

test.inside("POST /v2/notifications/batch: continues with fresh data when the service changes in the middle", async () => {
  const { db, before } = await interrupted();
  await using batch = await startBatch({ db });
  const { hark, service, send } = batch;
  const path = `/manage/services/${service.id}/templates/${service.sms}`;
  before(2, () => hark.manage("PUT", path, { body: "Hello again ((name))" }));
  const results = await send(Array.from({ length: 200 }, () => text(service)));
  assert.ok(results.every(({ status_code }) => status_code === 201));
  await batch.drain();
  const bodies = Map.groupBy(await hark.sent(), (entry) => /again/.test(entry.text));
  assert.deepEqual([bodies.get(false)?.length, bodies.get(true)?.length], [STEP, 200 - STEP]);
  assert.equal(new Set(idsOf(results)).size, 200);
  db.close();
});

test.inside("POST /v2/notifications/batch: refuses the remaining items with 503 when its key is revoked in the middle", async () => {
  const { db, before } = await interrupted();
  await using batch = await startBatch({ db });
  const { hark, service, send } = batch;
  const keys = `/manage/services/${service.id}/keys`;
  const listed = await bodyOf(await hark.manage("GET", keys), 200);
  const { id } = listed.keys.find(({ kind }: { kind: string }) => kind === "live");
  before(2, () => hark.manage("DELETE", `${keys}/${id}`));
  const results = await send(Array.from({ length: 100 }, () => text(service)));
  assert.deepEqual(codesOf(results), [
    ...Array(STEP).fill(201),
    ...Array(100 - STEP).fill(503),
  ]);
  assert.equal(await countOf(hark, "notifications"), STEP);
  db.close();
});

test.inside("POST /v2/notifications/batch: refuses with 503 when the service keeps changing, and can be retried", async () => {
  const { db, before } = await interrupted();
  await using batch = await startBatch({ db });
  const { hark, service, send } = batch;
  const list = [text(service, { idempotency_key: "a" }), text(service, { idempotency_key: "b" })];
  const change = async () => {
    before(1, change);
    await hark.manage("PATCH", `/manage/services/${service.id}`, { name: crypto.randomUUID() });
  };
  before(1, change);
  const results = await send(list);
  assert.deepEqual(codesOf(results), [503, 503]);
  assert.deepEqual(messagesOf(results), Array(2).fill("The service was being changed; try again"));
  assert.equal(await countOf(hark, "notifications"), 0);
  before(0, () => Promise.resolve());
  assert.deepEqual(codesOf(await send(list)), [201, 201]);
  db.close();
});
