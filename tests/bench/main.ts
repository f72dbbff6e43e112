/**
 * The benchmark. What is measured over HTTP runs against real processes; figures of one run on one machine compare.
 *
 *     deno task bench [--write] [--against FOLDER]   under five minutes
 *     deno task bench --long [--write]               what needs a million rows or minutes of load: under an hour
 *     deno task bench --short                        what CI runs
 *
 * `--write` puts the figures into docs/performance.md and its plots. `--against` names a checkout of another version, which
 * is measured beside this one.
 */
import { parseArgs } from "node:util";
import { benchHttp } from "./http_bench.ts";
import { benchLong } from "./long_bench.ts";
import { benchInProcess } from "./parts.ts";
import { type Report, writeReport } from "./report/sections.ts";
import { checkRatios } from "./short_bench.ts";

const { values: options } = parseArgs({
  args: Deno.args,
  options: {
    short: { type: "boolean", default: false },
    long: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    against: { type: "string" },
  },
});

async function run(): Promise<readonly Report[]> {
  if (options.long) return [await benchLong()];
  return [await benchHttp(options.against), await benchInProcess()];
}

const startedAt = performance.now();
if (options.short) {
  const isFast = await checkRatios({ records: options.write });
  console.log(`${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  Deno.exit(isFast ? 0 : 1);
}
const reports = await run();
if (options.write) await writeReport(reports);
console.log(`\n${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
