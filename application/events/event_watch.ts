/** Waits for events of services: one look at the database serves every request that waits in this process. */
import type { ServiceId } from "../../domain/ids.ts";
import type { EventLog } from "../../domain/ports/event_log.ts";
import { isRequestIsolated } from "../isolated_requests.ts";
import { sleep } from "../sleep.ts";
import { createSharedEnds } from "./shared_ends.ts";

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
/** The longest pause, in milliseconds: a look may have been slow for another reason, as the first one on a file is. */
const MAX_PAUSE_MS = 1_000;
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
   * Returns the number of the service's newest event, 0 for none, as the last look found it. Newer events may have come
   * since: {@link wait} finds them.
   *
   * @param since when the look must have begun at the earliest, in milliseconds of `performance.now()`
   * @returns `undefined` when there was no such look, and for a service whose events no request waits for
   */
  newest(serviceId: ServiceId, since: number): number | undefined;
  /**
   * Waits until the service has an event with a greater number than `known`, for `ms` milliseconds at most. It never
   * rejects: while the database cannot be looked at, it waits.
   *
   * @returns whether there is such an event; `false` when the time is over or the signal was aborted
   */
  wait(serviceId: ServiceId, known: number, ms: number, signal: AbortSignal): Promise<boolean>;
}

/** A service whose events requests wait for. */
interface Watched {
  readonly waiters: Set<Waiter>;
  /** What the last look found, and when that began. */
  look?: { readonly newest: number; readonly at: number };
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
  const ends = createSharedEnds();
  const waiting = new Map<ServiceId, Watched>();
  /** The services with waiters. The same array while they are the same, by which the log knows a repeated question. */
  let services: readonly ServiceId[] | undefined;
  let isLooking = false;
  /** Ends the pause of a loop in which no request waits any more. */
  let endPause = new AbortController();

  async function look(): Promise<void> {
    services ??= [...waiting.keys()];
    const asked = services;
    const at = performance.now();
    const numbers = await events.lastNumbers(asked);
    for (const serviceId of asked) {
      const watched = waiting.get(serviceId);
      if (watched === undefined) continue;
      const newest = numbers.get(serviceId) ?? 0;
      watched.look = { newest, at };
      for (const { known, wake } of watched.waiters) if (newest > known) wake();
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
      // A request that began without a read makes one at the end of its wait, and tells its caller when that fails.
      await look().catch(() => {});
      const rest = PAUSE_FACTOR * (performance.now() - startedAt);
      pause = Math.max(pauseMs, Math.min(rest, MAX_PAUSE_MS));
    }
    isLooking = false;
  }

  function add(serviceId: ServiceId, waiter: Waiter): void {
    const watched = waiting.get(serviceId);
    if (watched !== undefined) return void watched.waiters.add(waiter);
    waiting.set(serviceId, { waiters: new Set([waiter]) });
    services = undefined;
    void lookAround();
  }

  function remove(serviceId: ServiceId, waiter: Waiter): void {
    const waiters = waiting.get(serviceId)?.waiters;
    if (waiters?.delete(waiter) !== true || waiters.size > 0) return;
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
      const cancelEnd = ends.after(ms, stop);
      function end(hasEvent: boolean): void {
        cancelEnd();
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
    newest(serviceId, since) {
      const look = waiting.get(serviceId)?.look;
      return look !== undefined && look.at >= since ? look.newest : undefined;
    },
    async wait(serviceId, known, ms, signal) {
      if (signal.aborted) return false;
      const wait = isRequestIsolated() ? waitAlone : waitShared;
      return await wait(serviceId, known, ms, signal);
    },
  };
}
