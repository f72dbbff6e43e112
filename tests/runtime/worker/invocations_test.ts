import assert from "node:assert/strict";
import { CallsUsedUp, SETTLEMENT_CALLS } from "../../../adapters/invocation/call_queue.ts";
import {
  enterCall,
  runInvocation,
  withPlatformLimit,
  workBudget,
} from "../../../adapters/invocation/invocation.ts";
import { PLAN_LIMITS, type WorkersPlan } from "../../../adapters/invocation/plans.ts";
import type { LogEntry } from "../../../domain/ports/log.ts";
import { createInvocations, LEAST_CALLS, LOWERED_MS } from "../../../runtime/worker/invocations.ts";

Deno.test("createInvocations: later invocations make fewer calls than the platform has refused, and the log says so once", async () => {
  const logged: LogEntry[] = [];
  const refuse = () =>
    Promise.reject(new Error("Too many subrequests by single Worker invocation."));
  let now = 0;
  const newInvocation = createInvocations((entry) => void logged.push(entry), () => now);
  /** Begins an invocation. @returns a function that makes so many calls in it, and one more that is refused */
  function begin() {
    const invocation = newInvocation("event", "paid");
    return (calls: number) =>
      runInvocation(invocation, async () => {
        for (let made = 0; made < calls; made++) (await enterCall("other"))();
        await assert.rejects(withPlatformLimit(refuse), CallsUsedUp);
      });
  }
  /** How many calls a new invocation may make. */
  const callsOf = (plan: WorkersPlan) =>
    runInvocation(newInvocation("event", plan), () => workBudget.callsLeft() + SETTLEMENT_CALLS);
  const { connections, calls } = PLAN_LIMITS.paid;
  assert.equal(callsOf("paid"), calls);
  // They begin before the limit is lowered.
  const [refuseFirst, refuseLater, refuseSoon, refuseAtOnce] = [begin(), begin(), begin(), begin()];
  await refuseFirst(51);
  assert.equal(callsOf("paid"), 51 - connections);
  await refuseLater(60);
  assert.equal(callsOf("free"), 51 - connections);
  assert.deepEqual(logged.map(({ event, calls }) => [event, calls]), [["subrequests-refused", 51]]);
  await refuseSoon(LEAST_CALLS + connections);
  assert.equal(callsOf("paid"), LEAST_CALLS);
  now = LOWERED_MS - 1;
  assert.equal(callsOf("paid"), LEAST_CALLS);
  now = LOWERED_MS;
  assert.equal(callsOf("paid"), calls);
  logged.length = 0;
  await refuseAtOnce(LEAST_CALLS + connections - 1);
  assert.equal(callsOf("paid"), calls, "no plan has so few");
  assert.equal(logged.length, 1);
});
