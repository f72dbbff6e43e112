/**
 * A fault hook: it counts the steps of a process, and ends the process at one of them. The steps are the moments before and
 * after each effect that outlives the process: a write to the database, a call of a provider or of a callback's endpoint,
 * and the answer to a request.
 */
import type { InStatement } from "@libsql/client";
import type { Database } from "../../adapters/libsql/connection/database.ts";

/** Counts steps, and ends the process at one of them. */
export interface FaultHook {
  /**
   * Forgets the steps so far, and ends the process at the next step with this name, such as `before settle 2`; never when
   * it is `undefined`. The first step of a name has the number 1.
   */
  arm(killAt: string | undefined): void;
  /** Counts a step before `call` and one after it, whether it succeeds or not. */
  around<A extends readonly unknown[], R>(
    nameOf: (...args: A) => string,
    call: (...args: A) => Promise<R>,
  ): (...args: A) => Promise<R>;
}

/** What a hook does at a step. */
export interface StepHandlers {
  /** Called at each step, before the process ends at it. */
  readonly onStep: (step: string) => void;
  /** Ends the process at once. */
  readonly kill: () => void;
}

/** Creates a hook that counts no step before it is armed. */
export function createFaultHook({ onStep, kill }: StepHandlers): FaultHook {
  let counts: Map<string, number> | undefined;
  let killAt: string | undefined;

  function step(name: string): void {
    if (counts === undefined) return;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    onStep(`${name} ${count}`);
    if (killAt === `${name} ${count}`) kill();
  }

  return {
    arm(at) {
      counts = new Map();
      killAt = at;
    },
    around: (nameOf, call) => async (...args) => {
      const name = nameOf(...args);
      step(`before ${name}`);
      try {
        return await call(...args);
      } finally {
        step(`after ${name}`);
      }
    },
  };
}

/** Names a write by the operation of which it is a part. */
export type NameWrite = (sql: string) => string;

/** A database whose writes are steps. Reads are none: a process that ends at a read leaves nothing else behind. */
export function hookDatabase(db: Database, hook: FaultHook, name: NameWrite): Database {
  const nameOf = (statements: readonly InStatement[]) =>
    name(statements.map((each) => typeof each === "string" ? each : each.sql).join(";\n"));
  return {
    ...db,
    write: hook.around(nameOf, (statements) => db.write(statements)),
    background: {
      ...db.background,
      write: hook.around(nameOf, (statements) => db.background.write(statements)),
    },
  };
}
