/** The limits of an invocation by the plan of Cloudflare Workers. */

/** The plans of Cloudflare Workers. */
export const WORKERS_PLANS = ["free", "paid"] as const;
/** A plan of Cloudflare Workers. */
export type WorkersPlan = typeof WORKERS_PLANS[number];

/** The plan of a deployment that names none. */
export const DEFAULT_WORKERS_PLAN: WorkersPlan = "paid";

/** What one invocation may do. Times are in milliseconds. */
export interface InvocationLimits {
  /** Max calls under way; further calls wait. */
  readonly connections: number;
  /** Max calls in all (subrequests). */
  readonly calls: number;
  /** CPU time. */
  readonly cpuMs: number;
  /** From the answer to a request until what still runs is ended (`waitUntil`). */
  readonly tailMs: number;
  /** From the begin of a cron event, a batch of queue messages or an alarm until it is ended. */
  readonly eventMs: number;
}

const MINUTE_MS = 60_000;

/**
 * The limits of each plan (developers.cloudflare.com/workers/platform/limits). A cron that runs more often than hourly
 * has the CPU time of a request.
 */
export const PLAN_LIMITS: Readonly<Record<WorkersPlan, InvocationLimits>> = {
  free: { connections: 6, calls: 50, cpuMs: 10, tailMs: 30_000, eventMs: 15 * MINUTE_MS },
  paid: { connections: 6, calls: 10_000, cpuMs: 30_000, tailMs: 30_000, eventMs: 15 * MINUTE_MS },
};

/**
 * Returns the limits of an invocation under the plan that the variable `WORKERS_PLAN` names, and those of the default plan
 * for any other value: an invocation has limits before the configuration is read, which refuses the value.
 */
export function toInvocationLimits(value: unknown): InvocationLimits {
  const plan = WORKERS_PLANS.find((known) => known === value) ?? DEFAULT_WORKERS_PLAN;
  return PLAN_LIMITS[plan];
}
