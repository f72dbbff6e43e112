/** The parts of the work, measured in this process. */
import { benchDispatch } from "./dispatch_bench.ts";
import { benchGrowth } from "./growth_bench.ts";
import type { Parts } from "./measure.ts";
import { benchParts } from "./parts_bench.ts";
import { benchRendering } from "./rendering_bench.ts";
import type { Report } from "./report/sections.ts";
import { formatNumber, formatTable } from "./report/table.ts";

/** Measures and prints. */
export async function benchInProcess(): Promise<Report> {
  const folder = await Deno.makeTempDir({ prefix: "hark-bench-" });
  try {
    const tables: string[] = [];
    for (const bench of [benchParts, benchDispatch, benchRendering]) {
      for (const parts of await bench(folder)) {
        const table = formatParts(parts);
        console.log(`\n${table}`);
        tables.push(table);
      }
    }
    benchGrowth();
    return { sections: [{ name: "parts", text: tables.join("\n\n") }], plots: [] };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function formatParts({ title, costs }: Parts): string {
  const base = costs[0];
  return formatTable(
    [title, "CPU µs", "ratio", "wall µs", "ratio"],
    costs.map(({ name, cpuUs, wallUs }) => [
      name,
      formatNumber(cpuUs),
      formatNumber(cpuUs / (base?.cpuUs ?? NaN)),
      formatNumber(wallUs),
      formatNumber(wallUs / (base?.wallUs ?? NaN)),
    ]),
  );
}
