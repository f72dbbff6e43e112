/** Bounds how long the database may keep a request waiting. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { WithinStoreBudget } from "../../../domain/ports/store_budget.ts";
import { StoreUnavailable } from "../../../domain/ports/store_unavailable.ts";
import { createCircuitBreaker, type ObservedCall } from "./circuit_breaker.ts";
import { timedOut } from "./unavailable.ts";

/** A call of the database, as the code that runs it sees it. */
export interface BoundedCall {
  /**
   * Whether its time is over, and its caller has got `StoreUnavailable`. A call that has not begun by then should not
   * begin.
   */
  readonly isOver: boolean;
}

/** A call whose caller waits however long it takes. */
export const UNBOUNDED: BoundedCall = { isOver: false };

/**
 * Bounds how long the calls of one database may keep a request waiting. A call that no request waits for has no bound
 * here.
 */
export interface CallBounds {
  /**
   * Runs the work of a request: its calls share one budget of time. Calls after the work has ended have no bound.
   */
  readonly withinRequest: WithinStoreBudget;
  /**
   * Runs a call, and returns its result. Within {@link withinRequest} it waits for what is left of the request's
   * budget, and uses it up; elsewhere it waits however long it takes.
   *
   * @throws StoreUnavailable when the time is over; the call itself may go on. Also at once, while the database does
   * not answer and another call tries whether it does again
   */
  foreground<T>(run: (call: BoundedCall) => Promise<T>): Promise<T>;
  /**
   * As {@link foreground}, for one of the many calls of a long request, such as the upload of a file. Each of them
   * may wait for a whole budget, and uses up nothing of the request's. One that has used up a whole budget leaves
   * nothing to later calls.
   */
  background<T>(run: (call: BoundedCall) => Promise<T>): Promise<T>;
  /**
   * Runs `run` for several calls that wait for the same work. What it calls of the database uses up no request's
   * budget, and is over only when all of `calls` are.
   */
  together<T>(calls: readonly BoundedCall[], run: () => T): T;
}

/** What the calls of one asynchronous context share. */
interface Scope {
  /** The milliseconds that are left of a request's budget; `undefined` where there is none. */
  leftMs: number | undefined;
  /** The calls that a shared call is made for. */
  readonly sharedBy: readonly BoundedCall[];
}

/**
 * Creates the bounds of the calls of one database in this process.
 *
 * @param budgetMs how long the calls of a request wait in total, in milliseconds
 * @param now a clock that never goes back, in milliseconds
 */
export function createCallBounds(
  budgetMs: number,
  now: () => number = () => performance.now(),
): CallBounds {
  const scopes = new AsyncLocalStorage<Scope>();
  const circuit = createCircuitBreaker(budgetMs, now);

  /** Runs a call that is not of a request, or that other calls share. */
  async function runUnbounded<T>(
    scope: Scope | undefined,
    run: (call: BoundedCall) => Promise<T>,
  ): Promise<T> {
    return await reportTo(circuit.observe(), run(callFor(scope?.sharedBy)));
  }

  async function runBounded<T>(
    scope: Scope,
    isForeground: boolean,
    run: (call: BoundedCall) => Promise<T>,
  ): Promise<T> {
    const { leftMs = budgetMs } = scope;
    if (leftMs <= 0) throw timedOut();
    const observed = circuit.begin();
    const startedAt = now();
    try {
      return await reportTo(observed, within(isForeground ? leftMs : budgetMs, run));
    } finally {
      const tookMs = now() - startedAt;
      // A request that one call has kept waiting for a whole budget has nothing left for another.
      const usedMs = isForeground ? tookMs : tookMs >= budgetMs ? leftMs : 0;
      if (scope.leftMs !== undefined) scope.leftMs -= usedMs;
    }
  }

  return {
    async withinRequest(work) {
      const scope: Scope = { leftMs: budgetMs, sharedBy: [] };
      try {
        return await scopes.run(scope, work);
      } finally {
        scope.leftMs = undefined;
      }
    },
    foreground(run) {
      const scope = scopes.getStore();
      return scope?.leftMs === undefined ? runUnbounded(scope, run) : runBounded(scope, true, run);
    },
    background(run) {
      const scope = scopes.getStore();
      return scope?.leftMs === undefined ? runUnbounded(scope, run) : runBounded(scope, false, run);
    },
    together: (calls, run) => scopes.run({ leftMs: undefined, sharedBy: calls }, run),
  };
}

/** Returns the call, and reports to the circuit breaker whether the database answered. */
async function reportTo<T>(observed: ObservedCall, call: Promise<T>): Promise<T> {
  try {
    const result = await call;
    observed.answered();
    return result;
  } catch (error) {
    const isAnswer = !(error instanceof StoreUnavailable) || error.code.startsWith("SQLITE_");
    if (isAnswer) observed.answered();
    else observed.unanswered();
    throw error;
  }
}

/** The call that is made for others; over when all of them are. */
function callFor(others: readonly BoundedCall[] = []): BoundedCall {
  if (others.length === 0) return UNBOUNDED;
  return {
    get isOver() {
      return others.every((call) => call.isOver);
    },
  };
}

/** Runs a call, and waits for it for a time. */
async function within<T>(ms: number, run: (call: BoundedCall) => Promise<T>): Promise<T> {
  const call = { isOver: false };
  const tooLate = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    call.isOver = true;
    tooLate.reject(timedOut());
  }, ms);
  try {
    return await Promise.race([run(call), tooLate.promise]);
  } finally {
    clearTimeout(timer);
  }
}
