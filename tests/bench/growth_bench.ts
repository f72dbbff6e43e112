import { ALL_GROWTH } from "../growth/all_growth.ts";
import { GROWTH, type GrowthCase } from "../growth/growth_case.ts";

/** Below this the clock and the garbage collector decide the ratio. */
const FLOOR_MS = 60;
/** Quadratic work grows by 64. */
const MAX_RATIO = 32;
/** A case fails only if each of these measurements is above {@link MAX_RATIO}. */
const MEASUREMENTS = 3;
const RUNS = 3;
const PRINTED = 8;

interface Growth {
  readonly name: string;
  readonly smallMs: number;
  readonly largeMs: number;
}

/**
 * Times each growth case at one size and at eight times that size. The tests count the steps of the same cases; the
 * clock adds the work inside built-in functions, such as regular expressions.
 *
 * @throws Error when the time of a case does not grow linearly
 */
export function benchGrowth(): void {
  const growths = ALL_GROWTH.map(measureGrowth);
  const ratioOf = ({ smallMs, largeMs }: Growth) => largeMs / smallMs;
  const slowest = growths.toSorted((a, b) => b.largeMs - a.largeMs).slice(0, PRINTED);
  console.log(
    `\nGrowth: ${ALL_GROWTH.length} inputs, each ${GROWTH} times as large; the slowest`,
  );
  for (const growth of slowest) {
    const { name, smallMs, largeMs } = growth;
    console.log(
      `  ${smallMs.toFixed(1).padStart(8)} ms ${largeMs.toFixed(1).padStart(8)} ms ` +
        `${ratioOf(growth).toFixed(1).padStart(6)}   ${name}`,
    );
  }
  const failed = growths.filter((growth) => !isLinear(growth));
  if (failed.length > 0) {
    throw new Error(`time does not grow linearly: ${JSON.stringify(failed)}`);
  }
}

function measureGrowth(growthCase: GrowthCase): Growth {
  const { symbol, grows, size } = growthCase;
  const measureOnce = () => ({
    name: `${symbol}: ${grows}`,
    smallMs: timeOf(growthCase, size),
    largeMs: timeOf(growthCase, size * GROWTH),
  });
  timeOf(growthCase, size / 2);
  let growth = measureOnce();
  for (let retry = 1; retry < MEASUREMENTS && !isLinear(growth); retry++) growth = measureOnce();
  return growth;
}

function isLinear({ smallMs, largeMs }: Growth): boolean {
  return largeMs < FLOOR_MS || largeMs < smallMs * MAX_RATIO;
}

/** The shortest of several runs, since other work on the machine only adds time. */
function timeOf({ prepare }: GrowthCase, size: number): number {
  const run = prepare(size);
  return Math.min(...Array.from({ length: RUNS }, () => {
    const startedAt = performance.now();
    run();
    return performance.now() - startedAt;
  }));
}
