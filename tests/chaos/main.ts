/**
 * `deno task chaos [--minutes N] [--seed S] [--scenario NAME] [--short]`: runs every scenario, and repeats them with the
 * next seeds until N minutes are over. Writes `docs/crash_ledger.md`, unless a scenario is named. Exits with 1 when a run
 * breaks a promise.
 */
import { parseArgs } from "node:util";
import { formatLedger, type LedgerRun, problemsOf, writeLedger } from "./ledger.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

const MINUTE_MS = 60_000;

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    seed: { type: "string" },
    scenario: { type: "string" },
    short: { type: "boolean" },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const minutes = Number(values.minutes ?? 0);
const { short = false } = values;
const chosen = SCENARIOS.filter(({ name, inShort }) =>
  values.scenario === undefined ? inShort || !short : name === values.scenario
);
if (![seed, minutes].every((number) => Number.isFinite(number) && number >= 0)) {
  console.error(
    "usage: deno task chaos [--minutes N] [--seed S] [--scenario NAME] [--short]",
  );
  Deno.exit(2);
}
if (chosen.length === 0) {
  console.error(`no such scenario: ${SCENARIOS.map(({ name }) => name).join(", ")}`);
  Deno.exit(2);
}

async function run(scenario: Scenario, seed: number): Promise<LedgerRun> {
  const startedAt = performance.now();
  const result = await scenario.run({ seed, short }).catch((error) => ({
    error: error instanceof Error ? error.message : String(error),
  }));
  const ran = { scenario, seed, result };
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const text = "error" in result ? result.error : `${JSON.stringify(result.tally)} ${result.note}`;
  console.log(`${scenario.name} --seed ${seed}, ${seconds} s: ${text}`);
  for (const problem of problemsOf(ran)) console.log(`FAILED: ${problem}`);
  return ran;
}

console.log(`seed ${seed}`);
const until = performance.now() + minutes * MINUTE_MS;
const runs: LedgerRun[] = [];
for (let round = 0; round === 0 || performance.now() < until; round++) {
  for (const scenario of chosen) {
    if (round > 0 && performance.now() >= until) break;
    runs.push(await run(scenario, seed + round));
  }
}
const options = { short, date: new Date().toISOString().slice(0, 10) };
console.log(`\n${formatLedger(runs, options)}`);
if (values.scenario === undefined) await writeLedger(runs, options);
if (runs.some((ran) => problemsOf(ran).length > 0)) Deno.exitCode = 1;
