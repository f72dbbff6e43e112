/**
 * Makes the build, and runs the conformance suite's tests of processes against it: on each version of Deno that it
 * supports, with the permissions that its launcher would give.
 *
 *     deno task test:build
 *     deno task test:build --deno=2.5.6 tests/conformance/callbacks_test.ts
 *
 * It prints the rows of the table in docs/conformance.md: how many tests passed.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BUILD_VERSIONS, findDeno } from "../support/deno_versions.ts";
import { BUILD_VARIABLES } from "../support/tested_program.ts";
import { BUILD_TEST_FILES } from "./test_files.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const { values: options, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: { deno: { type: "string" } },
});
const versions: readonly string[] = options.deno === undefined ? BUILD_VERSIONS : [options.deno];
const files: readonly string[] = positionals.length > 0 ? positionals : BUILD_TEST_FILES;

/** Runs this Deno in the project's folder. @returns its output, and whether it succeeded */
async function runDeno(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    stdin: "null",
    env: { ...env, NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { success, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** Runs a file of tests against the build. @returns the table's cell: how many tests passed, and how many did not */
async function runFile(file: string, deno: string, entry: string): Promise<string> {
  const [denoVariable, entryVariable] = BUILD_VARIABLES;
  const { success, text } = await runDeno(
    ["test", "-A", "--no-check", "--lock=tests/deno.lock", "--frozen", file],
    { [denoVariable]: deno, [entryVariable]: entry },
  );
  if (!success) console.error(text);
  const [, passed, failed, ignored] =
    /\| (\d+) passed.* \| (\d+) failed(?: \| (\d+) ignored)?/.exec(text) ?? [];
  if (passed === undefined) return "failed";
  return [
    passed,
    ...(failed === "0" ? [] : [`${failed} failed`]),
    ...(ignored === undefined ? [] : [`${ignored} skipped`]),
  ].join(", ");
}

const folder = await Deno.makeTempDir({ prefix: "hark-build-" });
try {
  const built = await runDeno(["task", "--quiet", "build", "--out", folder]);
  if (!built.success) throw new Error(built.text);
  const found = await Promise.all(versions.map(async (version) => {
    const deno = await findDeno(version);
    if (deno === undefined) throw new Error(`npx -y deno@${version} --version`);
    return deno;
  }));
  console.log(`| file | ${versions.join(" | ")} |`);
  let passes = true;
  for (const file of files) {
    const cells: string[] = [];
    for (const deno of found) cells.push(await runFile(file, deno, `${folder}/hark.js`));
    console.log(`| \`${file}\` | ${cells.join(" | ")} |`);
    passes = passes && !cells.some((cell) => cell.includes("failed"));
  }
  Deno.exitCode = passes ? 0 : 1;
} finally {
  await Deno.remove(folder, { recursive: true });
}
