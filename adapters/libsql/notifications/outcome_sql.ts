/** SQL of the rules in `domain/delivery/outcomes.ts`. A test compares both. */
import {
  FAILURES,
  letterOrder,
  NO_OUTCOME,
  OUTCOME_LETTERS,
} from "../../../domain/delivery/outcomes.ts";
import {
  FINAL_STATUSES,
  mayCorrect,
  mayRedrive,
  movesInto,
  STATUSES,
} from "../../../domain/notification/status.ts";
import { CHANNELS } from "../../../domain/service/service.ts";

/** Words as the operand of SQL's `IN`, such as `('a', 'b')`. They are not escaped. */
export function listOf(words: readonly string[]): string {
  return `(${words.map((word) => `'${word}'`).join(", ")})`;
}

/**
 * SQL: whether an expression is one of some words, which are not escaped and have no `|`. Used instead of `IN`, which
 * would count as a row that is read, for each row of the query.
 */
export function isOneOf(expression: string, words: readonly string[]): string {
  return `instr('|${words.join("|")}|', '|' || ${expression} || '|') > 0`;
}

/** Every allowed move as the text `from>to`, and every correction. */
const MOVES = STATUSES.flatMap((to) => movesInto(to).map((from) => `${from}>${to}`));
const CORRECTIONS = STATUSES.flatMap((from) =>
  STATUSES.filter((to) => mayCorrect(from, to)).map((to) => `${from}>${to}`)
);

const REDRIVES = STATUSES.flatMap((from) =>
  STATUSES.filter((to) => mayRedrive(from, to)).map((to) => `${from}>${to}`)
);

/**
 * SQL: whether the notification `n` may move to the status that the row `s` of a `TransitionSource` asks for; 0 when
 * it asks for none.
 */
export const MAY_MOVE = `coalesce(${isOneOf("n.status || '>' || s.status", MOVES)}, 0)`;

/** The letters of a notification's channel from the weakest to the strongest. */
const ORDER = `CASE n.channel ${
  CHANNELS.filter((channel) => letterOrder(channel) !== letterOrder("sms"))
    .map((channel) => `WHEN '${channel}' THEN '${letterOrder(channel)}'`).join(" ")
} ELSE '${letterOrder("sms")}' END`;

/** The outcomes of a notification `n` before. One whose status an earlier version wrote has had one attempt. */
const KNOWN = `coalesce(n.outcomes, '${NO_OUTCOME}' || CASE n.status
    WHEN 'delivered' THEN '${OUTCOME_LETTERS.delivered}'
    WHEN 'permanent-failure' THEN '${OUTCOME_LETTERS["permanent-failure"]}' ELSE '' END)`;

/**
 * The number of the newest attempt at a notification `n`. An attempt that the outbox has counted and that was not settled
 * as accepted counts while the message is to be sent, and while its outcome is unknown.
 */
const NEWEST_ATTEMPT = `max(length(coalesce(n.outcomes, '')) - 1,
    coalesce((SELECT iif(o.task = 'deliver' OR o.unresolved, o.attempts, 0) FROM outbox AS o
      WHERE o.service_id = n.service_id AND o.notification_id = n.id), 0))`;

/**
 * The outcomes of a notification `n` with the letter of a row `s` of a source in the place of its attempt. The second case
 * is the usual one, and quick: the first attempt, of which no provider has said more than that it has the message.
 */
const ADDED = `CASE WHEN s.outcome IS NULL THEN n.outcomes
    WHEN s.attempt = 1 AND ${KNOWN} IN ('${NO_OUTCOME}', '${NO_OUTCOME}${OUTCOME_LETTERS.accepted}')
      THEN '${NO_OUTCOME}' || s.outcome
    ELSE ${addedTo(`printf('%-*s', s.attempt + 1, ${KNOWN})`)} END`;

function addedTo(padded: string): string {
  return `substr(${padded}, 1, s.attempt) || substr(${ORDER},
    max(instr(${ORDER}, substr(${padded}, s.attempt + 1, 1)), instr(${ORDER}, s.outcome)), 1)
    || substr(${padded}, s.attempt + 2)`;
}

/** The newest attempt, where a failure is known: it is looked up for none else. */
const NEWEST = `CASE WHEN ${
  isOneOf("s.outcome", FAILURES.map((failure) => OUTCOME_LETTERS[failure]))
} OR rtrim(n.outcomes, '${NO_OUTCOME}${OUTCOME_LETTERS.accepted}${OUTCOME_LETTERS.delivered}') <> ''
    THEN ${NEWEST_ATTEMPT} END`;

