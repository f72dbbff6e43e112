import assert from "node:assert/strict";
import {
  createInvocation,
  enterCall,
  runInvocation,
} from "../../../adapters/invocation/invocation.ts";
import { PLAN_LIMITS } from "../../../adapters/invocation/plans.ts";
import type { LogEntry } from "../../../domain/ports/log.ts";
import {
  createPlatformCalls,
  LEAST_CALLS,
  LOWERED_MS,
} from "../../../runtime/worker/platform_calls.ts";

Deno.test("createPlatformCalls: later invocations make fewer calls than the platform has refused, and the log says so once", async () => {
  const logged: LogEntry[] = [];
  const refuse = () =>
    Promise.reject(new Error("Too many subrequests by single Worker invocation."));
  let now = 0;
  const platform = createPlatformCalls(refuse, (entry) => void logged.push(entry), () => now);
  assert.deepEqual(platform.limitsOf("paid"), PLAN_LIMITS.paid);
  /** An invocation whose last call is refused. */
  const refuseAfter = (calls: number) =>
    runInvocation(createInvocation("event", PLAN_LIMITS.paid), async () => {
      for (let made = 0; made < calls; made++) (await enterCall("other"))();
      await assert.rejects(platform.fetch("https://provider.example"));
    });
  await refuseAfter(51);
  const { connections } = PLAN_LIMITS.paid;
  assert.deepEqual(platform.limitsOf("paid"), { ...PLAN_LIMITS.paid, calls: 51 - connections });
  await refuseAfter(60);
  assert.equal(platform.limitsOf("free").calls, 51 - connections);
  assert.deepEqual(logged.map(({ event, calls }) => [event, calls]), [["subrequests-refused", 51]]);
  await refuseAfter(LEAST_CALLS + connections);
  assert.equal(platform.limitsOf("paid").calls, LEAST_CALLS);
  now = LOWERED_MS - 1;
  assert.equal(platform.limitsOf("paid").calls, LEAST_CALLS);
  now = LOWERED_MS;
  assert.deepEqual(platform.limitsOf("paid"), PLAN_LIMITS.paid);
  logged.length = 0;
  await refuseAfter(LEAST_CALLS + connections - 1);
  assert.deepEqual(platform.limitsOf("paid"), PLAN_LIMITS.paid, "no plan has so few");
  assert.equal(logged.length, 1);
});
