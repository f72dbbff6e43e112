/** Waits for events of services: one look at the database serves every request that waits in this process. */
import type { ServiceId } from "../../domain/ids.ts";
import type { EventLog } from "../../domain/ports/event_log.ts";
import { isRequestIsolated } from "../isolated_requests.ts";
import { sleep } from "../sleep.ts";

/** The pauses between two reads of the services' newest event numbers while requests wait, in milliseconds. */
export interface WatchTiming {
  /** With an embedded database: a read costs nothing while this process has written nothing. */
  readonly embeddedMs: number;
  /** With a database server, which other processes write to: a request sees a new event about this late at most. */
  readonly remoteMs: number;
}

/** The pauses in production. */
const WATCH_TIMING: WatchTiming = { embeddedMs: 100, remoteMs: 1_000 };

/** The least pause after a look, in times of the look's duration: looking takes a fiftieth of a core at most. */
const PAUSE_FACTOR = 50;
/** The pause between two looks of a request on Workers, where requests share nothing, in milliseconds. */
const ISOLATED_PAUSE_MS = 2_000;
/**
 * The longest that a request waits for events on Workers, in milliseconds: it may make few calls there, each of which
 * is paid.
 */
export const MAX_ISOLATED_WAIT_MS = 10_000;

/** Lets requests wait for new events of a service. */
export interface EventWatch {
  /**
   * Waits until the service has an event with a greater number than `known`, for `ms` milliseconds at most. It never
   * rejects: while the database cannot be looked at, it waits.
   *
   * @returns whether there is such an event; `false` when the time is over or the signal was aborted
   */
  wait(serviceId: ServiceId, known: number, ms: number, signal: AbortSignal): Promise<boolean>;
}

interface Waiter {
  readonly known: number;
  readonly wake: () => void;
}

/**
 * Creates the watch of a process: one query serves all requests that wait. It reads the database only while a request
 * waits. On Workers, each request reads by itself.
 */
export function createEventWatch(
  events: Pick<EventLog, "lastNumbers" | "isRemote">,
  { embeddedMs, remoteMs }: WatchTiming = WATCH_TIMING,
): EventWatch {
  const pauseMs = events.isRemote ? remoteMs : embeddedMs;
  const waiting = new Map<ServiceId, Set<Waiter>>();
  /** The services with waiters. The same array while they are the same, by which the log knows a repeated question. */
  let services: readonly ServiceId[] | undefined;
  let isLooking = false;
  /** Ends the pause of a loop in which no request waits any more. */
  let endPause = new AbortController();

  async function look(): Promise<void> {
    services ??= [...waiting.keys()];
    const numbers = await events.lastNumbers(services);
    for (const [serviceId, last] of numbers) {
      for (const { known, wake } of waiting.get(serviceId) ?? []) if (last > known) wake();
    }
  }

  /** Looks again and again while there are waiters. */
  async function lookAround(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    endPause = new AbortController();
    for (let pause = pauseMs; waiting.size > 0;) {
      await sleep(pause, endPause.signal);
      if (waiting.size === 0) break;
      endPause = new AbortController();
      const startedAt = performance.now();
      // A request reads by itself at the end of its wait, and tells its caller when that fails.
      await look().catch(() => {});
      pause = Math.max(pauseMs, PAUSE_FACTOR * (performance.now() - startedAt));
    }
    isLooking = false;
  }

  function add(serviceId: ServiceId, waiter: Waiter): void {
    const ofService = waiting.get(serviceId);
    if (ofService !== undefined) return void ofService.add(waiter);
    waiting.set(serviceId, new Set([waiter]));
    services = undefined;
    void lookAround();
  }

  function remove(serviceId: ServiceId, waiter: Waiter): void {
    const ofService = waiting.get(serviceId);
    if (ofService?.delete(waiter) !== true || ofService.size > 0) return;
    waiting.delete(serviceId);
    services = undefined;
    if (waiting.size === 0) endPause.abort();
  }

  async function waitShared(
    serviceId: ServiceId,
    known: number,
    ms: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    return await new Promise((resolve) => {
      const waiter: Waiter = { known, wake: () => end(true) };
      const stop = () => end(false);
      const timer = setTimeout(stop, ms);
      function end(hasEvent: boolean): void {
        clearTimeout(timer);
        signal.removeEventListener("abort", stop);
        remove(serviceId, waiter);
        resolve(hasEvent);
      }
      signal.addEventListener("abort", stop);
      add(serviceId, waiter);
    });
  }

  async function waitAlone(
    serviceId: ServiceId,
    known: number,
    ms: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    for (let left = Math.min(ms, MAX_ISOLATED_WAIT_MS); left > 0 && !signal.aborted;) {
      const pause = Math.min(left, ISOLATED_PAUSE_MS);
      await sleep(pause, signal);
      left -= pause;
      const numbers = await events.lastNumbers([serviceId]).catch(() => undefined);
      if ((numbers?.get(serviceId) ?? 0) > known) return true;
    }
    return false;
  }

  return {
    async wait(serviceId, known, ms, signal) {
      if (signal.aborted) return false;
      const wait = isRequestIsolated() ? waitAlone : waitShared;
      return await wait(serviceId, known, ms, signal);
    },
  };
}
