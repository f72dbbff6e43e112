/** `docs/conformance.md` says which tests run against the build: each file that starts processes. */
import assert from "node:assert/strict";
import { BUILD_TEST_FILES, OTHER_PROCESSES } from "../build/test_files.ts";
import { BUILD_VERSIONS } from "../support/deno_versions.ts";

const ROOT = new URL("../../", import.meta.url);
const TABLE = /<!-- build -->\n\n([\s\S]*?)\n\n<!-- \/build -->/;

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

Deno.test("docs/conformance.md: has a row for each file that runs against the build", async () => {
  const text = await Deno.readTextFile(new URL("docs/conformance.md", ROOT));
  const rows = (TABLE.exec(text)?.[1] ?? "").split("\n").map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim())
  );
  const [head, , ...body] = rows;
  assert.deepEqual(head, ["file", ...BUILD_VERSIONS]);
  assert.deepEqual(body.map(([file]) => file), BUILD_TEST_FILES.map((file) => `\`${file}\``));
});
