import assert from "node:assert/strict";
import { z } from "zod";

const CONFIG = new URL("../../deno.json", import.meta.url);
const PASSES = 'Deno.test("passes", () => {});\n';
const FAILS = 'Deno.test("fails", () => Promise.reject(new Error("no")));\n';

/** Runs the project's own task `test` on a folder of two test files. */
async function runTask(domain: string, others: string): Promise<{ code: number; ends: string[] }> {
  const { tasks } = z.object({ tasks: z.object({ test: z.unknown() }) })
    .parse(JSON.parse(Deno.readTextFileSync(CONFIG)));
  const folder = await Deno.makeTempDir({ prefix: "hark-" });
  try {
    await Deno.mkdir(`${folder}/tests/domain`, { recursive: true });
    await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify({ tasks }));
    await Deno.writeTextFile(`${folder}/tests/domain/a_test.ts`, domain);
    await Deno.writeTextFile(`${folder}/tests/b_test.ts`, others);
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "test"],
      cwd: folder,
      env: { NO_COLOR: "1" },
      stderr: "null",
    }).output();
    const text = new TextDecoder().decode(stdout);
    return { code, ends: text.match(/^(ok|FAILED) \| \d+ passed \| \d+ failed/gm) ?? [] };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const OK = "ok | 1 passed | 0 failed";
const FAILED = "FAILED | 0 passed | 1 failed";

for (
  const [name, domain, others, ends] of [
    ["the first half failed", FAILS, PASSES, [FAILED, OK]],
    ["the second half failed", PASSES, FAILS, [OK, FAILED]],
    ["both halves passed", PASSES, PASSES, [OK, OK]],
  ] as const
) {
  const isOk = domain === PASSES && others === PASSES;
  const expected = isOk ? "succeeds" : "runs both halves and fails";
  Deno.test(`deno task test: ${expected} when ${name}`, async () => {
    const result = await runTask(domain, others);
    assert.deepEqual(result.ends, ends);
    assert.equal(result.code === 0, isOk);
  });
}
