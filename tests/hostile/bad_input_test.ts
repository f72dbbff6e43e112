/** Bad input over real sockets to a real process: each case has its expected end, and nothing else may suffer. */
import assert from "node:assert/strict";
import { startTarget, type Target } from "../fuzz/target.ts";
import { bestStall, MAX_STALL_MS, readTroubleOf, residentBytes } from "../support/probe.ts";
import { waitFor } from "../support/process.ts";
import { exchange, type RawAnswer } from "../support/raw_http.ts";
import { type Expectation, WIRE_CASES } from "./wire_cases.ts";

const MEGABYTE = 1024 * 1024;
/** The growth of resident memory that the suite may leave. */
const MAX_GROWTH_BYTES = 100 * MEGABYTE;

function isExpected({ status, end }: RawAnswer, { statuses, mayClose }: Expectation): boolean {
  if (status === undefined) return mayClose && end === "closed";
  return statuses.includes(status);
}

/** Runs the checks that hold after every case: the process lives, answers, and reports no trouble. */
async function withTarget(run: (target: Target) => Promise<void>): Promise<void> {
  await using target = await startTarget();
  const { pid } = target.process;
  const readTrouble = readTroubleOf(target.process);
  readTrouble();
  const before = residentBytes(pid);
  await run(target);
  assert.deepEqual(readTrouble(), []);
  if (before !== undefined) {
    await waitFor(
      "memory to come back",
      () => (residentBytes(pid) ?? 0) < before + MAX_GROWTH_BYTES,
    );
  }
  assert.equal((await target.process.kill("SIGTERM")).code, 0);
}

Deno.test("the listener: ends each case of bad HTTP as expected, and serves on", async () => {
  await withTarget(async ({ port }) => {
    const unexpected: string[] = [];
    for (const { name, steps, expect } of WIRE_CASES) {
      let answer: RawAnswer | undefined;
      const ms = await bestStall(port, async () => answer = await exchange(steps, { port }));
      if (ms > MAX_STALL_MS) unexpected.push(`${name}: /healthz took ${Math.round(ms)} ms`);
      if (expect !== undefined && (answer === undefined || !isExpected(answer, expect))) {
        unexpected.push(`${name}: ${answer?.status ?? answer?.end}`);
      }
    }
    assert.deepEqual(unexpected, []);
  });
});
