/** The benchmark. All cases are measured in one run on one machine: only the ratios are meaningful. */
import { benchAccept } from "./accept_bench.ts";
import { benchDispatch } from "./dispatch_bench.ts";
import { benchDrain } from "./drain_bench.ts";
import { benchGrowth } from "./growth_bench.ts";
import { benchInbox } from "./inbox_bench.ts";
import { benchJobs } from "./jobs_bench.ts";
import { benchParts } from "./parts_bench.ts";
import { benchReads } from "./reads_bench.ts";
import { benchRendering } from "./rendering_bench.ts";

const startedAt = performance.now();
console.log(
  `Deno ${Deno.version.deno}, ${navigator.hardwareConcurrency} cores, libSQL on a file with ` +
    "synchronous=FULL.\nMedians of alternating rounds; microseconds an operation. " +
    "Machines differ: read the ratios.",
);
const folder = await Deno.makeTempDir({ prefix: "hark-bench-" });
try {
  await benchAccept(folder);
  await benchParts(folder);
  await benchDispatch(folder);
  await benchDrain(folder);
  await benchReads(folder);
  await benchRendering(folder);
  await benchInbox(folder);
  await benchJobs();
  benchGrowth();
} finally {
  await Deno.remove(folder, { recursive: true });
}
console.log(`\n${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
