/** What a run did with the messages that it answered with 201, by the rules of the ledger. */
import type { ShownEvent } from "../conformance/services.ts";

/** The figures of a row of the ledger, in messages. */
export interface Tally {
  /** Answered with 201. */
  readonly accepted: number;
  /** Ended as `delivered`. */
  readonly delivered: number;
  /** Hark has no such message, or it did not end. */
  readonly lost: number;
  /** The providers have no copy. */
  readonly neverSent: number;
  /** Copies at the providers beyond the first of each message. */
  readonly duplicated: number;
  /** Those of them that the timeline accounts for: {@link explainedCopies}. */
  readonly explained: number;
}

/** A message at the end of a run. */
export interface EndedMessage {
  /** Its status in the v2 API; `undefined` when Hark does not have it. */
  readonly status: string | undefined;
  /** How many copies the providers have. */
  readonly copies: number;
  readonly timeline: readonly ShownEvent[];
}

/** Statuses of messages that have not ended. */
const UNFINISHED = ["created", "sending", "pending"];

/**
 * How many copies beyond the first the timeline accounts for: one for each attempt that is marked as a possible duplicate,
 * and one for each time that the provider, which was asked, did not have the message.
 */
export function explainedCopies(timeline: readonly ShownEvent[]): number {
  return timeline.filter(({ kind, possible_duplicate, code }) =>
    kind === "attempt-started" && possible_duplicate === true || code === "not-found"
  ).length;
}

/** Counts the messages of a run. */
export function countMessages(messages: readonly EndedMessage[]): Tally {
  const count = (matches: (message: EndedMessage) => boolean) => messages.filter(matches).length;
  const sum = (of: (message: EndedMessage) => number) =>
    messages.reduce((total, message) => total + of(message), 0);
  const surplus = ({ copies }: EndedMessage) => Math.max(0, copies - 1);
  return {
    accepted: messages.length,
    delivered: count(({ status }) => status === "delivered"),
    lost: count(({ status }) => status === undefined || UNFINISHED.includes(status)),
    neverSent: count(({ copies }) => copies === 0),
    duplicated: sum(surplus),
    explained: sum((message) => Math.min(surplus(message), explainedCopies(message.timeline))),
  };
}

/** Adds the figures of several tallies. */
export function addTallies(tallies: readonly Tally[]): Tally {
  const sum = (of: (tally: Tally) => number) =>
    tallies.reduce((total, each) => total + of(each), 0);
  return {
    accepted: sum(({ accepted }) => accepted),
    delivered: sum(({ delivered }) => delivered),
    lost: sum(({ lost }) => lost),
    neverSent: sum(({ neverSent }) => neverSent),
    duplicated: sum(({ duplicated }) => duplicated),
    explained: sum(({ explained }) => explained),
  };
}

/** Why a tally breaks what Hark promises, a sentence each; empty when it does not. */
export function findBreaches(
  { accepted, delivered, lost, neverSent, duplicated, explained }: Tally,
): readonly string[] {
  return [
    ...(accepted === 0 ? ["no message was accepted"] : []),
    ...(lost > 0 ? [`${lost} of ${accepted} messages are lost`] : []),
    ...(neverSent > 0 ? [`${neverSent} of ${accepted} messages were never sent`] : []),
    ...(delivered < accepted ? [`only ${delivered} of ${accepted} messages were delivered`] : []),
    ...(duplicated > explained
      ? [`${duplicated - explained} of ${duplicated} duplicates are not explained`]
      : []),
  ];
}
