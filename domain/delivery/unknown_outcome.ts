/** Decides what follows when a provider was asked about attempts of unknown outcome. No I/O and no clock. */
import type { AcceptedOutcome, SearchResult } from "../ports/provider.ts";
import type { Channel } from "../service/service.ts";
import {
  type AttemptResult,
  finishWithoutAttempt,
  NO_FURTHER_WORK,
  type UnknownAttempt,
} from "./attempt_result.ts";
import {
  GIVE_UP_AFTER_MS,
  MAX_UNKNOWN_ATTEMPTS,
  RECEIPT_WAIT_MS,
  searchDelayMs,
  UNKNOWN_DELAYS_MS,
} from "./retry.ts";

/**
 * One provider's answer to the question whether it has the messages that its attempts of unknown outcome may have sent.
 */
export interface Answer {
  readonly provider: string;
  /** How long after an attempt's end a message that is not found counts as not sent, in milliseconds. */
  readonly graceMs: number;
  readonly result: SearchResult;
}

/** A message at a provider that an attempt of unknown outcome may have sent. */
export interface Candidate {
  readonly attempt: UnknownAttempt;
  readonly message: AcceptedOutcome;
}

/**
 * The next action after the providers' answers. `adopt`: one of the candidates is the message, unless all of them turn
 * out to be messages of other notifications. `settle`: nothing is sent now, and this result is recorded. `send`: the
 * message is sent again now; `unresolved` tells whether a provider may have it, so that it is marked as a possible
 * duplicate, and `events` are added to the timeline.
 */
export type Resolution =
  | { readonly kind: "adopt"; readonly candidates: readonly Candidate[] }
  | { readonly kind: "settle"; readonly result: AttemptResult }
  | {
    readonly kind: "send";
    readonly unresolved: boolean;
    readonly events: AttemptResult["events"];
  };

/**
 * The code of an attempt of unknown outcome whose provider was asked, and does not have the message: it was not sent.
 */
export const NOT_FOUND = "not-found";
/** The reason of a message that ends after 72 hours, while its provider could not be asked whether it has it. */
export const OUTCOME_UNKNOWN = "outcome-unknown";

/**
 * Decides what follows for a notification with attempts of unknown outcome.
 *
 * A message that a provider has is adopted. While a provider cannot answer, or its grace is not over, it is asked
 * again. When no provider has the message, it is sent again and is not marked. An attempt at a provider that cannot be
 * asked stays unknown: the message is sent again by the channel's delays and up to its maximum of tries. After 72 hours
 * the notification ends as `technical-failure`.
 *
 * @param unknown the attempts of unknown outcome, in their order, at least one
 * @param answers an answer of each provider that could be asked; the others count as `unsupported`
 * @param acceptedAt when the notification was accepted, or the time that it was scheduled for
 */
export function resolveUnknown(
  { unknown, answers, channel, acceptedAt, now, random }: {
    readonly unknown: readonly UnknownAttempt[];
    readonly answers: readonly Answer[];
    readonly channel: Channel;
    readonly acceptedAt: number;
    readonly now: number;
    readonly random: number;
  },
): Resolution {
  const asked = unknown.map((attempt) => ({
    attempt,
    answer: answers.find(({ provider }) => provider === attempt.provider),
  }));
  const candidates = asked.flatMap(({ attempt, answer }) =>
    answer?.result.kind === "found"
      ? answer.result.messages.map((message) => ({ attempt, message }))
      : []
  );
  if (candidates.length > 0) return { kind: "adopt", candidates: withoutRepetitions(candidates) };

  const isOver = now - acceptedAt > GIVE_UP_AFTER_MS;
  const waits = asked.flatMap(({ attempt, answer }) => {
    if (answer === undefined || answer.result.kind === "unsupported") return [];
    if (answer.result.kind === "found") {
      const untilMs = attempt.endedAt + answer.graceMs - now;
      return untilMs > 0 ? [untilMs] : [];
    }
    return isOver ? [] : [searchDelayMs(now - attempt.endedAt, answer.result.afterMs, random)];
  });
  if (waits.length > 0) return again(now + Math.max(...waits));

  const unresolved = asked.filter(({ answer }) => answer?.result.kind !== "found");
  const notFound = asked.filter(({ answer }) => answer?.result.kind === "found");
  if (unresolved.length > 0) {
    return isOver
      ? settle(finishWithoutAttempt("technical-failure", OUTCOME_UNKNOWN))
      : repeatUnknown(unresolved, channel, now);
  }
  const events = notFound.map(({ attempt: { provider, number: attempt } }) => ({
    kind: "attempt-ended" as const,
    facts: { provider, attempt, outcome: "not-sent" as const, code: NOT_FOUND },
  }));
  return isOver
    ? settle({ ...NO_FURTHER_WORK, status: "technical-failure", events })
    : { kind: "send", unresolved: false, events };
}

/** A provider's messages may answer for several attempts at it: the first of them counts. */
function withoutRepetitions(candidates: readonly Candidate[]): readonly Candidate[] {
  const first = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const name = `${candidate.attempt.provider} ${candidate.message.providerMessageId}`;
    if (!first.has(name)) first.set(name, candidate);
  }
  return [...first.values()];
}

function settle(result: AttemptResult): Resolution {
  return { kind: "settle", result };
}

function again(dueAt: number): Resolution {
  return settle({ ...NO_FURTHER_WORK, unresolved: true, next: { kind: "again", dueAt } });
}

/** The rule for providers that cannot be asked. */
function repeatUnknown(
  unknown: readonly { readonly attempt: UnknownAttempt; readonly answer: Answer | undefined }[],
  channel: Channel,
  now: number,
): Resolution {
  const tries = unknown.length;
  if (tries >= MAX_UNKNOWN_ATTEMPTS[channel]) {
    // The provider may have the message: await its receipt instead of sending again.
    return settle({
      ...NO_FURTHER_WORK,
      status: "sending",
      next: { kind: "expire", dueAt: now + RECEIPT_WAIT_MS },
      unresolved: true,
    });
  }
  const delays = UNKNOWN_DELAYS_MS[channel] ?? [];
  const delay = delays[Math.min(tries, delays.length) - 1] ?? 0;
  // The row of a provider that is never asked is due by these delays already. After the end of a process there is no
  // outage to outlast.
  const dueAt = unknown.reduce(
    (latest, { attempt, answer }) =>
      answer === undefined || attempt.isUnsettled === true
        ? latest
        : Math.max(latest, attempt.endedAt + delay),
    now,
  );
  return dueAt > now ? again(dueAt) : { kind: "send", unresolved: true, events: [] };
}
