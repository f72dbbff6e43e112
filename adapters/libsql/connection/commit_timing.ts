/** When a database takes shared commits, and how large these may be. */
import type { CallBounds } from "./call_bounds.ts";

/**
 * When a database takes the next shared commit: one transaction with what several callers want to write. Shared
 * commits of one kind are those of one function that `groupCommit` has made.
 */
export interface CommitTiming {
  /** Calls `callback` once, when a commit may begin. It never does so before the current iteration of the event loop ends. */
  onceWritable(callback: () => void): void;
  /** How many shared commits of one kind may be under way. */
  readonly commitsAtOnce: number;
  /** Max items of the next shared commit. */
  maxGroupItems(): number;
  /** Max total size of the items of one commit, in characters. A single item may be larger. */
  readonly maxGroupSize: number;
  /**
   * When a further shared commit of one kind may begin while others are under way: once `items` items wait, or
   * `afterMs` milliseconds after the last one began. Absent: as soon as one item waits.
   */
  readonly beside?: { readonly items: number; readonly afterMs: number } | undefined;
  /** Bounds what waits for a shared commit; without it, it waits however long that takes. See {@link CallBounds}. */
  readonly bound?: CallBounds["foreground"] | undefined;
  /**
   * Runs a shared commit for the callers that wait for it: it goes on while one of them still waits. See {@link
   * CallBounds}.
   */
  readonly together?: CallBounds["together"] | undefined;
}
