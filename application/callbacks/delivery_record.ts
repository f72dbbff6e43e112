/** What a pass records of its deliveries. */
import { type CallResult, meaningOf, nextTryAt } from "../../domain/callbacks/callback_result.ts";
import type { DeliveryRecord } from "../../domain/ports/callback_outbox.ts";

/** A delivery, as its record names it. */
export interface RecordedDelivery {
  readonly number: number;
  readonly subjectId: string;
  /** How many tries it had before the pass. */
  readonly tries: number;
}

/** The record of a delivery after a try. After 410 it waits until the callback is set again. @param random a number in [0, 1) */
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

/** The record of a delivery that was not tried, and waits until a time. */
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

/** The record of a delivery that ends without a try. @param error an error code */
export function failedRecord(delivery: RecordedDelivery, error: string): DeliveryRecord {
  return { ...waitingRecord(delivery, 0), state: "failed", dueAt: undefined, error };
}
