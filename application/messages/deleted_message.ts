/** A message whose content was deleted, as its page shows it. */
import { type FailureReason, reasonOfCount } from "../../domain/delivery/reasons.ts";
import type { NotificationRef } from "../../domain/ids.ts";
import { JOBS_KEPT_MS } from "../../domain/jobs/job.ts";
import {
  type DeletedMessage,
  TIMELINES_KEPT_MS,
} from "../../domain/notification/deleted_message.ts";
import type { MessageNames, MessagePages } from "../../domain/ports/message_pages.ts";

/** What is kept of a message. It has no personal data, so every member of the team may see it. */
export interface DeletedRecord {
  readonly message: DeletedMessage;
  /** Why it failed; `undefined` for a message that did not fail or is not counted. */
  readonly reason: FailureReason | undefined;
  /** Until when its timeline is kept, epoch milliseconds. */
  readonly keptUntil: number;
  /** Whether the job that it was a row of is certainly still stored. */
  readonly hasJob: boolean;
  readonly names: MessageNames;
}

/**
 * Reads what is kept of a message whose content was deleted.
 *
 * @param now epoch milliseconds
 * @returns `undefined` when the service has no such message, or its timeline has expired too
 */
export async function readDeletedMessage(
  pages: Pick<MessagePages, "readDeleted">,
  ref: NotificationRef,
  now: number,
): Promise<DeletedRecord | undefined> {
  const found = await pages.readDeleted(ref);
  if (found === undefined) return undefined;
  const { message, names } = found;
  const { failure, jobId, createdAt, deletedAt } = message;
  const keptUntil = deletedAt + TIMELINES_KEPT_MS;
  // Retention runs in steps, and may be late.
  if (keptUntil < now) return undefined;
  return {
    message,
    reason: failure === undefined ? undefined : reasonOfCount(failure),
    keptUntil,
    hasJob: jobId !== undefined && createdAt + JOBS_KEPT_MS > now,
    names,
  };
}
