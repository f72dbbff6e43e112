/** The largest requests that single routes let in: each has its answer, and `/healthz` answers meanwhile. */
import assert from "node:assert/strict";
import { toSteps } from "../fuzz/request.ts";
import { bestStall, MAX_STALL_MS } from "../support/probe.ts";
import { exchange } from "../support/raw_http.ts";
import { SIZE_CASES } from "./size_cases.ts";
import { withTarget } from "./with_target.ts";

/** The longest wait for the answer to a large request; a busy machine is slow. */
const TIMEOUT_MS = 120_000;

Deno.test("the largest requests of each schema: have their answers, and leave /healthz its time", async () => {
  await withTarget(async (target) => {
    const { port } = target;
    const faults: string[] = [];
    for (const { name, make, statuses } of SIZE_CASES) {
      const seen = new Set<number | string>();
      const ms = await bestStall(target, async () => {
        // Made for each attempt: a request token is valid for 30 s.
        const steps = toSteps(await make(target));
        const { status, end } = await exchange(steps, { port, timeoutMs: TIMEOUT_MS });
        seen.add(status ?? end);
      });
      const unexpected = [...seen].filter((status) => !statuses.some((known) => known === status));
      if (unexpected.length > 0) faults.push(`${name}: ${unexpected.join(", ")}`);
      if (ms > MAX_STALL_MS) faults.push(`${name}: /healthz took ${Math.round(ms)} ms`);
    }
    assert.deepEqual(faults, []);
  });
});
