/** The records that a pass over a callback makes of its deliveries. */
import { type CallResult, meaningOf, nextTryAt } from "../../domain/callbacks/callback_result.ts";
import type { DeliveryRecord } from "../../domain/ports/callback_outbox.ts";

/**
 * What identifies a delivery (one event or received text for one callback). `number` is its place in the order of the
 * deliveries; `subjectId` is the notification or text that it is about.
 */
export interface RecordedDelivery {
  readonly number: number;
  readonly subjectId: string;
  /** How many tries it had before the pass. */
  readonly tries: number;
}

/**
 * Returns the record of a delivery after a try: done, failed, or waiting for the next try. A delivery fails when the
 * endpoint refused it for good or the last try failed. After 410 it waits until the callback is set again.
 *
 * @param now when the try ended, in epoch milliseconds
 * @param random a number in [0, 1), for the jitter of the wait
 */
export function recordOf(
  { number, subjectId, tries: before }: RecordedDelivery,
  result: CallResult,
  now: number,
  random: number,
): DeliveryRecord {
  const tries = before + 1;
  const meaning = meaningOf(result);
  const dueAt = meaning === "gone"
    ? now
    : meaning === "retry"
    ? nextTryAt(result, tries, now, random)
    : undefined;
  return {
    number,
    subjectId,
    tries,
    state: meaning === "done" ? "done" : dueAt === undefined ? "failed" : "waiting",
    httpStatus: "status" in result ? result.status : undefined,
    error: meaning === "done" ? undefined : errorOf(result),
    dueAt,
    triedAt: now,
  };
}

function errorOf(result: CallResult): string {
  return "failure" in result ? result.failure : `status-${result.status}`;
}

/**
 * Returns the record of a delivery that was not tried in a pass and waits.
 *
 * @param dueAt when it is due, in epoch milliseconds
 */
export function waitingRecord(
  { number, subjectId, tries }: RecordedDelivery,
  dueAt: number,
): DeliveryRecord {
  return {
    number,
    subjectId,
    tries,
    state: "waiting",
    dueAt,
    httpStatus: undefined,
    error: undefined,
    triedAt: undefined,
  };
}

/**
 * Returns the record of a delivery that fails without a try and is not tried again.
 *
 * @param error an error code, such as `event-deleted`
 */
export function failedRecord(delivery: RecordedDelivery, error: string): DeliveryRecord {
  return { ...waitingRecord(delivery, 0), state: "failed", dueAt: undefined, error };
}
