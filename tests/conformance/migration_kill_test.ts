/**
 * The migration of a filled database under SIGKILL, while the version before writes: nothing is lost, nothing is there
 * twice, and nothing is left in clear. `MIGRATION_ROWS=1000000` makes the database as large as a big deployment's.
 */

import assert from "node:assert/strict";
import type { Database } from "../../adapters/libsql/connection/database.ts";
import { copyFixture, type Fixture, FIXTURES } from "../fixtures/fixtures.ts";
import { openSchema5Writer, REFERENCE_MARK, type Written } from "../fixtures/schema_5_writer.ts";
import { registryKeys, startTestApplication } from "../support/application.ts";
import { pause, spawn } from "../support/process.ts";
import { ask, type Asking } from "../fixtures/access.ts";

const ROWS = Number(Deno.env.get("MIGRATION_ROWS") ?? 10_000);
/** After how many transactions the runs are killed, in turn: the first takes the copy over, the others are steps. */
const DIES_AFTER = ROWS > 20_000 ? [100, 150, 201] : [2, 3, 5, 8];
/**
 * How many times the version before writes while a run lives. A run that is killed after a step copies one step of what
 * was written meanwhile, so with more it would never catch up.
 */
const WRITES_PER_RUN = ROWS > 20_000 ? 500 : 10;
/** How many texts a transaction fills the database with. */
const BATCH = 1_000;
const MIGRATOR = new URL("../fixtures/migrate_and_die.ts", import.meta.url);

/** What the file must not hold afterwards: references, names of jobs and of their files. */
const SECRETS = [
  ...[REFERENCE_MARK, "application-17", "заява № 17", "letter-3", "to a guest", "row-15"],
  ...["May appointments", "may.csv", "Список очікування", "список.csv", "Bulk of a program"],
];

/** The version before. */
interface Before {
  /** Lets it write {@link WRITES_PER_RUN} times more, beside what follows. */
  allowWrites(): void;
  /** Resolves when a statement has failed, which ends it. */
  readonly ended: Promise<{ readonly transactions: number; readonly refusal: string }>;
}

/** Writes, changes and deletes texts as the version before, until its statements fail. */
async function startBefore(
  db: Database,
  serviceId: string,
  texts: Map<string, Written>,
): Promise<Before> {
  const writer = await openSchema5Writer(db, serviceId, ROWS);
  const sending = [...texts.values()].filter(({ status }) => status === "sending");
  let allowed = 0;
  async function write(): Promise<void> {
    for (const text of await writer.accept(3)) {
      texts.set(text.id, text);
      sending.push(text);
    }
    await writer.deliver(sending.splice(-2));
    await writer.deliver(sending.splice(0, 1));
    const [oldest] = texts.values();
    if (oldest === undefined) return;
    await writer.remove([oldest]);
    texts.delete(oldest.id);
  }
  return {
    allowWrites() {
      allowed = WRITES_PER_RUN;
    },
    ended: (async () => {
      for (let transactions = 0;;) {
        await pause(1);
        if (allowed === 0) continue;
        allowed--;
        try {
          await write();
          transactions += 4;
        } catch (error) {
          return { transactions, refusal: String(error) };
        }
      }
    })(),
  };
}

/** Fills the database and returns its texts, in their order. */
async function fill(db: Database, serviceId: string): Promise<Map<string, Written>> {
  const writer = await openSchema5Writer(db, serviceId);
  const texts = new Map<string, Written>();
  for (let rows = 0; rows < ROWS; rows += BATCH) {
    const accepted = await writer.accept(BATCH);
    for (const text of accepted) texts.set(text.id, text);
    await writer.deliver(accepted.filter((_, at) => at % 50 !== 0));
  }
  return texts;
}

/** Every text of the writer as the API lists it, by its id. */
async function listTexts(asking: Asking): Promise<Map<string, Written>> {
  const texts = new Map<string, Written>();
  let path: string | undefined = "/v2/notifications?template_type=sms";
  while (path !== undefined) {
    const { body } = await ask(asking, { as: "passports live", method: "GET", path });
    const page = body as {
      readonly notifications: readonly (Written & { readonly reference: string | null })[];
      readonly links: { readonly next?: string };
    };
    for (const { id, reference, body, status } of page.notifications) {
      if (reference?.startsWith(REFERENCE_MARK) !== true) continue;
      assert.ok(!texts.has(id), `${id} is listed once`);
      texts.set(id, { id, reference, body, status });
    }
    path = page.links.next?.replace(/^https?:\/\/[^/]+/, "");
  }
  return texts;
}

