import assert from "node:assert/strict";
import { findProgramInData } from "../../../runtime/process/data_files.ts";

const PROGRAM = "/no-such/hark";

const PLACES: readonly (readonly [string, string | undefined, readonly string[]])[] = [
  ["file:/no-such/hark/hark.db", undefined, ["DATABASE_URL"]],
  ["file:/no-such/hark.db?cache=shared", undefined, ["DATABASE_URL"]],
  ["file:/hark.db", "/", ["DATABASE_URL", "FILES_DIR"]],
  ["file:/no-such/hark/data/hark.db", "/no-such/hark/files", []],
  ["file:/no-such/harks/hark.db", "/no-such/har", []],
  ["file:/no-such/hark/..data/hark.db", "/no-such/hark/", ["FILES_DIR"]],
  ["libsql://database.example.gov", "/no-such/", ["FILES_DIR"]],
  ["https://database.example.gov/no-such/hark", undefined, []],
];

for (const [databaseUrl, filesDir, variables] of PLACES) {
  Deno.test(`findProgramInData: reports ${variables.join(", ") || "nothing"} when data are in ${databaseUrl} and ${filesDir}`, async () => {
    const problems = await findProgramInData({ databaseUrl, filesDir }, PROGRAM);
    assert.deepEqual(problems.map((problem) => problem.split(" ")[0]), variables);
  });
}
