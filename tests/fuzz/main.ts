/** `deno task fuzz --minutes N [--seed S]`, or `--requests N`: exits with 1 when a request caused a failure. */
import { parseArgs } from "node:util";
import { readAllRoutes } from "./all_routes.ts";
import { describeFailure } from "./failure.ts";
import { runFuzz } from "./run.ts";
import { startTarget } from "./target.ts";

const DEFAULT_MINUTES = 1;

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
await using target = await startTarget();
const report = await runFuzz(target, {
  seed,
  routes: await readAllRoutes(target),
  ...(requests === undefined ? { until: performance.now() + minutes * 60_000 } : { requests }),
});
const { failures, memoryMb, neverAccepted, statuses } = report;
console.log(`${report.requests} requests: ${JSON.stringify(statuses)}`);
if (memoryMb !== undefined) {
  console.log(`resident memory: ${memoryMb.before} MB before, ${memoryMb.after} MB after`);
}
if (neverAccepted.length > 0) {
  console.log(`routes without an accepted request: ${neverAccepted.join(", ")}`);
}
for (const failure of failures) console.log(`\nFAILED: ${describeFailure(failure)}`);
if (failures.length > 0) {
  console.log(`\n${failures.length} failed; repeat with --seed ${seed}`);
  Deno.exitCode = 1;
}
