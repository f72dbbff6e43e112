/** Work that an invocation of a serverless platform begins, and that nobody in it waits for. */
import { AsyncLocalStorage } from "node:async_hooks";

/** Lets an invocation go on until the work has ended. */
type WaitUntil = (work: Promise<unknown>) => void;

const tails = new AsyncLocalStorage<WaitUntil>();

/** Runs the work of an invocation, whose platform ends it unless it is told what to wait for. */
export function runWithTail<T>(waitUntil: WaitUntil, work: () => T): T {
  return tails.run(waitUntil, work);
}

/** Lets the present invocation go on until the work has ended. A process that serves by itself goes on anyway. */
export function waitUntil(work: Promise<unknown>): void {
  tails.getStore()?.(work);
}
