/** Which tests run against the build: each file that starts processes. */
import assert from "node:assert/strict";
import { BUILD_TEST_FILES, OTHER_PROCESSES } from "../build/test_files.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("deno task test:build: runs every file of the conformance suite that starts the build's commands", async () => {
  const starting: string[] = [];
  for await (const { name } of Deno.readDir(new URL("tests/conformance/", ROOT))) {
    const path = `tests/conformance/${name}`;
    if (!name.endsWith("_test.ts")) continue;
    const text = await Deno.readTextFile(new URL(path, ROOT));
    if (/from "\.\.\/support\/process\.ts"/.test(text)) starting.push(path);
  }
  assert.deepEqual(starting.sort(), [...BUILD_TEST_FILES, ...Object.keys(OTHER_PROCESSES)].sort());
});
