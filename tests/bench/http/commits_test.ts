import assert from "node:assert/strict";
import { openDatabase } from "../../../adapters/libsql/connection/database.ts";
import { commitsBetween, readCommits } from "./commits.ts";

Deno.test("readCommits: counts the transactions that wrote, over checkpoints too", async () => {
  const folder = await Deno.makeTempDir({ prefix: "hark-" });
  const file = `${folder}/a.db`;
  const db = await openDatabase({ url: `file:${file}` });
  try {
    await db.write(["CREATE TABLE t (a TEXT)"]);
    const before = readCommits(file);
    await db.write(["INSERT INTO t VALUES ('a')", "INSERT INTO t VALUES ('b')"]);
    await db.read(["SELECT * FROM t"]);
    assert.equal(commitsBetween(before, readCommits(file)), 1);
    // More pages than an automatic checkpoint waits for.
    for (let n = 0; n < 3; n++) {
      await db.write(["INSERT INTO t VALUES (hex(randomblob(3000000)))"]);
    }
    assert.equal(commitsBetween(before, readCommits(file)), 4);
  } finally {
    db.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("commitsBetween: counts over the end of the counter", () => {
  assert.equal(commitsBetween(2 ** 32 - 1, 2), 3);
});
