/** `deno task migrate` on the filled database of an earlier version, as its operator runs it. */
import assert from "node:assert/strict";
import { rowsOf, text } from "../../adapters/libsql/connection/row.ts";
import { MIGRATIONS } from "../../adapters/libsql/schema/migrations.ts";
import { copyFixture, type Fixture, FIXTURES } from "../fixtures/fixtures.ts";
import { MASTER_KEY, startTestApplication } from "../support/application.ts";
import { run, SANDBOX_ENVIRONMENT } from "../support/process.ts";

/** Another master key, as "openssl rand -base64 32" prints it. */
const OTHER_KEY = "yWypbh3eV0OvkeqdiyVZxhrzIKjcy0ohAK/SsysYabE=";

async function openSchema5(): Promise<Fixture> {
  const [schema5] = FIXTURES;
  assert.ok(schema5 !== undefined);
  return await copyFixture(schema5);
}

/** Tables that no migration has rewritten. */
const UNCHANGED = ["deployment", "schema_migrations"];

/** Runs `migrate`, which must be refused with 1, and returns its error. */
async function refusalOf(
  { folder }: Fixture,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const { code, stderr, stdout } = await run(["migrate"], { folder, environment });
  assert.equal(code, 1, `${stdout}\n${stderr}`);
  assert.match(stderr, /^Hark cannot start\.\n/);
  assert.doesNotMatch(stderr, /\n +at /);
  return stderr;
}

/** Names and statements of all that is in the database. */
async function schemaOf(fixture: Fixture): Promise<unknown> {
  const db = await fixture.open();
  const found = await db.read(["SELECT name, sql FROM sqlite_master ORDER BY name"]);
  db.close();
  return rowsOf(found, 0).map((row) => ({ ...row }));
}

/** What `migrate` prints for a database of schema 5: every migration after it, by name. */
const ALL_APPLIED = `migrated: ${MIGRATIONS.slice(5).map(({ name }) => name).join(", ")}`;

const DATABASE = { DATABASE_URL: "file:hark.db" };

Deno.test("migrate: changes nothing when MASTER_KEY is missing or does not decrypt a data key", async () => {
  await using fixture = await openSchema5();
  const before = await schemaOf(fixture);
  assert.match(await refusalOf(fixture, DATABASE), /encrypts stored rows: set MASTER_KEY/);
  const wrong = await refusalOf(fixture, { ...DATABASE, MASTER_KEY: OTHER_KEY });
  assert.match(wrong, /MASTER_KEY does not decrypt .* \(of master key [0-9a-f]{8}\)/);
  assert.deepEqual(await schemaOf(fixture), before);
});

Deno.test("migrate: names the row and its data key when the database has no such key, and continues when it is back", async () => {
  await using fixture = await openSchema5();
  const db = await fixture.open();
  const found = await db.read([
    "SELECT service_id, id, data_key_id FROM notifications WHERE reference = 'letter-3' LIMIT 1",
  ]);
  const [row] = rowsOf(found, 0);
  assert.ok(row !== undefined);
  const unknown = crypto.randomUUID();
  const point = "UPDATE notifications SET data_key_id = ? WHERE service_id = ? AND id = ?";
  await db.write([{ sql: point, args: [unknown, row["service_id"] ?? "", row["id"] ?? ""] }]);
  const refusal = await refusalOf(fixture, { ...DATABASE, MASTER_KEY });
  assert.ok(refusal.includes(`notification ${row["id"]} of service ${row["service_id"]}`), refusal);
  assert.ok(refusal.includes(`data key ${unknown}, which the database does not have`), refusal);
  await db.write([
    { sql: point, args: [row["data_key_id"] ?? "", row["service_id"] ?? "", row["id"] ?? ""] },
  ]);
  db.close();
  const { code, stdout, stderr } = await run(["migrate"], {
    folder: fixture.folder,
    environment: { ...DATABASE, MASTER_KEY },
  });
  assert.deepEqual([code, stderr], [0, ""]);
  assert.ok(stdout.split("\n").includes(ALL_APPLIED), stdout);
});

