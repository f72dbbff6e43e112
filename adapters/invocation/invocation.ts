/**
 * An invocation of a serverless platform: one request with its tail, one cron event, one batch of queue messages, one
 * event of an object. It may not wait for what another one does: the platform ends an invocation without running what
 * would settle its promises.
 */
import { AsyncLocalStorage } from "node:async_hooks";

/** One invocation, by identity. */
export interface Invocation {
  /** What the platform ran: `fetch`, `scheduled`, … */
  readonly kind: string;
}

const invocations = new AsyncLocalStorage<Invocation>();

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
