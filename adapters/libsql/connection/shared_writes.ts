import type { InStatement } from "@libsql/client";
import { isUnavailable } from "./unavailable.ts";

/** Max size of the arguments of writes that share a transaction, in characters. A single write may be larger. */
const MAX_SHARED_SIZE = 4_000_000;

/** The writes of one priority. Those that wait at the same time share a transaction. */
export interface SharedWrites<R> {
  /** Runs all of the statements or none. @returns their results */
  write(statements: readonly InStatement[]): Promise<readonly R[]>;
  /**
   * Calls `callback` once, when the database is about to take the next write: what it writes before it returns belongs
   * to that transaction. On an idle database that is after the current iteration of the event loop.
   */
  onceWritable(callback: () => void): void;
}

interface WaitingWrite<R> {
  readonly statements: readonly InStatement[];
  readonly resolve: (results: readonly R[]) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Natural batching: writes that arrive while the database is occupied wait, and then share one transaction, whose commit
 * costs the same for one write as for fifty. The statements of a write stay together and in order.
 *
 * A shared transaction that fails writes nothing. Each write is then run alone, so that one that fails cannot fail the
 * others. Not retried when the database is unavailable: no single write is at fault.
 *
 * @param schedule runs an operation when the database is free
 * @param run runs statements in one transaction
 * @param maxWrites the limit of writes of the next transaction
 */
export function shareWrites<R>(
  schedule: (operation: () => Promise<void>) => Promise<void>,
  run: (statements: readonly InStatement[]) => Promise<readonly R[]>,
  maxWrites: () => number,
): SharedWrites<R> {
  const waiting: WaitingWrite<R>[] = [];
  const callbacks: (() => void)[] = [];
  let isScheduled = false;

  async function runTogether(writes: readonly WaitingWrite<R>[]): Promise<void> {
    try {
      const results = await run(writes.flatMap(({ statements }) => statements));
      let at = 0;
      for (const { statements, resolve } of writes) {
        resolve(results.slice(at, at + statements.length));
        at += statements.length;
      }
    } catch (reason) {
      if (writes.length === 1 || isUnavailable(reason)) {
        for (const { reject } of writes) reject(reason);
        return;
      }
      for (const write of writes) await runTogether([write]);
    }
  }

  function takeFitting(): readonly WaitingWrite<R>[] {
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
    for (const callback of callbacks.splice(0)) callback();
    isScheduled = false;
    const writes = takeFitting();
    if (waiting.length > 0 || callbacks.length > 0) request();
    if (writes.length > 0) await runTogether(writes);
  }

  function request(): void {
    if (isScheduled) return;
    isScheduled = true;
    void schedule(commitNext);
  }

  return {
    write: (statements) =>
      new Promise((resolve, reject) => {
        waiting.push({ statements, resolve, reject });
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
