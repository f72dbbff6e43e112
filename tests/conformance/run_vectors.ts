import { z } from "zod";
import { findDeviation } from "./known_deviations.ts";
import type { Ops } from "./ops.ts";

const vector = z.object({
  op: z.string(),
  input: z.record(z.string(), z.unknown()),
  expected: z.unknown(),
});

/** One case of a vector file. */
export type Vector = z.infer<typeof vector>;

/** A case that went wrong, and what came instead. */
export interface Failure extends Vector {
  readonly got: unknown;
}

/** How the cases of one operation went; `listed` ones failed as docs/conformance.md says. */
export interface Score {
  readonly passed: number;
  readonly listed: number;
  readonly total: number;
}

/** How the cases of some files went. */
export interface Outcome {
  /** By operation. */
  readonly scores: ReadonlyMap<string, Score>;
  /** Without the listed ones. */
  readonly failures: readonly Failure[];
}

/** Reads JSON lines; blank lines are ignored. */
export function readVectors(text: string): readonly Vector[] {
  return text.split("\n").filter((line) => line.trim() !== "").map((line) =>
    vector.parse(JSON.parse(line))
  );
}

/** Deep equality of JSON values; the order of keys does not count, and an absent key is not a null. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) {
    return false;
  }
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  const fields = new Map(Object.entries(right));
  return Object.entries(left).every(([key, value]) =>
    fields.has(key) && sameJson(value, fields.get(key))
  );
}

async function actual(ops: Ops, { op, input, expected }: Vector): Promise<unknown> {
  const run = ops[op];
  if (run === undefined) return { error: `no such operation: ${op}` };
  try {
    const got = await run(input, expected);
    // As it would go over the wire: no undefined fields.
    return got === undefined ? undefined : JSON.parse(JSON.stringify(got));
  } catch (error) {
    return { error: String(error) };
  }
}

/**
 * Runs the cases one after another. An unknown operation and an operation that throws are failures; a case of a known
 * deviation neither passes nor fails.
 */
export async function runVectors(ops: Ops, vectors: readonly Vector[]): Promise<Outcome> {
  const scores = new Map<string, { passed: number; listed: number; total: number }>();
  const failures: Failure[] = [];
  for (const vector of vectors) {
    const score = scores.get(vector.op) ?? { passed: 0, listed: 0, total: 0 };
    scores.set(vector.op, score);
    score.total++;
    const got = await actual(ops, vector);
    if (sameJson(got, vector.expected)) score.passed++;
    else if (findDeviation({ ...vector, got }) !== undefined) score.listed++;
    else failures.push({ ...vector, got });
  }
  return { scores, failures };
}
