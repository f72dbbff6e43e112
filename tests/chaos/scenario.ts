/** A scenario of the ledger, and what a run of it returns. */
import type { Tally } from "./tally.ts";

/** The options of a run. */
export interface RunOptions {
  /** Determines every choice of the run. */
  readonly seed: number;
  /** Whether it runs in the short form, with fewer messages. */
  readonly short: boolean;
}

/** The result of a run that broke no other promise: those it asserts itself. */
export interface RunResult {
  readonly tally: Tally;
  /** What happened in the run, in a few words, such as "killed 24 times". */
  readonly note: string;
}

/** A scenario. */
export interface Scenario {
  /** Its name on the command line, in kebab case. */
  readonly name: string;
  /** What happens, for the ledger. */
  readonly title: string;
  /** Whether the short form runs it. */
  readonly inShort: boolean;
  /** Runs it. @throws when a promise is broken that the tally does not count */
  run(options: RunOptions): Promise<RunResult>;
}
