/** The calls of a Worker's invocations: how many the platform lets one make. */
import { SETTLEMENT_CALLS } from "../../adapters/invocation/call_queue.ts";
import { withPlatformLimit } from "../../adapters/invocation/invocation.ts";
import { type InvocationLimits, toInvocationLimits } from "../../adapters/invocation/plans.ts";
import type { Log } from "../../domain/ports/log.ts";

/** How few calls an invocation is taken to have, whatever the platform has refused: some of them send. */
export const LEAST_CALLS = 2 * SETTLEMENT_CALLS;

/** What the invocations of one isolate may do. */
export interface PlatformCalls {
  /** The limits of an invocation, by the variable `WORKERS_PLAN` and by what the platform has refused. */
  limitsOf(plan: unknown): InvocationLimits;
  /** `fetch`, whose calls the platform may refuse. */
  readonly fetch: typeof fetch;
}

/**
 * Creates the calls of an isolate. Where the platform lets an invocation make fewer calls than the plan says, because
 * another plan or a lower limit is in effect, later invocations make fewer, and the log says so.
 */
export function createPlatformCalls(send: typeof fetch, log: Log): PlatformCalls {
  let most = Infinity;
  return {
    limitsOf(plan) {
      const limits = toInvocationLimits(plan);
      return { ...limits, calls: Math.min(limits.calls, most) };
    },
    fetch: withPlatformLimit(send, (calls) => {
      // Several calls may be refused at once; those that were under way were counted too.
      const lowered = Math.max(LEAST_CALLS, calls - toInvocationLimits(undefined).connections);
      if (lowered >= most) return;
      most = lowered;
      log({
        event: "subrequests-refused",
        calls,
        meaning: "the platform lets an invocation make fewer calls than WORKERS_PLAN says",
      });
    }),
  };
}
