/** A process whose database file is deleted or replaced ends, and one that stops leaves a whole file. */
import assert from "node:assert/strict";
import { idBytes } from "../../adapters/libsql/connection/row.ts";
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import { DATABASE_LOST_EXIT_CODE } from "../../runtime/process/database_watch.ts";
import {
  type Folder,
  makeFolder,
  migrateFolder,
  run,
  SANDBOX_ENVIRONMENT,
  serve,
} from "../support/process.ts";
import { manage, newService, reachAt } from "./services.ts";

const LOSSES: readonly (readonly [
  name: string,
  lose: (folder: Folder) => Promise<void>,
  reason: string,
])[] = [
  ["file is deleted", ({ path }) => Deno.remove(`${path}/hark.db`), "file-deleted"],
  [
    "file is replaced by another",
    async ({ path }) => {
      await Deno.copyFile(`${path}/hark.db`, `${path}/copy.db`);
      await Deno.rename(`${path}/copy.db`, `${path}/hark.db`);
    },
    "file-replaced",
  ],
  ["log is deleted", ({ path }) => Deno.remove(`${path}/hark.db-wal`), "file-deleted"],
];

for (const [name, lose, reason] of LOSSES) {
  Deno.test(`start: ends with ${DATABASE_LOST_EXIT_CODE} and says why when its database's ${name}`, async () => {
    await using folder = await makeFolder();
    await migrateFolder(folder);
    await using hark = await serve("start", { folder, environment: SANDBOX_ENVIRONMENT });
    await newService(reachAt(() => hark.url));
    await lose(folder);
    const { code, stdout } = await hark.ended;
    assert.equal(code, DATABASE_LOST_EXIT_CODE);
    assert.match(stdout, new RegExp(`"event":"database-lost","reason":"${reason}"\\}\\n$`));
  });
}

Deno.test("start, dev and migrate: keep the log of a file that was moved away, and read it when the file is back", async () => {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  const [file, away] = [`${folder.path}/hark.db`, `${folder.path}/away.db`];
  let id: string;
  {
    await using hark = await serve("start", { folder, environment: SANDBOX_ENVIRONMENT });
    ({ id } = await newService(reachAt(() => hark.url)));
    await Deno.rename(file, away);
    assert.equal((await hark.ended).code, DATABASE_LOST_EXIT_CODE);
  }
  const log = await Deno.readFile(`${file}-wal`);
  const environment = { ...SANDBOX_ENVIRONMENT, DATABASE_URL: "file:hark.db" };
  for (const command of ["start", "dev", "migrate"]) {
    for (const empty of [false, true]) {
      if (empty) await Deno.writeFile(file, new Uint8Array());
      const { code, stderr } = await run([command], { folder, environment });
      assert.notEqual(code, 0);
      assert.match(stderr, /hark\.db is missing or empty, and its log .*hark\.db-wal is there/);
      if (empty) await Deno.remove(file);
      else await assert.rejects(Deno.stat(file), Deno.errors.NotFound);
    }
  }
  assert.deepEqual(await Deno.readFile(`${file}-wal`), log);

  await Deno.rename(away, file);
  await using hark = await serve("start", { folder, environment: SANDBOX_ENVIRONMENT });
  const answer = await manage(reachAt(() => hark.url), "GET", `/manage/services/${id}`);
  assert.equal(answer.status, 200);
});

Deno.test("SIGTERM: leaves everything in the database's file, and nothing in its log", async () => {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  await using hark = await serve("start", { folder, environment: SANDBOX_ENVIRONMENT });
  const { id } = await newService(reachAt(() => hark.url));
  const log = `${folder.path}/hark.db-wal`;
  assert.ok((await Deno.stat(log)).size > 0, "while it runs");
  const { code, stdout } = await hark.kill("SIGTERM");
  assert.equal(code, 0);
  assert.match(stdout, /"event":"stopped"\}\n$/);
  assert.equal(await Deno.stat(log).then(({ size }) => size, () => 0), 0);
  // The file alone has what was written.
  await Deno.copyFile(`${folder.path}/hark.db`, `${folder.path}/copy.db`);
  const db = await openDatabase({ url: `file:${folder.path}/copy.db` });
  const [services] = await db.read([{
    sql: "SELECT 1 FROM services WHERE id = ?",
    args: [idBytes(id)],
  }]);
  assert.equal(services?.rows.length, 1);
  db.close();
});
