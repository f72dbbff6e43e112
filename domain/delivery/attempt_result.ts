import type { EventFacts, EventKind } from "../notification/notification.ts";
import type { SendOutcome } from "../ports/provider.ts";
import {
  MAX_UNKNOWN_ATTEMPTS,
  pollDelayMs,
  RECEIPT_WAIT_MS,
  retryDelayMs,
  undecryptableDelayMs,
  UNKNOWN_DELAYS_MS,
} from "./retry.ts";
import type { Channel } from "../service/service.ts";
import type { Status } from "../notification/status.ts";

/** An attempt that has been made. Times are epoch milliseconds. */
export interface Attempt {
  /** 1 for the first. */
  readonly number: number;
  readonly provider: string;
  readonly channel: Channel;
  /** When the notification was accepted. */
  readonly acceptedAt: number;
  /** A text to another country completes as `sent`: no receipt is awaited from its carriers. */
  readonly international: boolean;
  /** The outcome of an earlier attempt is unknown. */
  readonly unresolved: boolean;
  /** The provider sends no receipts: it has to be polled. */
  readonly polled?: boolean;
}

/** The changes that an attempt causes; they are written atomically. */
export interface AttemptResult {
  /** The status to move to; `undefined` keeps the current one. */
  readonly status: Status | undefined;
  /** The provider's own id of the message, by which receipts find it. */
  readonly providerMessageId: string | undefined;
  /** The outbox row: deleted, due for another attempt, due for a poll, or awaiting a receipt until it expires. */
  readonly next:
    | { readonly kind: "done" }
    | { readonly kind: "again"; readonly dueAt: number }
    | { readonly kind: "poll"; readonly dueAt: number }
    | { readonly kind: "expire"; readonly dueAt: number };
  /** Whether the outcome of an attempt so far is unknown: the provider may have the message. */
  readonly unresolved: boolean;
  readonly events: readonly { readonly kind: EventKind; readonly facts: EventFacts }[];
}

/**
 * Decides the result of an attempt from its outcome.
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
        next: outcome.delivered === true || attempt.international
          ? { kind: "done" }
          : attempt.polled === true
          ? { kind: "poll", dueAt: now + pollDelayMs(0) }
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
    case "retry": {
      const isUnknown = outcome.outcome === "unknown";
      const delay = retryDelayMs({
        attempts: number,
        elapsedMs: now - attempt.acceptedAt,
        afterMs: outcome.afterMs,
        random,
        delays: isUnknown ? UNKNOWN_DELAYS_MS[attempt.channel] : undefined,
      });
      const facts = { ...base, outcome: outcome.outcome, code: outcome.code };
      if (isUnknown && attempt.unresolved && number >= MAX_UNKNOWN_ATTEMPTS[attempt.channel]) {
        // The provider may have the message: await its receipt instead of sending again.
        return {
          status: "sending",
          providerMessageId: undefined,
          next: { kind: "expire", dueAt: now + RECEIPT_WAIT_MS },
          unresolved: true,
          events: [{ kind: "attempt-ended", facts }],
        };
      }
      if (delay === null) {
        return {
          status: "technical-failure",
          providerMessageId: undefined,
          next: { kind: "done" },
          unresolved: false,
          events: [{ kind: "attempt-ended", facts }],
        };
      }
      const dueAt = now + delay;
      return {
        status: undefined,
        providerMessageId: undefined,
        next: { kind: "again", dueAt },
        unresolved: attempt.unresolved || isUnknown,
        events: [{
          kind: "attempt-ended",
          facts: { ...facts, next_attempt_at: new Date(dueAt).toISOString() },
        }],
      };
    }
  }
}

function acceptedStatus(
  { international }: Attempt,
  { delivered }: Extract<SendOutcome, { kind: "accepted" }>,
): Status {
  if (delivered === true) return "delivered";
  return international ? "sent" : "sending";
}

/**
 * Decides the result of a poll that returned no final receipt.
 *
 * @param sinceMs time since the provider accepted the message
 */
export function settlePoll(sinceMs: number, now: number): AttemptResult {
  if (sinceMs >= RECEIPT_WAIT_MS) return finishWithoutAttempt("temporary-failure", "no-receipt");
  return { ...NO_FURTHER_WORK, next: { kind: "poll", dueAt: now + pollDelayMs(sinceMs) } };
}

/** A due row whose message cannot be decrypted. Times are epoch milliseconds. */
export interface Undecryptable {
  readonly task: "deliver" | "poll" | "expire";
  /** When the notification was accepted, or scheduled for if that is later. */
  readonly acceptedAt: number;
  readonly sentAt: number | null;
  readonly unresolved: boolean;
  /** Why the message is cancelled; `undefined` when it is not. */
  readonly cancellationReason: string | undefined;
  /** When it was found to be undecryptable, before which it was not tried or could be decrypted. */
  readonly since: number;
}

/** The code of a message that could not be decrypted for 72 hours: its master key is missing, or it is corrupted. */
export const CANNOT_DECRYPT = "cannot-be-opened";

/**
 * Decides the result for a message that cannot be decrypted. Delivery is retried later, because the key may be
 * restored. Polling and expiry need no decryption and continue.
 */
export function settleUndecryptable(
  { task, acceptedAt, sentAt, unresolved, cancellationReason, since }: Undecryptable,
  now: number,
): AttemptResult {
  switch (task) {
    case "expire":
      return finishWithoutAttempt("temporary-failure", "no-receipt");
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

/** The result that only deletes the row: the notification is already complete. */
export const NO_FURTHER_WORK: AttemptResult = {
  status: undefined,
  providerMessageId: undefined,
  next: { kind: "done" },
  unresolved: false,
  events: [],
};

/** The result that ends a notification without an attempt, with the reason on its timeline. */
export function finishWithoutAttempt(status: Status, code: string): AttemptResult {
  return {
    ...NO_FURTHER_WORK,
    status,
    events: [{ kind: "attempt-ended", facts: { outcome: "not-sent", code } }],
  };
}

/**
 * The result that ends a notification as failed. If the outcome of an earlier attempt is unknown, the provider may have the
 * message, and it must not be reported as unsent: a receipt is awaited instead.
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
 * The result that postpones a notification, with the time on its timeline.
 *
 * @param unresolved the outcome of an earlier attempt is unknown; it stays so
 */
export function postponeUntil(dueAt: number, code: string, unresolved: boolean): AttemptResult {
  return {
    ...NO_FURTHER_WORK,
    unresolved,
    next: { kind: "again", dueAt },
    events: [{ kind: "held", facts: { code, until: new Date(dueAt).toISOString() } }],
  };
}
