/**
 * The benchmark. What is measured over HTTP runs against real processes; figures of one run on one machine compare.
 *
 *     deno task bench [--write] [--against FOLDER]   under five minutes
 *     deno task bench --long [--write]               what needs a million rows or minutes of load: under an hour
 *     deno task bench --long --part=NAME             one part of it, such as `pages`; may be repeated
 *     deno task bench --short [--write]              what CI runs: ratios beside the recorded ones
 *
 * `--write` puts the figures into docs/performance.md and its plots, and records the ratios of `--short`; with `--part` it
 * writes the part `pages` only, which has tables of its own. `--against` names a checkout of another version, which is
 * measured beside this one.
 */
import { parseArgs } from "node:util";
import { benchHttp } from "./http_bench.ts";
import { benchLong, checkParts } from "./long_bench.ts";
import { benchInProcess } from "./parts.ts";
import { writeReport } from "./report/sections.ts";
import { checkRatios, recordRatios } from "./short_bench.ts";

const { values: options } = parseArgs({
  args: Deno.args,
  options: {
    short: { type: "boolean", default: false },
    long: { type: "boolean", default: false },
    part: { type: "string", multiple: true, default: [] },
    write: { type: "boolean", default: false },
    against: { type: "string" },
  },
});

/** @returns whether CI passes; always `true` without `--short` */
async function run({ short, long, part, write, against }: typeof options): Promise<boolean> {
  if (short && !write) return await checkRatios();
  if (!short) {
    const reports = long
      ? [await benchLong(part)]
      : [await benchHttp(against), await benchInProcess()];
    if (write) await writeReport(reports);
  }
  if (write && !long) await recordRatios();
  return true;
}

const fault = checkParts(options);
if (fault !== undefined) {
  console.error(fault);
  Deno.exit(2);
}
const startedAt = performance.now();
const passes = await run(options);
console.log(`\n${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
Deno.exit(passes ? 0 : 1);
