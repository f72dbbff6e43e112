import process from "node:process";
import { createRandom } from "../support/random.ts";

/** A case to measure. */
export interface Case {
  readonly name: string;
  /** The operations of one run. */
  readonly operations: number;
  /** Prepares a run, untimed, and returns it. */
  prepare(): Promise<() => Promise<void> | void>;
}

/** The cost of one operation of a case: medians over the rounds, in microseconds. */
export interface Cost {
  readonly name: string;
  /** CPU time of the whole process: every thread, with garbage collection. */
  readonly cpuUs: number;
  readonly wallUs: number;
}

/** A table of parts: their costs, each with its ratio to the first. */
export interface Parts {
  readonly title: string;
  readonly costs: readonly Cost[];
}

const WARM_UP_ROUNDS = 2;

/**
 * Runs all cases alternately in several rounds and takes the median of each, so that a slow period of the machine
 * affects all cases alike.
 *
 * @param rounds the measured rounds; two warm-up rounds precede them
 */
export async function measure(rounds: number, cases: readonly Case[]): Promise<readonly Cost[]> {
  const samples = cases.map(() => ({ cpu: [] as number[], wall: [] as number[] }));
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const [index, { operations, prepare }] of cases.entries()) {
      const run = await prepare();
      const cpuBefore = process.cpuUsage();
      const startedAt = performance.now();
      await run();
      const wall = (performance.now() - startedAt) * 1000;
      const { user, system } = process.cpuUsage(cpuBefore);
      if (round < 0) continue;
      samples[index]?.cpu.push((user + system) / operations);
      samples[index]?.wall.push(wall / operations);
    }
  }
  return cases.map(({ name }, index) => ({
    name,
    cpuUs: median(samples[index]?.cpu ?? []),
    wallUs: median(samples[index]?.wall ?? []),
  }));
}

/** A case of a quick synchronous function. */
export function callCase(name: string, operations: number, call: () => unknown): Case {
  return {
    name,
    operations,
    prepare: () =>
      Promise.resolve(() => {
        for (let i = 0; i < operations; i++) call();
      }),
  };
}

/** A case of an asynchronous function, called sequentially. */
export function awaitCase(name: string, operations: number, call: () => Promise<unknown>): Case {
  return {
    name,
    operations,
    prepare: () =>
      Promise.resolve(async () => {
        for (let i = 0; i < operations; i++) await call();
      }),
  };
}

/** Processes `items` with bounded concurrency. */
export async function inParallel<T>(
  items: readonly T[],
  workers: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  await Promise.all(Array.from({ length: workers }, async () => {
    for (const item of queue) await work(item);
  }));
}

/** The median. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

/** How far apart the medians of two values are that were measured in pairs. */
export interface MedianDifference {
  readonly medians: readonly [number, number];
  /** The first median less the second. */
  readonly difference: number;
  /** The standard error of the difference, by bootstrap over the pairs. */
  readonly standardError: number;
}

const RESAMPLES = 1_000;
const RESAMPLING_SEED = 1;

/** Returns the difference of the medians of pairs. The same pairs have the same result. */
export function medianDifference(pairs: readonly (readonly [number, number])[]): MedianDifference {
  const random = createRandom(RESAMPLING_SEED);
  const mediansOf = (some: typeof pairs) =>
    [median(some.map(([first]) => first)), median(some.map(([, second]) => second))] as const;
  const differences = Array.from({ length: RESAMPLES }, () => {
    const resample = pairs.flatMap(() => {
      const pair = pairs[Math.floor(random() * pairs.length)];
      return pair === undefined ? [] : [pair];
    });
    const [first, second] = mediansOf(resample);
    return first - second;
  });
  const mean = differences.reduce((sum, value) => sum + value, 0) / RESAMPLES;
  const squares = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const medians = mediansOf(pairs);
  return {
    medians,
    difference: medians[0] - medians[1],
    standardError: Math.sqrt(squares / (RESAMPLES - 1)),
  };
}
