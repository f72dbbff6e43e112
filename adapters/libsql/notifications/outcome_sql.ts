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
  mayMove,
  STATUSES,
} from "../../../domain/notification/status.ts";
import { CHANNELS } from "../../../domain/service/service.ts";

/** Some words as the operand of `IN`. */
export function listOf(words: readonly string[]): string {
  return `(${words.map((word) => `'${word}'`).join(", ")})`;
}

/** Every allowed change as the text `from>to`: SQLite compares a pair of columns with a subquery only, not with a list. */
function changes(may: typeof mayMove): readonly string[] {
  return STATUSES.flatMap((from) =>
    STATUSES.filter((to) => may(from, to)).map((to) => `${from}>${to}`)
  );
}

/** Whether the notification `n` may move to the status that the row `s` of a source asks for. */
export const MAY_MOVE = `coalesce((n.status || '>' || s.status) IN ${listOf(changes(mayMove))}, 0)`;

const MOVES = listOf(changes(mayMove));
const CORRECTIONS = listOf(changes(mayCorrect));
const FINAL = listOf(FINAL_STATUSES);

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

/** The outcomes of a notification `n` with the letter of a row `s` of a source in the place of its attempt. */
const ADDED = `CASE WHEN s.outcome IS NULL THEN n.outcomes
    WHEN s.attempt = 1 AND n.outcomes IS NULL AND n.status NOT IN ${FINAL}
      THEN '${NO_OUTCOME}' || s.outcome
    ELSE ${addedTo(`printf('%-*s', s.attempt + 1, ${KNOWN})`)} END`;

function addedTo(padded: string): string {
  return `substr(${padded}, 1, s.attempt) || substr(${ORDER},
    max(instr(${ORDER}, substr(${padded}, s.attempt + 1, 1)), instr(${ORDER}, s.outcome)), 1)
    || substr(${padded}, s.attempt + 2)`;
}

/** The newest attempt, where a failure is known: it is looked up for none else. */
const NEWEST = `CASE WHEN s.outcome IN ${
  listOf(FAILURES.map((failure) => OUTCOME_LETTERS[failure]))
} OR rtrim(n.outcomes, '${NO_OUTCOME}${OUTCOME_LETTERS.accepted}${OUTCOME_LETTERS.delivered}') <> ''
    THEN ${NEWEST_ATTEMPT} END`;

/** The part of the outcomes that ends with the newest failure; empty for none. */
const UP_TO_FAILURE = `rtrim(outcomes, '${NO_OUTCOME}${OUTCOME_LETTERS.accepted}')`;

/** The status that the outcomes report, or `NULL`. */
const REPORTED = `CASE WHEN instr(outcomes, '${OUTCOME_LETTERS.delivered}') THEN 'delivered'
    ELSE CASE substr(${UP_TO_FAILURE}, -1) ${
  FAILURES.map((failure) => `WHEN '${OUTCOME_LETTERS[failure]}' THEN '${failure}'`).join(" ")
} END END`;

/** The status that a row asks for by the outcomes, allowed or not; `NULL` for none. */
const TARGET = `CASE
    WHEN status IS NULL THEN NULL
    WHEN reported = 'delivered' THEN reported
    WHEN is_final THEN iif(outcome IS NULL, NULL, reported)
    WHEN status NOT IN ${FINAL} THEN status
    WHEN outcome IS NULL THEN coalesce(reported, status)
    WHEN length(${UP_TO_FAILURE}) - 1 >= newest THEN reported END`;

/**
 * A query that decides which rows of a source change which notifications. It has the source's columns and: `found` (the
 * notification's rowid), `present` (its status), `next` (the status that it moves to, or `NULL`), `is_final` (whether `present` is final), `events`,
 * `known_outcomes`, `outcomes`, and `names_attempt` (whether the event names the attempt). It reads a notification once
 * and keeps no rows: `LIMIT -1` makes SQLite compute each column once.
 *
 * @param sql a source of transitions; the options say which columns it has
 */
export function withNextStatus(
  sql: string,
  { accepts = false, outcomesOf }: {
    readonly accepts?: boolean;
    readonly outcomesOf?: "results" | "receipts" | undefined;
  } = {},
): string {
  const reports = outcomesOf === undefined
    ? "NULL AS outcome, NULL AS attempt, NULL AS newest, n.outcomes"
    : `s.outcome, s.attempt, ${NEWEST} AS newest,
      ${ADDED} AS outcomes`;
  const namesAttempt = outcomesOf === "receipts"
    ? "attempt > 0 AND (length(outcomes) > 2 OR coalesce(newest, 0) > 1)"
    : "0";
  return `SELECT *, ${namesAttempt} AS names_attempt,
      CASE WHEN iif(is_final, (present || '>' || target) IN ${CORRECTIONS},
        (present || '>' || target) IN ${MOVES}) THEN target END AS next
    FROM (SELECT *, ${TARGET} AS target
    FROM (SELECT *, present IN ${FINAL} AS is_final, ${REPORTED} AS reported
      FROM (SELECT n.rowid AS found, n.status AS present, n.events, n.outcomes AS known_outcomes,
          s.status, s.at, s.change, s.added, ${reports}
          ${accepts ? ", s.provider, s.message_id" : ""}
        FROM (${sql} LIMIT -1) AS s
        CROSS JOIN notifications AS n ON n.service_id = s.service_id AND n.id = s.notification_id
        LIMIT -1) LIMIT -1) LIMIT -1) LIMIT -1`;
}
