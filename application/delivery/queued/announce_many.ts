import type { DueRow } from "../../../domain/ports/outbox.ts";
import type { WorkAnnouncer } from "./announce_work.ts";

/** The fewest accepted notifications that are announced to the work queue; fewer are sent after the answer. */
export const MIN_QUEUED = 50;

/**
 * Creates the function that starts the delivery of notifications that a request has accepted. It announces {@link
 * MIN_QUEUED} or more to the work queue; fewer, or when the queue fails, it dispatches. It rejects when `dispatch` does.
 */
export function announceMany(
  dispatch: () => Promise<void>,
  announcer: Pick<WorkAnnouncer, "sends">,
): (accepted: readonly DueRow[]) => Promise<void> {
  return async (accepted) => {
    const isMany = accepted.length >= MIN_QUEUED;
    if (!isMany || !await announcer.sends(accepted)) await dispatch();
  };
}
