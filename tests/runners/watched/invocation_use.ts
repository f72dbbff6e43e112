/** What the invocations of a Worker use, and the platform's limits. */
import type { WorkersPlan } from "../../../adapters/invocation/plans.ts";

/** The most that one invocation has used, each figure by itself. */
export interface InvocationUse {
  /** Calls that were open at once. A call is open until its answer has been read. */
  readonly connections: number;
  /** All calls, under the plan of the deployment. */
  readonly subrequests: Readonly<Partial<Record<WorkersPlan, number>>>;
  /** The heap of the isolate, in megabytes. */
  readonly heapMb: number;
}

/** The limits of developers.cloudflare.com/workers/platform/limits. Of an isolate's 128 MB, 100 are for the heap. */
const LIMITS = {
  connections: 6,
  subrequests: { free: 50, paid: 10_000 },
  heapMb: 100,
} as const;

/** Returns the largest of each figure of several uses. */
export function mostOf(uses: readonly InvocationUse[]): InvocationUse {
  const subrequests: Partial<Record<WorkersPlan, number>> = {};
  for (const plan of ["free", "paid"] as const) {
    const counts = uses.flatMap((use) => use.subrequests[plan] ?? []);
    if (counts.length > 0) subrequests[plan] = Math.max(...counts);
  }
  return {
    connections: Math.max(0, ...uses.map(({ connections }) => connections)),
    subrequests,
    heapMb: Math.max(0, ...uses.map(({ heapMb }) => heapMb)),
  };
}

/** Returns a line with the figures and their limits, and whether all are within them. */
export function checkUse(
  { connections, subrequests, heapMb }: InvocationUse,
): { readonly text: string; readonly isWithin: boolean } {
  const plans = [["paid", subrequests.paid], ["free", subrequests.free]] as const;
  const calls = plans.filter(([, count]) => count !== undefined);
  return {
    text: [
      "the most of an invocation",
      `connections ${connections} of ${LIMITS.connections}`,
      ...calls.map(([plan, count]) => `subrequests ${count} of ${LIMITS.subrequests[plan]}`),
      `heap ${heapMb.toFixed(1)} MB of ${LIMITS.heapMb}`,
    ].join(", "),
    isWithin: connections <= LIMITS.connections && heapMb <= LIMITS.heapMb &&
      calls.every(([plan, count = 0]) => count <= LIMITS.subrequests[plan]),
  };
}
