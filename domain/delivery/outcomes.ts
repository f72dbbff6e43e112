/**
 * What providers have said of each attempt at a notification, and the status that follows from it. An attempt keeps the
 * strongest report about it, so that the result depends on the set of reports and on no order among them. No I/O and no
 * clock.
 */
import type { Channel } from "../service/service.ts";
import {
  FINAL_STATUSES,
  mayCorrect,
  movesInto,
  type Status,
  statusOfReceipt,
} from "../notification/status.ts";
import type { AttemptResult } from "./attempt_result.ts";
import type { ReceiptKind } from "./receipt.ts";

/** What a provider can report about an attempt. `accepted`: it has the message, and has not said what became of it. */
export type AttemptOutcome =
  | "accepted"
  | "delivered"
  | "temporary-failure"
  | "technical-failure"
  | "permanent-failure";

/** A carrier that reports that a phone has the text has the last word on this attempt. */
const DELIVERED_LAST = [
  "accepted",
  "temporary-failure",
  "technical-failure",
  "permanent-failure",
  "delivered",
] as const;

/**
 * The outcomes of one attempt by channel, the weakest first: a stronger one replaces a weaker one, whichever comes
 * first. An e-mail is `delivered` when the recipient's server took it. The server may still return it: a hard bounce is
 * stronger. A soft bounce and a deferral are weaker, because the sending server tries again.
 */
export const OUTCOME_ORDER = {
  sms: DELIVERED_LAST,
  email: [
    "accepted",
    "temporary-failure",
    "delivered",
    "technical-failure",
    "permanent-failure",
  ],
  inbox: DELIVERED_LAST,
  diia: DELIVERED_LAST,
} as const satisfies Record<Channel, readonly AttemptOutcome[]>;

/** The letter of each outcome in {@link Outcomes}. */
export const OUTCOME_LETTERS = {
  accepted: "a",
  "temporary-failure": "t",
  "technical-failure": "x",
  "permanent-failure": "p",
  delivered: "d",
} as const satisfies Record<AttemptOutcome, string>;

/** The letter of an attempt of which no provider has said anything. */
export const NO_OUTCOME = " ";

/**
 * The outcomes of a notification's attempts, a letter each. The letter at the index 1 is that of the first attempt. The
 * letter at 0 is for reports of an unknown attempt that is not the newest.
 */
export type Outcomes = string;

/** The outcomes before any report. */
export const NO_OUTCOMES: Outcomes = NO_OUTCOME;

/** The letters of a channel's outcomes in one text, from the weakest, {@link NO_OUTCOME}, to the strongest. */
export function letterOrder(channel: Channel): string {
  return NO_OUTCOME + OUTCOME_ORDER[channel].map((outcome) => OUTCOME_LETTERS[outcome]).join("");
}

/**
 * Adds a report about an attempt: it replaces the attempt's outcome if it is stronger by {@link OUTCOME_ORDER}, and
 * otherwise changes nothing.
 *
 * @param attempt its number from 1, or 0 for an unknown one that is not the newest
 */
export function addOutcome(
  outcomes: Outcomes,
  attempt: number,
  outcome: AttemptOutcome,
  channel: Channel,
): Outcomes {
  const order = letterOrder(channel);
  const letters = [...outcomes.padEnd(attempt + 1, NO_OUTCOME)];
  const rank = Math.max(
    order.indexOf(letters[attempt] ?? NO_OUTCOME),
    order.indexOf(OUTCOME_LETTERS[outcome]),
  );
  letters[attempt] = order[rank] ?? NO_OUTCOME;
  return letters.join("");
}

/**
 * The status that providers have reported: `delivered` when that is the outcome of any attempt, else the failure of the
 * newest attempt that has one. `undefined` when no provider has reported the end of an attempt.
 */
export function reportedStatus(outcomes: Outcomes): Status | undefined {
  if (outcomes.includes(OUTCOME_LETTERS.delivered)) return "delivered";
  const newest = outcomes[newestFailure(outcomes)];
  return FAILURES.find((failure) => OUTCOME_LETTERS[failure] === newest);
}

