/**
 * Runs the tests that speak HTTP against servers of other processes: `start` on loopback, the build on a version of Deno,
 * and workerd with its queue and cron over libSQL by HTTP. Without `--runner` the build is left out. The run also fails
 * when an invocation of the Worker uses more than the platform allows.
 *
 *     deno task test:runners
 *     deno task test:runners --runner=worker tests/routes/notify
 *     deno task test:runners --runner=build --deno=2.5.6
 *     deno task test:runners --long
 */
import { parseArgs } from "node:util";
import { findDeno } from "../support/deno_versions.ts";
import { RUNNERS } from "../support/runner.ts";
import { type Host, startHost } from "./host.ts";
import { listTestFiles } from "./test_files.ts";
import { checkUse } from "./watched/invocation_use.ts";

const { values: options, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    runner: { type: "string" },
    deno: { type: "string", default: Deno.version.deno },
    long: { type: "boolean", default: false },
  },
});

const chosen = RUNNERS.filter((runner) => runner !== "process").filter((runner) =>
  options.runner === undefined ? runner !== "build" : options.runner === runner
);
if (chosen.length === 0) {
  console.error("--runner must be start, build or worker");
  Deno.exit(1);
}
const deno = await findDeno(options.deno);
if (deno === undefined) {
  console.error(`Deno ${options.deno} is not installed: npx -y deno@${options.deno} --version`);
  Deno.exit(1);
}
const listed = async () => [
  ...await listTestFiles({ long: options.long }),
  ...options.long ? ["tests/runners/platform_limits.ts"] : [],
];
const files = positionals.length > 0 ? positionals : await listed();

async function runTests(runner: string, { url }: Host): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", "-A", "--no-check", "--parallel", "--quiet", "--lock=tests/deno.lock"],
      ...files,
    ],
    env: { HARK_RUNNER: runner, HARK_RUNNER_HOST: url, DENO_JOBS: "2" },
  }).spawn();
  return (await child.status).success;
}

/** Prints the most that an invocation has used. @returns whether it is within the platform's limits */
async function staysWithin(runner: string, host: Host): Promise<boolean> {
  const use = await host.mostUsed();
  if (use === undefined) return true;
  const { text, isWithin } = checkUse(use);
  console.log(`${runner}: ${text}${isWithin ? "" : ": over a limit of the platform"}`);
  return isWithin;
}

let passes = true;
for (const runner of chosen) {
  const since = performance.now();
  console.log(`\n${runner}: ${files.length} files`);
  await using host = await startHost(runner, deno);
  passes = await runTests(runner, host) && passes;
  passes = await staysWithin(runner, host) && passes;
  console.log(`${runner}: ${Math.round((performance.now() - since) / 1000)} s`);
}
Deno.exit(passes ? 0 : 1);