/** The secrets that a file holds. A file is read in pieces, since it may be large. */
async function secretsIn(path: string): Promise<readonly string[]> {
  const found = new Set<string>();
  const decoder = new TextDecoder("latin1");
  const needles = SECRETS.map((secret) => ({
    secret,
    bytes: decoder.decode(new TextEncoder().encode(secret)),
  }));
  let rest = "";
  for await (const piece of (await Deno.open(path)).readable) {
    const text = rest + decoder.decode(piece);
    for (const { secret, bytes } of needles) if (text.includes(bytes)) found.add(secret);
    rest = text.slice(-200);
  }
  return [...found];
}

/** Starts the migration again and again until it ends, and returns how often it was killed. */
async function migrateUnderKills(fixture: Fixture, before: Before): Promise<number> {
  for (let kills = 0;; kills++) {
    before.allowWrites();
    const diesAfter = String(DIES_AFTER[kills % DIES_AFTER.length]);
    await using process = spawn([fixture.path, diesAfter], {
      folder: fixture.folder,
      entry: MIGRATOR,
    });
    const { code, signal, stdout, stderr } = await process.ended;
    if (signal === "SIGKILL") continue;
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^done$/m);
    return kills;
  }
}

Deno.test("migrate: loses no row and leaves no text in clear when it is killed again and again while the version before writes", async () => {
  const [schema5] = FIXTURES;
  assert.ok(schema5 !== undefined);
  await using fixture = await copyFixture(schema5);
  const { passports } = fixture.access.services;
  assert.ok(passports !== undefined);
  const db = await fixture.open();
  const other = await fixture.open();
  const texts = await fill(db, passports.id);
  assert.deepEqual((await secretsIn(fixture.path)).toSorted(), SECRETS.toSorted());

  const startedAt = performance.now();
  const before = await startBefore(other, passports.id, texts);
  const kills = await migrateUnderKills(fixture, before);
  before.allowWrites();
  const { transactions, refusal } = await before.ended;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(
    `${ROWS} rows, killed ${kills} times, ${transactions} writes beside it, ${seconds} s`,
  );
  assert.match(refusal, /is being migrated|no such (?:table|column)|has no column/);
  assert.ok(kills > 10, "it was killed");
  assert.ok(transactions > 10, "the version before wrote meanwhile");
  other.close();

  const keys = await registryKeys();
  const hark = await startTestApplication({ db, registry: keys });
  const asking = { reach: hark.request, access: fixture.access, keys };
  const listed = await listTexts(asking);
  assert.equal(listed.size, texts.size);
  for (const [id, text] of texts) assert.deepEqual(listed.get(id), text);
  const sample = [...texts.values()].filter((_, at) => at % Math.ceil(texts.size / 50) === 0);
  for (const { id, reference, status } of sample) {
    const get = async (as: string, path: string) =>
      // deno-lint-ignore no-explicit-any -- asserted on below
      (await ask(asking, { as, method: "GET", path })).body as any;
    const found = await get("passports live", `/v2/notifications?reference=${reference}`);
    assert.deepEqual(found.notifications.map((each: { readonly id: string }) => each.id), [id]);
    const service = `/manage/services/${passports.id}`;
    const { events } = await get("operator", `${service}/notifications/${id}/timeline`);
    assert.deepEqual(events.map(({ kind }: { readonly kind: string }) => kind), [
      ...["accepted", "attempt-started", "attempt-ended", "status-changed"],
      ...(status === "delivered" ? ["status-changed"] : []),
    ]);
  }
  const [integrity] = await db.read(["PRAGMA integrity_check"]);
  assert.deepEqual(integrity?.rows.flatMap(Object.values), ["ok"]);
  await hark.close();
  db.close();
  for await (const { name } of Deno.readDir(fixture.folder.path)) {
    if (!name.startsWith("hark.db")) continue;
    assert.deepEqual(await secretsIn(`${fixture.folder.path}/${name}`), [], name);
  }
});
