import type { BackgroundWork } from "../../application/background/background_work.ts";

/** Background work with nothing to do, but for the parts that are given. */
export function idleWork(parts: Partial<BackgroundWork> = {}): BackgroundWork {
  return {
    nextDueAt: () => Promise.resolve(undefined),
    dispatch: () => Promise.resolve({ claimed: 0, ended: Promise.resolve(0) }),
    runJobs: () => Promise.resolve({}),
    runCallbacks: () => Promise.resolve(),
    announcePauses: () => Promise.resolve(),
    announceUnfinished: () => Promise.resolve(),
    runDeadLetters: () => Promise.resolve(),
    purge: () => Promise.resolve(),
    ...parts,
  };
}
