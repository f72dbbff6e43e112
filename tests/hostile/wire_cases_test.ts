/** Bad input over real sockets to a real process: each case has its expected end, and nothing else may suffer. */
import assert from "node:assert/strict";
import { bestStall, MAX_STALL_MS } from "../support/probe.ts";
import { exchange, type RawAnswer } from "../support/raw_http.ts";
import { type Expectation, WIRE_CASES } from "./wire_cases.ts";
import { withTarget } from "./with_target.ts";

function isExpected({ status, end }: RawAnswer, { statuses, mayClose }: Expectation): boolean {
  if (status === undefined) return mayClose && end === "closed";
  return statuses.includes(status);
}

Deno.test("the listener: ends each case of bad HTTP as expected, and serves on", async () => {
  await withTarget(async (target) => {
    const { port } = target;
    const unexpected: string[] = [];
    for (const { name, steps, expect } of WIRE_CASES) {
      let answer: RawAnswer | undefined;
      const ms = await bestStall(target, async () => answer = await exchange(steps, { port }));
      if (ms > MAX_STALL_MS) unexpected.push(`${name}: /healthz took ${Math.round(ms)} ms`);
      if (expect !== undefined && (answer === undefined || !isExpected(answer, expect))) {
        unexpected.push(`${name}: ${answer?.status ?? answer?.end}`);
      }
    }
    assert.deepEqual(unexpected, []);
  });
});
