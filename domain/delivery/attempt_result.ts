import type { EventFacts, EventKind } from "../notification/notification.ts";
import type { SendOutcome } from "../ports/provider.ts";
import {
  jittered,
  MAX_UNKNOWN_ATTEMPTS,
  pollDelayMs,
  RECEIPT_WAIT_MS,
  RETRY_DELAYS_MS,
  retryDelayMs,
  undecryptableDelayMs,
  UNKNOWN_DELAYS_MS,
  unknownDelayMs,
} from "./retry.ts";
import type { Channel } from "../service/service.ts";
import type { Status } from "../notification/status.ts";

/** An attempt whose outcome is unknown: its provider may have the message. Times are epoch milliseconds. */
export interface UnknownAttempt {
  /** The attempt's number within its notification. */
  readonly number: number;
  /** The provider's `name`. */
  readonly provider: string;
  readonly startedAt: number;
  /** When the call ended, at the latest. */
  readonly endedAt: number;
  /** Whether no result of it was recorded, because its process ended during the call. */
  readonly isUnsettled?: true;
}

/** An attempt that has been made: one call of a provider for a notification. Times are epoch milliseconds. */
export interface Attempt {
  /** The attempt's number within its notification, 1 for the first. */
  readonly number: number;
  /** The provider's `name`. */
  readonly provider: string;
  readonly channel: Channel;
  /** When the notification was accepted, or the time that it was scheduled for. Retries give up 72 hours after it. */
  readonly acceptedAt: number;
  /** A text to another country completes as `sent`: no receipt is awaited from its carriers. */
  readonly international: boolean;
  /** Whether the outcome of an earlier attempt is unknown, so that the provider may have the message already. */
  readonly unresolved: boolean;
  /** The earlier attempts of unknown outcome, as far as they are known; none when absent. */
  readonly unknown?: readonly UnknownAttempt[];
  /** When the attempt was started. Required when `searchGraceMs` is set. */
  readonly startedAt?: number;
  /**
   * Present when the provider can be asked whether it has the message: how long after the attempt, in milliseconds,
   * "no" means that it was not sent.
   */
  readonly searchGraceMs?: number;
  /** Whether the provider is polled for the status of messages that it accepted; `false` when absent. */
  readonly polled?: boolean;
  /** The delay of the first poll in milliseconds; the shortest delay of polls when absent. */
  readonly pollAfterMs?: number;
  /**
   * When the notification expires, epoch milliseconds: it is not sent after this time. If the next retry would be
   * later, the row is due at this time, to end the notification. Absent for never.
   */
  readonly validUntil?: number;
}

/** The changes to a notification and its outbox row that follow from an attempt; they are written atomically. */
export interface AttemptResult {
  /** The status to move to; `undefined` keeps the current one. */
  readonly status: Status | undefined;
  /** Why the status changes, for the timeline, when no event of the attempt says so; absent for no reason. */
  readonly reason?: string;
  /** The provider's own id of the message, by which receipts find it; `undefined` when the provider gave none. */
  readonly providerMessageId: string | undefined;
  /**
   * What happens to the outbox row. `done`: it is deleted. `again`: another attempt is due at `dueAt`. `poll`: the
   * provider is asked for the status at `dueAt`. `expire`: a receipt is awaited until `dueAt`. `dueAt` is in epoch
   * milliseconds.
   */
  readonly next:
    | { readonly kind: "done" }
    | { readonly kind: "again"; readonly dueAt: number }
    | { readonly kind: "poll"; readonly dueAt: number }
    | { readonly kind: "expire"; readonly dueAt: number };
  /** Whether the outcome of any attempt so far is unknown, so that a provider may have the message. */
  readonly unresolved: boolean;
  /** The attempts of unknown outcome. Absent keeps those that are stored, as long as `unresolved` is set. */
  readonly unknown?: readonly UnknownAttempt[];
  /** The events to add to the notification's timeline. */
  readonly events: readonly { readonly kind: EventKind; readonly facts: EventFacts }[];
}

/**
 * Decides from an attempt's outcome the notification's new status, what happens to its outbox row, and its timeline
 * event. A retry that would be later than 72 hours after `acceptedAt` becomes `technical-failure`. Pure: nothing is
 * written.
 *
 * @param now epoch milliseconds
 * @param random a number in [0, 1), for the jitter of a retry
 */
