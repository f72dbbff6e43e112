import type { InStatement } from "@libsql/client";
import { type BoundedCall, UNBOUNDED } from "./call_bounds.ts";
import { isUnavailable, timedOut } from "./unavailable.ts";

/** Max size of the arguments of writes that share a transaction, in characters. A single write may be larger. */
const MAX_SHARED_SIZE = 4_000_000;

/** The writes of one priority. Those that wait at the same time share a transaction. */
export interface SharedWrites<R> {
  /**
   * Runs all of the statements or none. A call whose time is over before they begin is rejected.
   *
   * @returns the result of each statement
   */
  write(statements: readonly InStatement[], call?: BoundedCall): Promise<readonly R[]>;
  /**
   * Calls `callback` once, when the database is about to take the next write: what it writes before it returns belongs
   * to that transaction. On an idle database that is after the current iteration of the event loop.
   */
  onceWritable(callback: () => void): void;
}

/** What happens to writes while another process has locked the file: they wait, and the database is free for reads. */
export interface LockPolicy {
  /** Whether a transaction failed because of the lock, and wrote nothing. */
  isLocked(reason: unknown): boolean;
  /**
   * How long a write waits, in milliseconds. When the file has been locked for longer already, a write is tried once
   * and then fails.
   */
  readonly timeoutMs: number;
  /** The pause between two tries, in milliseconds. */
  readonly pauseMs: number;
  /** A clock that never goes back, in milliseconds. */
  now(): number;
}

interface WaitingWrite<R> {
  readonly statements: readonly InStatement[];
  readonly call: BoundedCall;
  readonly since: number;
  readonly resolve: (results: readonly R[]) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Makes the writes of one priority share transactions. Writes that arrive while the database is occupied wait, and
 * then share one transaction (natural batching), whose commit costs the same for one write as for fifty. The
 * statements of a write stay together and in order.
 *
 * A shared transaction that fails writes nothing. Each of its writes is then run alone, so that one that fails cannot
 * fail the others. When the database is unavailable, all of them fail without a retry: no single write is at fault.
 *
 * @param schedule runs an operation when the database is free
 * @param run runs statements in one transaction
 * @param maxWrites the limit of writes of the next transaction
 * @param lock what to do while the file is locked; without it a write to a locked file fails at once
 */
export function shareWrites<R>(
  schedule: (operation: () => Promise<void>) => Promise<void>,
  run: (statements: readonly InStatement[]) => Promise<readonly R[]>,
  maxWrites: () => number,
  lock?: LockPolicy,
): SharedWrites<R> {
  const waiting: WaitingWrite<R>[] = [];
  const callbacks: (() => void)[] = [];
  let isScheduled = false;
  let isPaused = false;
  let lockedSince: number | undefined;

  /** Puts the writes that may wait longer back, before all others, and rejects those that may not. */
  function waitForLock(
    { timeoutMs, pauseMs, now }: LockPolicy,
    writes: readonly WaitingWrite<R>[],
    reason: unknown,
  ): void {
    const at = now();
    lockedSince ??= at;
    const lockBegan = lockedSince;
    const mayWait = ({ since }: WaitingWrite<R>) => at - Math.min(since, lockBegan) < timeoutMs;
    waiting.unshift(...writes.filter(mayWait));
    for (const write of writes) if (!mayWait(write)) write.reject(reason);
    isPaused = true;
    setTimeout(() => {
      isPaused = false;
      if (waiting.length > 0 || callbacks.length > 0) request();
    }, pauseMs);
  }

  async function runTogether(writes: readonly WaitingWrite<R>[]): Promise<void> {
    try {
      const results = await run(writes.flatMap(({ statements }) => statements));
      lockedSince = undefined;
      let at = 0;
      for (const { statements, resolve } of writes) {
        resolve(results.slice(at, at + statements.length));
        at += statements.length;
      }
    } catch (reason) {
      if (lock?.isLocked(reason) === true) return waitForLock(lock, writes, reason);
      if (writes.length === 1 || isUnavailable(reason)) {
        for (const { reject } of writes) reject(reason);
        return;
      }
      for (const write of writes) await runTogether([write]);
    }
  }

  /** Rejects the writes whose callers have been told that the time is over: they were not begun. */
  function dropOver(): void {
    for (let at = waiting.length - 1; at >= 0; at--) {
      if (waiting[at]?.call.isOver !== true) continue;
      for (const { reject } of waiting.splice(at, 1)) reject(timedOut());
    }
  }

  function takeFitting(): readonly WaitingWrite<R>[] {
    dropOver();
    const limit = maxWrites();
    let size = 0;
    const last = waiting.findIndex(({ statements }, index) => {
      size += sizeOf(statements);
      return index > 0 && (index >= limit || size > MAX_SHARED_SIZE);
    });
    return waiting.splice(0, last === -1 ? waiting.length : last);
  }

  async function commitNext(): Promise<void> {
    // Requests that have arrived, or whose encryption has just ended, still take part.
    await new Promise((resolve) => setImmediate(resolve));
    if (isPaused) {
      isScheduled = false;
      return;
    }
    for (const callback of callbacks.splice(0)) callback();
    isScheduled = false;
    const writes = takeFitting();
    if (waiting.length > 0 || callbacks.length > 0) request();
    if (writes.length > 0) await runTogether(writes);
  }

  function request(): void {
    if (isScheduled || isPaused) return;
    isScheduled = true;
    void schedule(commitNext);
  }

  return {
    write: (statements, call = UNBOUNDED) =>
      new Promise((resolve, reject) => {
        waiting.push({ statements, call, since: lock?.now() ?? 0, resolve, reject });
        request();
      }),
    onceWritable(callback) {
      callbacks.push(callback);
      request();
    },
  };
}

function sizeOf(statements: readonly InStatement[]): number {
  let size = 0;
  for (const statement of statements) {
    if (typeof statement === "string" || !Array.isArray(statement.args)) continue;
    for (const value of statement.args) if (typeof value === "string") size += value.length;
  }
  return size;
}
