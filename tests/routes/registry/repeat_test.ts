import assert from "node:assert/strict";
import type { Database } from "../../../adapters/libsql/connection/database.ts";
import { migrateEmpty } from "../../support/migrated.ts";
import { BACKENDS } from "../../contracts/backends.ts";
import { bodyOf, callAt, countOf, DAY, movableClock, NOON } from "../support.ts";
import { messageTo, SEND, startRegistry, type TestRegistry } from "./support.ts";
import { test } from "../../support/runner.ts";

const KEY = { "idempotency-key": "process-1" };

async function startWithTemplates(options = {}): Promise<TestRegistry> {
  const hark = await startRegistry(options);
  await hark.publish("inbox:hello", "Hello ${name}");
  return hark;
}

type Sent = { readonly id: string; readonly recipient: number; readonly replayed?: true };
const idsOf = ({ notifications }: { readonly notifications: readonly Sent[] }) =>
  notifications.map(({ id }) => id);

Deno.test("POST /api/notifications: replays the ids of an Idempotency-Key and sends nothing twice", async () => {
  await using hark = await startWithTemplates();
  const message = messageTo(["a", "b", "c"], "hello");
  const first = await hark.send(message, KEY);
  const again = await hark.send(message, KEY);
  assert.deepEqual(idsOf(again), idsOf(first));
  assert.ok(again.notifications.every((notification: Sent) => notification.replayed === true));
  assert.ok(first.notifications.every((notification: Sent) => notification.replayed === undefined));
  assert.equal(await countOf(hark, "notifications"), 3);
  const other = await hark.send(message, { "idempotency-key": "process-2" });
  assert.equal(idsOf(other).some((id) => idsOf(first).includes(id)), false);
});

Deno.test("POST /api/notifications: 422 for an Idempotency-Key of another message", async () => {
  await using hark = await startWithTemplates();
  await hark.send(messageTo(["a"], "hello"), KEY);
  for (
    const other of [
      messageTo(["b"], "hello"),
      messageTo(["a", "b"], "hello"),
      messageTo(["a"], "hello", { title: "Other" }),
      messageTo(["a"], "hello", { ignoreChannelPreferences: true }),
    ]
  ) {
    const answer = await bodyOf(await hark.admin("POST", SEND, other, KEY), 422);
    assert.equal(answer.code, "422 UNPROCESSABLE_ENTITY");
  }
  const stranger = hark.citizen("another", { roles: ["template-admin"] });
  await bodyOf(await stranger("POST", SEND, messageTo(["a"], "hello"), KEY), 422);
  assert.equal(await countOf(hark, "notifications"), 1);
});

Deno.test("POST /api/notifications: replays the ids over the rate limit, and sends nothing", async () => {
  await using hark = await startWithTemplates();
  const settings = `/manage/services/${hark.registryServiceId}`;
  const message = messageTo(["a", "b", null], "hello", {
    followUps: [{ channel: "email", afterMinutes: 60 }],
  });
  const first = await hark.send(message, KEY);
  assert.equal(first.notifications.length, 2);
  const replayed = {
    ...first,
    notifications: first.notifications.map((notification: Sent) => ({
      ...notification,
      replayed: true,
    })),
  };
  assert.deepEqual(await hark.send(message, KEY), replayed);
  await bodyOf(await hark.manage("PATCH", settings, { rate_limit_per_minute: 0 }), 200);
  assert.deepEqual(await hark.send(message, KEY), replayed);
  await bodyOf(await hark.admin("POST", SEND, message), 429);
  const other = messageTo(["c"], "hello");
  await bodyOf(await hark.admin("POST", SEND, other, { "idempotency-key": "process-2" }), 429);
  await bodyOf(await hark.admin("POST", SEND, other, KEY), 422);
  assert.equal(await countOf(hark, "notifications"), 2);
});

Deno.test("POST /api/notifications: 400 for an invalid Idempotency-Key", async () => {
  await using hark = await startWithTemplates();
  for (const key of ["", "x".repeat(256)]) {
    const headers = { "idempotency-key": key };
    await bodyOf(await hark.admin("POST", SEND, messageTo(["a"], "hello"), headers), 400);
  }
  assert.equal(await countOf(hark, "notifications"), 0);
});

Deno.test("POST /api/notifications: evaluates refused items again under the same Idempotency-Key", async () => {
  await using hark = await startWithTemplates();
  const message = messageTo(["a"], "later");
  await bodyOf(await hark.admin("POST", SEND, message, KEY), 400);
  await hark.publish("inbox:later", "Now");
  const { notifications } = await hark.send(message, KEY);
  assert.equal(notifications.length, 1);
});

Deno.test("POST /api/notifications: an Idempotency-Key expires after a day", async () => {
  const clock = movableClock(NOON);
  await using hark = await startWithTemplates({ clock });
  const key = await hark.newKey();
  const call = (ids: readonly string[]) =>
    callAt(hark, clock, key, "POST", SEND, messageTo(ids, "hello"), KEY);
  await bodyOf(await call(["a"]), 202);
  clock.advance(DAY - 1);
  await bodyOf(await call(["b"]), 422);
  clock.advance(1);
  await bodyOf(await call(["b"]), 202);
});

Deno.test("POST /api/notifications: concurrent requests with one Idempotency-Key send once", async () => {
  await using hark = await startWithTemplates();
  const message = messageTo(["a", "b"], "hello");
  const answers = await Promise.all(Array.from({ length: 8 }, () => hark.send(message, KEY)));
  assert.equal(new Set(answers.flatMap(idsOf)).size, 2);
  assert.equal(await countOf(hark, "notifications"), 2);
});

test.inside("POST /api/notifications: a retry completes an interrupted request without duplicates", async () => {
  const [backend] = BACKENDS;
  assert.ok(backend);
  await using database = await backend.open();
  await migrateEmpty(database.db, Date.now());
  let accepts = 0;
  let breaksAt = Infinity;
  const breakable = ({ read, write }: Pick<Database, "read" | "write">) => ({
    read,
    write(statements: Parameters<Database["write"]>[0]) {
      const isAccept = statements.some((notification) =>
        /INSERT INTO notifications/.test(
          typeof notification === "string" ? notification : notification.sql,
        )
      );
      if (isAccept && ++accepts >= breaksAt) {
        return Promise.reject(new Error("the database went away"));
      }
      return write(statements);
    },
  });
  const db: Database = {
    ...database.db,
    ...breakable(database.db),
    background: { ...database.db.background, ...breakable(database.db.background) },
  };
  await using hark = await startWithTemplates({ db });
  const message = messageTo(Array.from({ length: 2_000 }, (_, i) => `citizen-${i}`), "hello");
  breaksAt = 3;
  const broken = await bodyOf(await hark.admin("POST", SEND, message, KEY), 500);
  assert.equal(broken.message, "Internal server error");
  breaksAt = Infinity;
  const before = await countOf(hark, "notifications");
  assert.ok(before > 0 && before < 2_000, String(before));
  const { notifications } = await hark.send(message, KEY);
  assert.equal(new Set(idsOf({ notifications })).size, 2_000);
  assert.equal(
    notifications.filter((notification: Sent) => notification.replayed === true).length,
    before,
  );
  assert.equal(await countOf(hark, "notifications"), 2_000);
  await hark.settle();
  const inbox = await hark.citizen("citizen-0")("GET", "/api/notifications/inbox");
  assert.equal((await bodyOf(inbox, 200)).length, 1);
});