export function settleAttempt(
  attempt: Attempt,
  outcome: SendOutcome,
  now: number,
  random: number,
): AttemptResult {
  const { provider, number } = attempt;
  const base = { provider, attempt: number };
  switch (outcome.kind) {
    case "accepted":
      return {
        status: acceptedStatus(attempt, outcome),
        providerMessageId: outcome.providerMessageId,
        next: outcome.delivered === true || outcome.unreported === true || attempt.international
          ? { kind: "done" }
          : attempt.polled === true
          ? { kind: "poll", dueAt: now + (attempt.pollAfterMs ?? pollDelayMs(0)) }
          : { kind: "expire", dueAt: now + RECEIPT_WAIT_MS },
        unresolved: false,
        events: [{ kind: "attempt-ended", facts: { ...base, outcome: "accepted" } }],
      };
    case "rejected":
      return {
        status: outcome.permanent ? "permanent-failure" : "technical-failure",
        providerMessageId: undefined,
        next: { kind: "done" },
        unresolved: false,
        events: [{
          kind: "attempt-ended",
          facts: { ...base, outcome: "rejected", code: outcome.code },
        }],
      };
    case "provider-fault":
      return settleRetry(attempt, { ...outcome, kind: "retry", outcome: "not-sent" }, now, random);
    case "retry":
      return settleRetry(attempt, outcome, now, random);
  }
}

type RetryOutcome = Extract<SendOutcome, { kind: "retry" }>;

function settleRetry(
  attempt: Attempt,
  outcome: RetryOutcome,
  now: number,
  random: number,
): AttemptResult {
  const { provider, number, channel, validUntil = Infinity, searchGraceMs } = attempt;
  const isUnknown = outcome.outcome === "unknown";
  const facts = { provider, attempt: number, outcome: outcome.outcome, code: outcome.code };
  const ended: AttemptResult = {
    ...NO_FURTHER_WORK,
    events: [{ kind: "attempt-ended", facts }],
  };
  const again = (dueAt: number): AttemptResult => ({
    ...ended,
    next: { kind: "again", dueAt },
    unresolved: attempt.unresolved || isUnknown,
    ...(isUnknown ? { unknown: withAttempt(attempt, now) } : {}),
    events: [{
      kind: "attempt-ended",
      facts: { ...facts, next_attempt_at: new Date(dueAt).toISOString() },
    }],
  });
  if (isUnknown && searchGraceMs !== undefined) {
    // It is asked about the message first, also after the time at which the message may no longer be sent.
    const backoff = retryDelayMs({ ...attemptTimes(attempt, outcome, random), elapsedMs: 0 }) ?? 0;
    return again(now + Math.max(jittered(searchGraceMs, random), backoff));
  }
  if (isUnknown && triesOf(attempt) >= MAX_UNKNOWN_ATTEMPTS[channel]) {
    // The provider may have the message: await its receipt instead of sending again.
    return {
      ...ended,
      status: "sending",
      next: { kind: "expire", dueAt: now + RECEIPT_WAIT_MS },
      unresolved: true,
    };
  }
  const times = { ...attemptTimes(attempt, outcome, random), elapsedMs: now - attempt.acceptedAt };
  const spread = isUnknown ? UNKNOWN_DELAYS_MS[channel] : undefined;
  const delay = spread === undefined
    ? retryDelayMs(times)
    : unknownDelayMs({ ...times, tries: triesOf(attempt), delays: spread });
  if (delay === null) return { ...ended, status: "technical-failure" };
  // A message is never sent after its `valid_until`: it is due then, to end.
  return again(Math.min(now + delay, Math.max(validUntil, now)));
}

function attemptTimes({ number }: Attempt, { afterMs }: RetryOutcome, random: number) {
  return { attempts: number, afterMs, random, delays: RETRY_DELAYS_MS };
}

/** The tries of unknown outcome, this one included. Rows of an earlier version do not tell which they were. */
function triesOf({ number, unresolved, unknown }: Attempt): number {
  if (unknown !== undefined) return unknown.length + 1;
  return unresolved ? number : 1;
}

function withAttempt(
  { number, provider, startedAt, unknown = [] }: Attempt,
  now: number,
): readonly UnknownAttempt[] {
  return [...unknown, { number, provider, startedAt: startedAt ?? now, endedAt: now }];
}

function acceptedStatus(
  { international }: Attempt,
  { delivered, unreported }: Extract<SendOutcome, { kind: "accepted" }>,
): Status {
  if (delivered === true) return "delivered";
  return international || unreported === true ? "sent" : "sending";
}

/**
 * Decides the result of a poll that returned no final receipt: another poll, after a delay that grows with `sinceMs`.
 * From 72 hours on, the notification ends as `temporary-failure` with the code `no-receipt`.
 *
 * @param sinceMs milliseconds since the provider accepted the message
 * @param now epoch milliseconds
 */
export function settlePoll(sinceMs: number, now: number): AttemptResult {
  if (sinceMs >= RECEIPT_WAIT_MS) return endWithoutReceipt();
  return { ...NO_FURTHER_WORK, next: { kind: "poll", dueAt: now + pollDelayMs(sinceMs) } };
}

