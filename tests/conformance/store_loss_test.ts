/** A process whose database file is deleted or replaced ends, and one that stops leaves a whole file. */
import assert from "node:assert/strict";
import { idBytes } from "../../adapters/libsql/connection/row.ts";
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import { DATABASE_LOST_EXIT_CODE } from "../../runtime/process/database_watch.ts";
import {
  type Folder,
  makeFolder,
  migrateFolder,
  SANDBOX_ENVIRONMENT,
  serve,
} from "../support/process.ts";
import { newService, reachAt } from "./services.ts";

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
