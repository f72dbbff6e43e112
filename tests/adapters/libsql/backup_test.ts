import assert from "node:assert/strict";
import { backUp, BackupError } from "../../../adapters/libsql/backup.ts";
import { openDatabase } from "../../../adapters/libsql/connection/database.ts";
import { requireSchema } from "../../../adapters/libsql/schema/schema_version.ts";
import { makeFolder, migrateFolder } from "../../support/process.ts";

async function open() {
  const folder = await makeFolder();
  await migrateFolder(folder);
  const path = `${folder.path}/hark.db`;
  const names = async () => {
    const found = await Array.fromAsync(Deno.readDir(folder.path), ({ name }) => name);
    return found.filter((name) => !/-(?:wal|shm)$/.test(name)).toSorted();
  };
  return { folder, path, names, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

Deno.test("backUp: makes a copy that opens, with all rows, whatever its name", async () => {
  await using scene = await open();
  const to = `${scene.folder.path}/it's a "copy"`;
  const { tables, rows, size } = await backUp(scene.path, to);
  assert.ok(tables > 20 && rows > 5);
  assert.equal((await Deno.stat(to)).size, size);
  assert.deepEqual(await scene.names(), ["hark.db", `it's a "copy"`]);
  const copy = await openDatabase({ url: `file:${scene.folder.path}/copy.db` });
  copy.close();
  await Deno.rename(to, `${scene.folder.path}/copy.db`);
  const restored = await openDatabase({ url: `file:${scene.folder.path}/copy.db` });
  await requireSchema(restored);
  restored.close();
});

Deno.test("backUp: overwrites nothing, and leaves nothing behind when it fails", async () => {
  await using scene = await open();
  const to = `${scene.folder.path}/copy`;
  for (const name of [to, `${to}.part`]) {
    await Deno.writeTextFile(name, "mine");
    await assert.rejects(backUp(scene.path, to), BackupError);
    assert.equal(await Deno.readTextFile(name), "mine");
    await Deno.remove(name);
  }
  await assert.rejects(backUp(`${scene.path}x`, to), /there is no database at .*hark\.dbx/);
  await assert.rejects(backUp(scene.path, `${scene.folder.path}/none/copy`), BackupError);
  await Deno.writeTextFile(`${scene.folder.path}/text`, "not a database".repeat(1_000));
  await assert.rejects(backUp(`${scene.folder.path}/text`, to), /the backup failed: /);
  assert.deepEqual(await scene.names(), ["hark.db", "text"]);
});

Deno.test("backUp: copies while another connection writes", async () => {
  await using scene = await open();
  const db = await openDatabase({ url: `file:${scene.path}` });
  let isCopied = false;
  const insert = (at: number) => ({
    sql: `INSERT INTO counters (service_id, scope, value, expires_at)
      VALUES (x'00', ?, 1, 1)`,
    args: [`scope ${at}`],
  });
  let written = 0;
  const writing = (async () => {
    while (!isCopied) await db.write([insert(written++)]);
  })();
  await backUp(scene.path, `${scene.folder.path}/copy.db`).finally(() => isCopied = true);
  await writing;
  db.close();
  const copy = await openDatabase({ url: `file:${scene.folder.path}/copy.db` });
  const [counted] = await copy.read(["SELECT count(*) AS n FROM counters"]);
  copy.close();
  assert.ok(Number(counted?.rows[0]?.n) <= written);
});
