/**
 * An invocation of a serverless platform: one request with its tail, one cron event, one batch of queue messages, one
 * event of an object. It may not wait for what another one does: the platform ends an invocation without running what
 * would settle its promises. It may make few calls, for a limited time.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { WorkBudget } from "../../domain/ports/invocation.ts";
import { type CallPurpose, CallsUsedUp, createCallQueue } from "./call_queue.ts";
import type { InvocationLimits } from "./plans.ts";

/** Whether an invocation answers a request, or handles an event that nothing waits for. */
export type InvocationKind = "request" | "event";

/** One invocation. {@link runInvocation} runs its work. */
export interface Invocation {
  /** Begins the tail of a request, the work after its answer: call it when the answer is about to be returned. */
  beginTail(): void;
  /** How many calls have begun. */
  readonly calls: number;
}

/** What an invocation has left. */
interface State {
  readonly queue: ReturnType<typeof createCallQueue>;
  /** How many calls may be under way. */
  readonly connections: number;
  /** When the platform ends the invocation, by `performance.now()`; `Infinity` before a request is answered. */
  endsAt: number;
  /** For how many more messages its CPU time suffices. */
  messagesLeft: number;
  /** Gets how many calls have begun when the platform refuses one. */
  readonly onRefused: (calls: number) => void;
}

/**
 * The CPU time of one message on Workers, from its claim to its settlement, in milliseconds: about twice what was
 * measured (docs/performance.md).
 */
export const CPU_MS_A_MESSAGE = 2;

const states = new WeakMap<Invocation, State>();
const invocations = new AsyncLocalStorage<Invocation>();
const settlements = new AsyncLocalStorage<true>();

function currentState(): State | undefined {
  const invocation = invocations.getStore();
  return invocation === undefined ? undefined : states.get(invocation);
}

/**
 * Creates an invocation that begins now.
 *
 * @param kind `request`: its time (`tailMs`) runs from the begin of its tail. `event`: its time (`eventMs`) runs at once
 * @param onRefused gets how many calls the invocation has begun when the platform refuses one
 */
export function createInvocation(
  kind: InvocationKind,
  limits: InvocationLimits,
  onRefused: (calls: number) => void = () => {},
): Invocation {
  const queue = createCallQueue(limits);
  const state: State = {
    queue,
    connections: limits.connections,
    endsAt: kind === "request" ? Infinity : performance.now() + limits.eventMs,
    messagesLeft: Math.max(1, Math.floor(limits.cpuMs / CPU_MS_A_MESSAGE)),
    onRefused,
  };
  const invocation: Invocation = {
    beginTail() {
      state.endsAt = performance.now() + limits.tailMs;
    },
    get calls() {
      return queue.made;
    },
  };
  states.set(invocation, state);
  return invocation;
}

/** Runs the work of an invocation, the work that goes on after its answer included. */
export function runInvocation<T>(invocation: Invocation, work: () => T): T {
  return invocations.run(invocation, work);
}

/**
 * Makes a function that returns a value of the invocation that calls it: `create` makes one for each invocation, at the
 * first call. Calls outside of every invocation, as in a process that serves by itself, share one value.
 */
export function perInvocation<T>(create: () => T): () => T {
  const values = new WeakMap<Invocation, { readonly value: T }>();
  let ofProcess: { readonly value: T } | undefined;
  return () => {
    const invocation = invocations.getStore();
    if (invocation === undefined) return (ofProcess ??= { value: create() }).value;
    const existing = values.get(invocation) ?? { value: create() };
    values.set(invocation, existing);
    return existing.value;
  };
}

/**
 * Waits until the invocation that calls may make another call (see `CallQueue`); outside of one it does not wait.
 *
 * @returns a function to call when the call has ended
 * @throws CallsUsedUp when no further call may be made; the signal's reason when it is aborted before the call begins
 */
export async function enterCall(
  purpose: Exclude<CallPurpose, "settlement">,
  signal?: AbortSignal,
): Promise<() => void> {
  const { queue } = currentState() ?? {};
  if (queue === undefined) return () => {};
  const isSettlement = purpose === "database" && settlements.getStore() === true;
  return await queue.enter(isSettlement ? "settlement" : purpose, signal);
}

/**
 * Makes a call that the platform may refuse because the invocation has made as many as it may: a `fetch`, or a call of a
 * binding.
 *
 * @throws CallsUsedUp when it is refused: it was not made, and no further call of the invocation begins
 */
export async function withPlatformLimit<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const { queue, onRefused } = currentState() ?? {};
    if (queue === undefined || !isCallLimit(error)) throw error;
    onRefused?.(queue.begun);
    queue.useUp();
    throw new CallsUsedUp();
  }
}

/**
 * Makes a call of a binding of a Worker as one of the calls that the invocation may make.
 *
 * @throws CallsUsedUp when it may make no more, or the platform refuses it: it was not made
 */
export async function callBinding<T>(call: () => Promise<T>): Promise<T> {
  const leave = await enterCall("other");
  try {
    return await withPlatformLimit(call);
  } finally {
    leave();
  }
}

/**
 * "Too many subrequests.", "Too many subrequests by single Worker invocation. …" of `fetch`, and "Too many API requests by
 * single Worker invocation." of bindings.
 */
function isCallLimit(error: unknown): boolean {
  return error instanceof Error &&
    /\btoo many (?:subrequests|api requests by single worker invocation)\b/i.test(error.message);
}

/**
 * Runs work that records results of attempts: its calls of the database are settlements, which may use the calls that an
 * invocation keeps for them (`SETTLEMENT_CALLS`).
 */
export function runSettlement<T>(work: () => T): T {
  return settlements.run(true, work);
}

/** The budget of the invocation that calls these functions; outside of an invocation nothing is limited. */
export const workBudget: WorkBudget = {
  leftMs: () => (currentState()?.endsAt ?? Infinity) - performance.now(),
  callsLeft: () => currentState()?.queue.left() ?? Infinity,
  callsAtOnce: () => currentState()?.connections ?? Infinity,
  messagesLeft: () => currentState()?.messagesLeft ?? Infinity,
  countMessages(count) {
    const state = currentState();
    if (state !== undefined) state.messagesLeft -= count;
  },
};
