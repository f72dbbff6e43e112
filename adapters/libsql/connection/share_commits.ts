/** Shared commits with the limits of a database. */
import type { Database } from "./database.ts";
import {
  commitIndividually,
  groupCommit,
  MAX_BACKGROUND_BATCH,
  MAX_GROUP,
  MAX_IDLE_GROUP,
  MAX_REMOTE_GROUP,
} from "./group_commit.ts";

/**
 * Makes the function that commits one item of a foreground write: by {@link groupCommit}, or by {@link
 * commitIndividually} where a request may not wait for another one (on Workers).
 */
export function shareCommits<T, R>(
  db: Database,
  commit: (items: readonly T[]) => Promise<readonly R[]>,
  sizeOf?: (item: T) => number,
): (item: T) => Promise<R> {
  if (!db.sharesCommits) return commitIndividually(commit);
  return groupCommit(commit, sizeOf, () => db.embedded ? MAX_GROUP : MAX_REMOTE_GROUP, db);
}

/**
 * As {@link shareCommits}, for background writes, whose shared commits are smaller while requests are being served.
 */
export function shareBackgroundCommits<T, R>(
  db: Database,
  commit: (items: readonly T[]) => Promise<readonly R[]>,
): (item: T) => Promise<R> {
  if (!db.sharesCommits) return commitIndividually(commit);
  return groupCommit(commit, undefined, () => maxBackgroundItems(db), db.background);
}

function maxBackgroundItems({ embedded, background }: Database): number {
  if (!embedded) return MAX_REMOTE_GROUP;
  return background.isBusy() ? MAX_BACKGROUND_BATCH : MAX_IDLE_GROUP;
}