/** A due outbox row whose message cannot be decrypted. Times are epoch milliseconds. */
export interface Undecryptable {
  /** What is due: to send the message, to ask its provider for its status, or to stop waiting for a receipt. */
  readonly task: "deliver" | "poll" | "expire";
  /** When the notification was accepted, or scheduled for if that is later. */
  readonly acceptedAt: number;
  /** When a provider accepted the message; `null` when none did. */
  readonly sentAt: number | null;
  /** Whether the outcome of an earlier attempt is unknown, so that the provider may have the message already. */
  readonly unresolved: boolean;
  /** Why the message is cancelled; `undefined` when it is not. */
  readonly cancellationReason: string | undefined;
  /** When decryption of the message first failed. */
  readonly since: number;
}

/**
 * The error code of a message, or of a job, whose data could not be decrypted for 72 hours: its master key is missing,
 * or the data is corrupted.
 */
export const CANNOT_DECRYPT = "cannot-be-opened";

/**
 * Decides the result for a message that cannot be decrypted. Delivery is retried with growing delays, because the key
 * may be restored; after 72 hours the message fails with {@link CANNOT_DECRYPT}. A cancelled message is cancelled at
 * once. Polling and expiry need no decryption and continue.
 *
 * @param now epoch milliseconds
 */
export function settleUndecryptable(
  { task, acceptedAt, sentAt, unresolved, cancellationReason, since }: Undecryptable,
  now: number,
): AttemptResult {
  switch (task) {
    case "expire":
      return endWithoutReceipt();
    case "poll":
      return settlePoll(now - (sentAt ?? acceptedAt), now);
    case "deliver": {
      if (cancellationReason !== undefined) {
        return failPermanently("cancelled", cancellationReason, unresolved, now);
      }
      const delay = undecryptableDelayMs(now - since);
      return delay === null
        ? failPermanently("technical-failure", CANNOT_DECRYPT, unresolved, now)
        : { ...NO_FURTHER_WORK, unresolved, next: { kind: "again", dueAt: now + delay } };
    }
  }
}

/** The result that only deletes the outbox row: the notification keeps its status. */
export const NO_FURTHER_WORK: AttemptResult = {
  status: undefined,
  providerMessageId: undefined,
  next: { kind: "done" },
  unresolved: false,
  events: [],
};

/**
 * The result that ends a notification without a further attempt: it deletes the outbox row and adds an event with the
 * reason to the timeline.
 *
 * @param code the reason: an internal error code such as `too-late`
 */
export function finishWithoutAttempt(status: Status, code: string): AttemptResult {
  return {
    ...NO_FURTHER_WORK,
    status,
    events: [{ kind: "attempt-ended", facts: { outcome: "not-sent", code } }],
  };
}

/**
 * The result that ends a notification whose provider accepted the message, or may have it, and did not report in time
 * what became of it: `temporary-failure` with the reason `no-receipt`. A report that comes later corrects it.
 */
export function endWithoutReceipt(): AttemptResult {
  return { ...NO_FURTHER_WORK, status: "temporary-failure", reason: "no-receipt" };
}

/**
 * The result that ends a notification as failed. If the outcome of an earlier attempt is unknown, the provider may have
 * the message, and it must not be reported as unsent: it becomes `sending`, and its receipt is awaited for 72 hours
 * instead.
 *
 * @param status the failure
 * @param code the reason, for the timeline
 * @param unresolved whether the outcome of an earlier attempt is unknown
 * @param now epoch milliseconds
 */
export function failPermanently(
  status: Status,
  code: string,
  unresolved: boolean,
  now: number,
): AttemptResult {
  if (!unresolved) return finishWithoutAttempt(status, code);
  return {
    ...finishWithoutAttempt("sending", code),
    next: { kind: "expire", dueAt: now + RECEIPT_WAIT_MS },
    unresolved: true,
  };
}

/**
 * The result that postpones a notification, with the reason and the time on its timeline. No attempt is counted.
 *
 * @param dueAt when it is due again, epoch milliseconds
 * @param code the reason, such as `quiet-hours`
 * @param unresolved whether the outcome of an earlier attempt is unknown; it stays so
 */
export function postponeUntil(dueAt: number, code: string, unresolved: boolean): AttemptResult {
  return {
    ...NO_FURTHER_WORK,
    unresolved,
    next: { kind: "again", dueAt },
    events: [{ kind: "held", facts: { code, until: new Date(dueAt).toISOString() } }],
  };
}

/**
 * The result that only gives the lease back: the notification waits for its provider, without an event.
 *
 * @param dueAt since when it is due, epoch milliseconds
 * @param unresolved whether the outcome of an earlier attempt is unknown; it stays so
 */
export function postponeForProvider(dueAt: number, unresolved: boolean): AttemptResult {
  return { ...NO_FURTHER_WORK, unresolved, next: { kind: "again", dueAt } };
}
