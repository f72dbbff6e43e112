import assert from "node:assert/strict";
import { findProgramInData, lockFileOf } from "../../../runtime/process/data_files.ts";
import { makeFolder } from "../../support/process.ts";

const PROGRAM = "/no-such/hark";

for (
  const [filesDir, isReported] of [
    [undefined, false],
    ["/", true],
    ["/no-such/", true],
    ["/no-such/hark/", true],
    ["/no-such/hark/files", false],
    ["/no-such/har", false],
  ] as const
) {
  Deno.test(`findProgramInData: reports ${isReported ? "FILES_DIR" : "nothing"} when the folder of files is ${filesDir}`, async () => {
    const problems = await findProgramInData(filesDir, PROGRAM);
    assert.deepEqual(
      problems.map((problem) => problem.split(" ")[0]),
      isReported ? ["FILES_DIR"] : [],
    );
  });
}

Deno.test("lockFileOf: is beside the file that the links lead to", async () => {
  await using folder = await makeFolder();
  const path = await Deno.realPath(folder.path);
  await Deno.writeTextFile(`${path}/real.db`, "");
  await Deno.symlink(`${path}/real.db`, `${path}/link.db`);
  assert.equal(await lockFileOf(`file:${path}/link.db`), `${path}/real.db.lock`);
  assert.equal(await lockFileOf(`file:${path}/new.db`), `${path}/new.db.lock`);
  assert.equal(await lockFileOf("libsql://db.example"), undefined);
});
