/** Shared commits with the limits of a database. */
import { perInvocation } from "../../invocation/invocation.ts";
import type { CommitTiming } from "./commit_timing.ts";
import type { Database } from "./database.ts";
import { groupCommit } from "./group_commit.ts";

/**
 * Makes the function that commits one item of a foreground write by {@link groupCommit}: items that wait at the same time
 * share a commit. On a serverless platform only items of the same invocation do.
 */
export function shareCommits<T, R>(
  db: Database,
  commit: (items: readonly T[]) => Promise<readonly R[]>,
  sizeOf?: (item: T) => number,
): (item: T) => Promise<R> {
  return share(db, commit, sizeOf);
}

/**
 * Does the same as {@link shareCommits} for background writes, whose shared commits are smaller while requests are being
 * served.
 */
export function shareBackgroundCommits<T, R>(
  { background }: Database,
  commit: (items: readonly T[]) => Promise<readonly R[]>,
): (item: T) => Promise<R> {
  return share(background, commit);
}

function share<T, R>(
  timing: CommitTiming,
  commit: (items: readonly T[]) => Promise<readonly R[]>,
  sizeOf?: (item: T) => number,
): (item: T) => Promise<R> {
  const group = perInvocation(() => groupCommit(commit, sizeOf, timing));
  return (item) => group()(item);
}
