/** The invocations of a Worker: how many calls the platform lets one make. */
import { SETTLEMENT_CALLS } from "../../adapters/invocation/call_queue.ts";
import { A_CHUNK, CALLS_A_MESSAGE } from "../../application/work_budget.ts";
import {
  createInvocation,
  type Invocation,
  type InvocationKind,
} from "../../adapters/invocation/invocation.ts";
import {
  DEFAULT_WORKERS_PLAN,
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

/** Creates an invocation that begins now, with the limits of the plan, the value of the variable `WORKERS_PLAN`. */
type NewInvocation = (kind: InvocationKind, plan: unknown) => Invocation;

/**
 * Creates the function that creates the invocations of an isolate, also those of its objects. Where the platform lets an
 * invocation make fewer calls than the plan says, because another plan or a lower limit is in effect, the invocations of
 * the next {@link LOWERED_MS} make fewer, and the log says so.
 *
 * @param now epoch milliseconds
 */
export function createInvocations(log: Log, now: () => number = Date.now): NewInvocation {
  let lowered = { calls: Infinity, until: 0 };
  const most = () => now() < lowered.until ? lowered.calls : Infinity;
  function onRefused(begun: number): void {
    const calls = begun - REFUSED_TOGETHER;
    if (calls >= most()) return;
    // Fewer are no limit of a plan: the invocation has made calls that are not counted, or the platform has a fault.
    if (calls >= LEAST_CALLS) lowered = { calls, until: now() + LOWERED_MS };
    log({
      event: "subrequests-refused",
      calls: begun,
      meaning: "the platform lets an invocation make fewer calls than WORKERS_PLAN says",
    });
  }
  return (kind, plan) => {
    const limits = toInvocationLimits(plan);
    return createInvocation(
      kind,
      { ...limits, calls: Math.min(limits.calls, most()) },
      onRefused,
    );
  };
}
