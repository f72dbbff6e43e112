/** Counts the calls (subrequests) of each invocation of a Worker, and how many are open at once, inside workerd. */
import { AsyncLocalStorage } from "node:async_hooks";

/** The counts of an isolate. */
export interface Counts {
  /** The most that one invocation has done. */
  readonly most: { readonly connections: number; readonly calls: number };
  /** Messages of the work queue. The dead-letter queue acknowledges those whose retries are used up. */
  readonly queue: { readonly put: number; readonly acknowledged: number };
  /** How many promises given to `waitUntil` have not settled yet. */
  readonly tails: number;
}

/** The calls of an invocation: those that are open, and all. */
interface Invocation {
  open: number;
  calls: number;
}

type Method = (...args: readonly unknown[]) => Promise<unknown>;

const invocations = new AsyncLocalStorage<Invocation>();
/** The calls outside of any invocation, counted as those of one. */
const others: Invocation = { open: 0, calls: 0 };
const most = { connections: 0, calls: 0 };
const queue = { put: 0, acknowledged: 0 };
let tails = 0;

/** Returns what was counted so far. */
export const readCounts = (): Counts => ({ most, queue, tails });

/** Runs the work of an invocation: a request, a cron, a batch of messages, an event of an object. */
export function watchInvocation<T>(work: () => T): T {
  return invocations.run({ open: 0, calls: 0 }, work);
}

/** Counts messages that were put into the queue. */
export function countPut(messages: number): void {
  queue.put += messages;
}

/** Counts a message that was acknowledged. */
export function countAcknowledged(): void {
  queue.acknowledged++;
}

/** Counts work that goes on after an answer (`waitUntil`) until it has ended. */
export function watchTail(work: Promise<unknown>): Promise<unknown> {
  tails++;
  return work.finally(() => tails--);
}

/** Makes a call of the invocation, and counts it as open until its answer has been read. */
export async function countCall<T>(make: () => Promise<T>): Promise<T> {
  const invocation = invocations.getStore() ?? others;
  most.calls = Math.max(most.calls, ++invocation.calls);
  most.connections = Math.max(most.connections, ++invocation.open);
  let isOpen = true;
  const end = () => {
    if (isOpen) invocation.open--;
    isOpen = false;
  };
  try {
    const answer = await make();
    if (!endsWhenRead(answer, end)) end();
    return answer;
  } catch (error) {
    end();
    throw error;
  }
}

/** Calls `end` when the body of an answer has been read. @returns whether it has a body */
function endsWhenRead(answer: unknown, end: () => void): boolean {
  if (typeof answer !== "object" || answer === null) return false;
  const body: unknown = Reflect.get(answer, "body");
  if (!(body instanceof ReadableStream)) return false;
  for (const name of ["arrayBuffer", "blob", "bytes", "json", "text"]) endAfter(answer, name, end);
  endAfter(body, "cancel", end);
  const open: unknown = Reflect.get(body, "getReader");
  if (typeof open !== "function") return true;
  Object.defineProperty(body, "getReader", {
    value: (...args: unknown[]) => {
      const reader: object = Reflect.apply(open, body, args);
      endAfter(reader, "read", (result) => isDone(result) && end());
      endAfter(reader, "cancel", end);
      return reader;
    },
  });
  // The iterator of a stream does not use `getReader`.
  Object.defineProperty(body, Symbol.asyncIterator, {
    async *value() {
      try {
        yield* readAll(body.getReader());
      } finally {
        await body.cancel();
      }
    },
  });
  return true;
}

async function* readAll(reader: ReadableStreamDefaultReader<unknown>): AsyncGenerator<unknown> {
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    reader.releaseLock();
  }
}

const isDone = (result: unknown) =>
  typeof result === "object" && result !== null && Reflect.get(result, "done") === true;

/** Makes a method of an object call `after` with its result, `undefined` when it rejects. */
function endAfter(object: object, name: string, after: (result: unknown) => void): void {
  const method: unknown = Reflect.get(object, name);
  if (typeof method !== "function") return;
  Object.defineProperty(object, name, {
    value: async (...args: unknown[]) => {
      let result: unknown;
      try {
        return result = await Reflect.apply(method, object, args);
      } finally {
        after(result);
      }
    },
  });
}

/** Returns methods of a binding whose calls are counted by {@link countCall}. @throws TypeError when the binding lacks one */
export function watchMethods(
  binding: object,
  names: readonly string[],
): Readonly<Record<string, Method>> {
  return Object.fromEntries(names.map((name) => {
    const method: unknown = Reflect.get(binding, name);
    if (typeof method !== "function") throw new TypeError(`the binding has no ${name}`);
    return [name, (...args) => countCall(async () => await Reflect.apply(method, binding, args))];
  }));
}

/** Counts every `fetch` of the isolate by {@link countCall}, except calls of addresses that only the tests use. */
export function watchFetch(isOfTests: (url: string) => boolean): void {
  const platformFetch = globalThis.fetch;
  globalThis.fetch = (input: RequestInfo | URL, init?: RequestInit) => {
    const fetchIt = () => platformFetch(input, init);
    return isOfTests(input instanceof Request ? input.url : String(input))
      ? fetchIt()
      : countCall(fetchIt);
  };
}
