import assert from "node:assert/strict";
import { openEmbedded } from "../../../../adapters/libsql/connection/embedded.ts";
import { makeFolder } from "../../../support/process.ts";

Deno.test("openEmbedded: a connection that only reads creates no file, and keeps the log of one that was moved away", async () => {
  await using folder = await makeFolder();
  const path = `${folder.path}/hark.db`;
  await Deno.writeFile(`${path}-wal`, new Uint8Array(64));
  await assert.rejects(openEmbedded(`file:${path}`, 0, "read"), { code: "SQLITE_CANTOPEN" });
  assert.equal((await Deno.stat(`${path}-wal`)).size, 64);
  await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
});
