import type { DueRow } from "../../../domain/ports/outbox.ts";
import type { WorkAnnouncer } from "./announce_work.ts";

/** Min accepted notifications of a request that are announced to the work queue; fewer are sent after the answer. */
export const MIN_QUEUED = 50;

/**
 * Creates the function that starts the delivery of notifications that a request has accepted. It announces
 * {@link MIN_QUEUED} notifications or more to the work queue. For fewer, and when the queue did not take all messages, it
 * calls `dispatch`, and rejects when that does.
 */
export function announceMany(
  dispatch: () => Promise<void>,
  announcer: Pick<WorkAnnouncer, "announceDue">,
): (accepted: readonly DueRow[]) => Promise<void> {
  return async (accepted) => {
    const isMany = accepted.length >= MIN_QUEUED;
    if (!isMany || !await announcer.announceDue(accepted)) await dispatch();
  };
}