/** The part of the outcomes that ends with the newest failure; empty for none. */
const UP_TO_FAILURE = `rtrim(outcomes, '${NO_OUTCOME}${OUTCOME_LETTERS.accepted}')`;

/** The failure that the outcomes report when no attempt was delivered, or `NULL`. */
const FAILURE = `CASE substr(${UP_TO_FAILURE}, -1) ${
  FAILURES.map((failure) => `WHEN '${OUTCOME_LETTERS[failure]}' THEN '${failure}'`).join(" ")
} END`;

/** The status that a row asks for by the outcomes, allowed or not; `NULL` for none. */
const TARGET = `CASE
    WHEN status IS NULL THEN NULL
    WHEN instr(outcomes, '${OUTCOME_LETTERS.delivered}') THEN 'delivered'
    WHEN is_final THEN iif(outcome IS NULL, NULL, ${FAILURE})
    WHEN NOT ${isOneOf("status", FINAL_STATUSES)} THEN status
    WHEN outcome IS NULL THEN coalesce(${FAILURE}, status)
    WHEN length(${UP_TO_FAILURE}) - 1 >= newest THEN ${FAILURE} END`;

/** The status that a row leads to, or `NULL`: `target` is {@link TARGET}. */
const NEXT = `CASE WHEN iif(is_final, ${isOneOf("present || '>' || target", CORRECTIONS)}, ${
  isOneOf("present || '>' || target", MOVES)
}) THEN target END`;

/** Whether a redrive puts the notification `n` back to the status of the row `s`. */
const IS_REDRIVEN = isOneOf("n.status || '>' || s.status", REDRIVES);

/** The columns of a redrive `s`: the outcomes have a place for its attempt, as `openForAttempt` makes it. */
const REDRIVEN = `NULL AS outcome, s.attempt, NULL AS newest,
        iif(${IS_REDRIVEN}, printf('%-*s', s.attempt + 1, ${KNOWN}), n.outcomes) AS outcomes`;

/** The status to which a redrive leads, or `NULL`. */
const NEXT_REDRIVEN = `CASE WHEN ${isOneOf("present || '>' || status", REDRIVES)} THEN status END`;

/** The columns of a decision of Hark `s`: no provider has said anything. */
const DECIDED = "NULL AS outcome, NULL AS attempt, NULL AS newest, n.outcomes";

/** The columns of what a provider has said. */
const REPORTED = `s.outcome, s.attempt, ${NEWEST} AS newest, ${ADDED} AS outcomes`;

/**
 * A query that decides which rows of a `TransitionSource` change which notifications. It has the source's columns
 * and:
 *
 * - `found`: the notification's rowid, and `events`: its timeline;
 * - `present`: its status, and `is_final`: whether that is final;
 * - `known_outcomes` and `outcomes`: what providers have said of its attempts, before and with the row;
 * - `next`: the status that it moves to, or `NULL` when it does not move;
 * - `names_attempt`: whether the event of a receipt names its attempt.
 *
 * It reads a notification once and keeps no rows: `LIMIT -1` makes SQLite compute each column once.
 *
 * @param sql the source's query
 * @param options which further columns it has, as in `TransitionOptions`
 */
export function withNextStatus(
  sql: string,
  { accepts = false, outcomesOf, redrives = false }: {
    readonly accepts?: boolean;
    readonly outcomesOf?: "results" | "receipts" | undefined;
    readonly redrives?: boolean | undefined;
  } = {},
): string {
  const reports = redrives ? REDRIVEN : outcomesOf === undefined ? DECIDED : REPORTED;
  const namesAttempt = outcomesOf === "receipts"
    ? `attempt > 0 AND coalesce(newest > 1, length(outcomes) > 2 AND is_final AND ${NEXT} IS NOT NULL)`
    : "0";
  return `SELECT *, ${redrives ? NEXT_REDRIVEN : NEXT} AS next, ${namesAttempt} AS names_attempt
    FROM (SELECT *, ${
    redrives ? "NULL" : TARGET
  } AS target FROM (SELECT n.rowid AS found, n.status AS present, ${
    isOneOf("n.status", FINAL_STATUSES)
  } AS is_final,
        n.events, n.outcomes AS known_outcomes, s.status, s.at, s.change, s.added, ${reports}
        ${accepts ? ", s.provider, s.message_id" : ""}
      FROM (${sql}) AS s
      CROSS JOIN notifications AS n ON n.service_id = s.service_id AND n.id = s.notification_id
      LIMIT -1) LIMIT -1) LIMIT -1`;
}
