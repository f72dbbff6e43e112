import type { Cost } from "./measure.ts";

const NAME_WIDTH = 62;

/** Prints costs, each with its ratio to the first. */
export function printCosts(title: string, costs: readonly Cost[]): void {
  console.log(`\n${title.padEnd(NAME_WIDTH)} CPU µs   ratio   wall µs   ratio`);
  const base = costs[0];
  if (base === undefined) return;
  for (const { name, cpuUs, wallUs } of costs) {
    const columns = [
      cpuUs.toFixed(1).padStart(8),
      (cpuUs / base.cpuUs).toFixed(2).padStart(7),
      wallUs.toFixed(1).padStart(9),
      (wallUs / base.wallUs).toFixed(2).padStart(7),
    ];
    console.log(`  ${name.padEnd(NAME_WIDTH - 3)} ${columns.join(" ")}`);
  }
}