/** The outcomes of an attempt that are failures; each is also the status of a notification that ends so. */
export const FAILURES = [
  "temporary-failure",
  "technical-failure",
  "permanent-failure",
] as const satisfies readonly (AttemptOutcome & Status)[];

/**
 * The number of the newest attempt whose outcome is a failure, when no attempt was delivered; 0 when only an unknown
 * attempt failed, -1 when none did.
 */
export function newestFailure(outcomes: Outcomes): number {
  return outcomes.replace(/[ a]+$/, "").length - 1;
}

/** A fact about a notification: a report of a provider about an attempt, or a decision of Hark. */
export interface StatusFact {
  /** The status to which the fact alone would lead. */
  readonly status: Status;
  /** What a provider said of the attempt; `undefined` for a decision of Hark, such as its time-out `no-receipt`. */
  readonly outcome: AttemptOutcome | undefined;
}

/**
 * Decides which status a fact leads to.
 *
 * - `delivered` of any attempt wins.
 * - A provider's failure of an attempt ends a notification when no later attempt was started. Before that it is kept.
 * - A decision of Hark, such as a time-out, never replaces a final status, and a provider's report of the end replaces
 *   such a decision. When Hark ends a notification, the failure that a provider has reported is its status.
 *
 * So the status at the end is `reportedStatus`, and without a report the decision of Hark, in whichever order they
 * come.
 *
 * @param present the present status
 * @param outcomes the outcomes with this fact added
 * @param newestAttempt the number of the newest attempt that was started
 * @returns the status to move to, or `undefined` when the notification keeps its status
 */
export function statusAfter(
  present: Status,
  { status, outcome }: StatusFact,
  outcomes: Outcomes,
  newestAttempt: number,
): Status | undefined {
  const target = targetOf(present, { status, outcome }, outcomes, newestAttempt);
  if (target === undefined) return undefined;
  return movesInto(target).includes(present) || mayCorrect(present, target) ? target : undefined;
}

function targetOf(
  present: Status,
  { status, outcome }: StatusFact,
  outcomes: Outcomes,
  newestAttempt: number,
): Status | undefined {
  const reported = reportedStatus(outcomes);
  if (reported === "delivered") return reported;
  if (FINAL_STATUSES.includes(present)) return outcome === undefined ? undefined : reported;
  if (!FINAL_STATUSES.includes(status)) return status;
  if (outcome === undefined) return reported ?? status;
  return newestFailure(outcomes) >= newestAttempt ? reported : undefined;
}

/**
 * Adds a place for the attempt that follows a redrive (the operator puts a failed message back to be sent). That attempt
 * is the newest from now on, so late reports of failure about earlier ones do not end the message again.
 *
 * @param nextAttempt the number of the attempt that follows
 */
export function openForAttempt(outcomes: Outcomes, nextAttempt: number): Outcomes {
  return outcomes.padEnd(nextAttempt + 1, NO_OUTCOME);
}

/** The outcome that a receipt reports; `undefined` for a complaint and an unsubscription. */
export function outcomeOfReceipt(kind: ReceiptKind): AttemptOutcome | undefined {
  const status = statusOfReceipt(kind);
  if (status === undefined) return undefined;
  return endedOutcome(status) ?? "accepted";
}

/**
 * What the provider's answer reports about the attempt; `undefined` when it is unknown, when the provider did not take
 * the message, and when no attempt was made.
 */
export function outcomeOfResult(
  { status, providerMessageId, events }: AttemptResult,
): AttemptOutcome | undefined {
  const answers = events.map(({ facts }) => facts.outcome);
  if (answers.includes("rejected")) return status && endedOutcome(status);
  if (status === "delivered") return status;
  return providerMessageId !== undefined || answers.includes("accepted") ? "accepted" : undefined;
}

function endedOutcome(status: Status): AttemptOutcome | undefined {
  return status === "delivered" ? status : FAILURES.find((failure) => failure === status);
}
