/**
 * The benchmark. What is measured over HTTP runs against real processes; figures of one run on one machine compare.
 *
 *     deno task bench [--write] [--against FOLDER]   under five minutes
 *     deno task bench --long [--write]               what needs a million rows or minutes of load: under an hour
 *     deno task bench --long --part=NAME             one part of it, such as `pages`; may be repeated
 *     deno task bench --short [--write]              what CI runs: ratios beside the recorded ones
 *     deno task bench --inboxes [--seconds=N] [--write]   open inboxes without news, for an hour
 *
 * `--write` puts the figures into docs/performance.md and its plots, and records the ratios of `--short`; with `--part` it
 * writes the part `pages` only, which has tables of its own. `--against` names a checkout of another version, which is
 * measured beside this one.
 */
import { parseArgs } from "node:util";
import { benchHttp } from "./http_bench.ts";
import { benchLong, checkParts } from "./long_bench.ts";
import { measureIdleInboxes } from "./long/idle_inboxes.ts";
import { benchInProcess } from "./parts.ts";
import { idleInboxes } from "./report/idle_report.ts";
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
    inboxes: { type: "boolean", default: false },
    seconds: { type: "string", default: "3600" },
  },
});

/** @returns whether CI passes; always `true` without `--short` */
async function run(
  { short, long, part, write, against, inboxes, seconds }: typeof options,
): Promise<boolean> {
  if (inboxes) {
    const section = idleInboxes(await measureIdleInboxes(Number(seconds)));
    console.log(`\n${section.text}`);
    if (write) await writeReport([{ sections: [section], plots: [] }]);
    return true;
  }
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
