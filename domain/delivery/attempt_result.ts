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
  /** A text to another country ends as `sent`: its carriers are not asked for receipts. */
  readonly international: boolean;
  /** The outcome of an earlier attempt is not known. */
  readonly unresolved: boolean;
  /** The provider tells what became of a message only when it is asked. */
  readonly polled?: boolean;
}

/** What is written after an attempt, all together. */
export interface AttemptResult {
  /** The status to move to, when the outcome asks for one. */
  readonly status: Status | undefined;
  /** The provider's own id of the message, by which receipts find it. */
  readonly providerMessageId: string | undefined;
  /** What becomes of the outbox row: gone, due again, to be asked about, or waiting for a receipt until it expires. */
  readonly next:
    | { readonly kind: "done" }
    | { readonly kind: "again"; readonly dueAt: number }
    | { readonly kind: "poll"; readonly dueAt: number }
    | { readonly kind: "expire"; readonly dueAt: number };
  /** Whether an attempt so far may have reached the provider without our knowing. */
  readonly unresolved: boolean;
  readonly events: readonly { readonly kind: EventKind; readonly facts: EventFacts }[];
}

/**
 * Decides what follows from an attempt's outcome.
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
        // The provider may well have it: what is left is to wait for its word.
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
 * What follows from a provider having been asked about a message that it has not brought to its end.
 *
 * @param sinceMs time since it took the message
 */
export function settlePoll(sinceMs: number, now: number): AttemptResult {
  if (sinceMs >= RECEIPT_WAIT_MS) return finishWithoutAttempt("temporary-failure", "no-receipt");
  return { ...NO_FURTHER_WORK, next: { kind: "poll", dueAt: now + pollDelayMs(sinceMs) } };
}

/** A row that was due, of a message that cannot be opened. Times are epoch milliseconds. */
export interface Undecryptable {
  readonly task: "deliver" | "poll" | "expire";
  /** When the notification was accepted, or was to go out where that was later. */
  readonly acceptedAt: number;
  readonly sentAt: number | null;
  readonly unresolved: boolean;
  /** Why it is not to be sent any more, where it is not. */
  readonly cancellationReason: string | undefined;
}

/** The reason of what could never be opened, for its master key is gone or its bytes are not what was sealed. */
export const NOT_OPENED = "cannot-be-opened";

/**
 * Decides what becomes of a message that cannot be opened. To be sent it rests, as the key may yet be put back; what
 * needs no more than its row goes on as ever.
 */
export function settleUndecryptable(
  { task, acceptedAt, sentAt, unresolved, cancellationReason }: Undecryptable,
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
      const delay = undecryptableDelayMs(now - acceptedAt);
      return delay === null
        ? failPermanently("technical-failure", NOT_OPENED, unresolved, now)
        : { ...NO_FURTHER_WORK, unresolved, next: { kind: "again", dueAt: now + delay } };
    }
  }
}

/** Nothing more is to be done: another has brought the notification to its end. */
export const NO_FURTHER_WORK: AttemptResult = {
  status: undefined,
  providerMessageId: undefined,
  next: { kind: "done" },
  unresolved: false,
  events: [],
};

/** Ends a notification without an attempt, with the reason on its timeline. */
export function finishWithoutAttempt(status: Status, code: string): AttemptResult {
  return {
    ...NO_FURTHER_WORK,
    status,
    events: [{ kind: "attempt-ended", facts: { outcome: "not-sent", code } }],
  };
}

/**
 * Gives up a notification that may not be sent any more. Where the outcome of an earlier attempt is not known, its
 * provider may well have it, and nobody can say that it was not sent: what is left is to wait for the provider's word.
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
 * Puts off a notification that may not go out now, and says until when on its timeline.
 *
 * @param unresolved the outcome of an earlier attempt is not known, which stays so
 */
export function postponeUntil(dueAt: number, code: string, unresolved: boolean): AttemptResult {
  return {
    ...NO_FURTHER_WORK,
    unresolved,
    next: { kind: "again", dueAt },
    events: [{ kind: "held", facts: { code, until: new Date(dueAt).toISOString() } }],
  };
}
