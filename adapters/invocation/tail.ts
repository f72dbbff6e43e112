/** Work that an invocation of a serverless platform begins, and that no other work of it waits for. */
import { AsyncLocalStorage } from "node:async_hooks";

/** Lets an invocation go on until the work has ended. */
type WaitUntil = (work: Promise<unknown>) => void;

const tails = new AsyncLocalStorage<WaitUntil>();

/** Runs the work of an invocation, which the platform ends when the work that `waitUntil` was given has ended. */
export function runWithTail<T>(waitUntil: WaitUntil, work: () => T): T {
  return tails.run(waitUntil, work);
}

/** Lets the present invocation go on until the work has ended. A process that serves by itself goes on anyway. */
export function waitUntil(work: Promise<unknown>): void {
  tails.getStore()?.(work);
}
