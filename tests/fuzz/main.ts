/** `deno task fuzz --minutes N [--seed S]`, or `--requests N`: exits with 1 when a request caused a failure. */
import { parseArgs } from "node:util";
import { readAllRoutes } from "./all_routes.ts";
import { describeFailure } from "./failure.ts";
import { DEV_ROUTES } from "./public_routes.ts";
import { type FuzzReport, runFuzz } from "./run.ts";
import { startTarget } from "./target.ts";

const DEFAULT_MINUTES = 1;
/** The share of a run that is sent to `dev`, whose pages `start` does not have. */
const DEV_SHARE = 0.05;

/** Prints a report, and makes this process exit with 1 when it has failures. */
function print(
  command: string,
  { failures, memoryMb, neverAccepted, requests, statuses }: FuzzReport,
): void {
  console.log(`${command}: ${requests} requests: ${JSON.stringify(statuses)}`);
  if (memoryMb !== undefined) {
    console.log(`resident memory: ${memoryMb.before} MB before, ${memoryMb.after} MB after`);
  }
  if (neverAccepted.length > 0) {
    console.log(`routes without an accepted request: ${neverAccepted.join(", ")}`);
  }
  for (const failure of failures) console.log(`\nFAILED: ${describeFailure(failure)}`);
  if (failures.length > 0) Deno.exitCode = 1;
}

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    requests: { type: "string" },
    seed: { type: "string" },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const requests = values.requests === undefined ? undefined : Number(values.requests);
const minutes = Number(values.minutes ?? DEFAULT_MINUTES);
if (![seed, minutes, requests ?? 1].every((number) => Number.isFinite(number) && number >= 0)) {
  console.error("usage: deno task fuzz [--minutes N | --requests N] [--seed S]");
  Deno.exit(2);
}

console.log(`seed ${seed}`);
for (const command of ["start", "dev"] as const) {
  const share = command === "start" ? 1 - DEV_SHARE : DEV_SHARE;
  await using target = await startTarget(command);
  const report = await runFuzz(target, {
    seed,
    routes: command === "start" ? await readAllRoutes(target) : DEV_ROUTES,
    ...(requests === undefined
      ? { until: performance.now() + minutes * share * 60_000 }
      : { requests: Math.round(requests * share) }),
  });
  print(command, report);
}
if (Deno.exitCode !== 0) console.log(`\nfailed; repeat with --seed ${seed}`);
