/** The calls of a Worker's invocations: how many the platform lets one make. */
import { SETTLEMENT_CALLS } from "../../adapters/invocation/call_queue.ts";
import { A_CHUNK, CALLS_A_MESSAGE } from "../../application/work_budget.ts";
import { withPlatformLimit } from "../../adapters/invocation/invocation.ts";
import {
  DEFAULT_WORKERS_PLAN,
  type InvocationLimits,
  PLAN_LIMITS,
  toInvocationLimits,
} from "../../adapters/invocation/plans.ts";
import type { Log } from "../../domain/ports/log.ts";
import { HOUR_MS } from "../../domain/time/durations.ts";

/** The fewest calls that a refusal lowers the limit to: enough to accept a part of a list, or to send a message. */
export const LEAST_CALLS = SETTLEMENT_CALLS + A_CHUNK.calls + CALLS_A_MESSAGE;
/** How long a refusal lowers the limit, in milliseconds. */
export const LOWERED_MS = HOUR_MS;
/** How many of the calls that have begun when one is refused may be refused too. */
const REFUSED_TOGETHER = PLAN_LIMITS[DEFAULT_WORKERS_PLAN].connections;

/** What the invocations of one isolate may do. */
export interface PlatformCalls {
  /** The limits of an invocation, by the variable `WORKERS_PLAN` and by what the platform has refused. */
  limitsOf(plan: unknown): InvocationLimits;
  /** `fetch`, whose calls the platform may refuse. */
  readonly fetch: typeof fetch;
}

/**
 * Creates the calls of an isolate. Where the platform lets an invocation make fewer calls than the plan says, because
 * another plan or a lower limit is in effect, the invocations of the next {@link LOWERED_MS} make fewer, and the log says
 * so.
 *
 * @param now epoch milliseconds
 */
export function createPlatformCalls(
  send: typeof fetch,
  log: Log,
  now: () => number = Date.now,
): PlatformCalls {
  let lowered = { calls: Infinity, until: 0 };
  const most = () => now() < lowered.until ? lowered.calls : Infinity;
  return {
    limitsOf(plan) {
      const limits = toInvocationLimits(plan);
      return { ...limits, calls: Math.min(limits.calls, most()) };
    },
    fetch: withPlatformLimit(send, (begun) => {
      const calls = begun - REFUSED_TOGETHER;
      if (calls >= most()) return;
      // Fewer are no limit of a plan: the invocation has made calls that are not counted, or the platform has a fault.
      if (calls >= LEAST_CALLS) lowered = { calls, until: now() + LOWERED_MS };
      log({
        event: "subrequests-refused",
        calls: begun,
        meaning: "the platform lets an invocation make fewer calls than WORKERS_PLAN says",
      });
    }),
  };
}