Deno.test("migrate: names a migration that was killed after its cut-over, when it ends it", async () => {
  await using fixture = await openSchema5();
  const options = { folder: fixture.folder, environment: { ...DATABASE, MASTER_KEY } };
  await run(["migrate"], options);
  const db = await fixture.open();
  // What a kill while the file is rewritten leaves behind.
  await db.write([
    "CREATE TABLE copy_state (migration TEXT, owner TEXT, is_closed INTEGER)",
    "INSERT INTO copy_state VALUES ('compact', 'killed', 1)",
  ]);
  db.close();
  const { code, stdout } = await run(["migrate"], options);
  assert.deepEqual([code, stdout.trim().split("\n").at(-1)], [0, "migrated: compact"]);
  const { stdout: again } = await run(["migrate"], options);
  assert.equal(again, "nothing to migrate\n");
});

Deno.test("migrate: a row that the version before writes afterwards is refused, in every table", async () => {
  await using fixture = await openSchema5();
  const db = await fixture.open();
  const tables = rowsOf(
    await db.read(["SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"]),
    0,
  ).map((row) => text(row, "name")).filter((name) => !UNCHANGED.includes(name));
  const inserts = await Promise.all(tables.map(async (table) => {
    const [row] = rowsOf(await db.read([`SELECT * FROM ${table} LIMIT 1`]), 0);
    assert.ok(row !== undefined, `the fixture has a row of ${table}`);
    const columns = Object.keys(row).filter((column) => column !== "queue");
    return {
      sql: `INSERT OR REPLACE INTO ${table} (${columns.join(", ")})
        VALUES (${columns.map(() => "?").join(", ")})`,
      args: columns.map((column) => row[column] ?? null),
    };
  }));
  for (const insert of inserts) await db.write([insert]);
  const { code } = await run(["migrate"], {
    folder: fixture.folder,
    environment: { ...DATABASE, MASTER_KEY },
  });
  assert.equal(code, 0);
  for (const insert of inserts) {
    await assert.rejects(
      db.write([insert]),
      /no such table|has no column|cannot store TEXT value in BLOB column/,
      insert.sql,
    );
  }
  db.close();
});

Deno.test("migrate: takes the earlier master key as MASTER_KEY_PREVIOUS, and start asks for it before", async () => {
  await using fixture = await openSchema5();
  const { folder } = fixture;
  const environment = { ...SANDBOX_ENVIRONMENT, MASTER_KEY: OTHER_KEY };
  const keys = { MASTER_KEY: OTHER_KEY, MASTER_KEY_PREVIOUS: MASTER_KEY };
  const asked = await run(["start"], { folder, environment: { ...environment, ...keys } });
  assert.match(asked.stderr, /schema 5, this code needs \d+: run "deno task migrate"/);
  const { code, stdout, stderr } = await run(["migrate"], {
    folder,
    environment: { ...DATABASE, ...keys },
  });
  assert.deepEqual([code, stderr], [0, ""]);
  assert.ok(stdout.split("\n").includes(ALL_APPLIED), stdout);
  assert.match(stdout, /^re-encrypted under MASTER_KEY: 5 data keys, 16 API keys$/m);
  const again = await run(["migrate"], { folder, environment: { ...DATABASE, ...keys } });
  assert.match(again.stdout, /^nothing to migrate$/m);

  const db = await fixture.open();
  const hark = await startTestApplication({ db, environment: { MASTER_KEY: OTHER_KEY } });
  const { passports } = fixture.access.services;
  const path = "/v2/notifications?reference=application-17";
  const answer = await hark.as(passports?.keys.live ?? "", "GET", path);
  assert.equal((await answer.json()).notifications.length, 4);
  await hark.close();
  db.close();
});
