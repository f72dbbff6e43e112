/** Tells an invocation that it has made a bulk job ready. */
import type { JobStore } from "../domain/ports/job_store.ts";

/** Wraps a store so that it calls `onReady` when a job was created, started or resumed. Its first rows may not be due. */
export function watchJobs(store: JobStore, onReady: (() => void) | undefined): JobStore {
  if (onReady === undefined) return store;
  return {
    ...store,
    async create(...args) {
      const created = await store.create(...args);
      if (created.kind === "created") onReady();
      return created;
    },
    async start(...args) {
      const isStarted = await store.start(...args);
      if (isStarted) onReady();
      return isStarted;
    },
    async resume(...args) {
      const isResumed = await store.resume(...args);
      if (isResumed) onReady();
      return isResumed;
    },
  };
}
