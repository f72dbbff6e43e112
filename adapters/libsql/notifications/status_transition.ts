/**
 * The only statement that writes `notifications.status` after the accept.
 *
 * A caller gives a {@link TransitionSource}: a query for the notifications that are to move. The statement moves those
 * whose present status allows it (`STATUS_TABLE`, `statusAfter`) and skips the others, so that no caller checks. What else changes with
 * the step, such as the events of an attempt and the provider that has the message, is written by the same statement:
 * each step writes a notification's row once.
 */
import type { InStatement, InValue } from "@libsql/client";
import type { EventKind } from "../../../domain/notification/notification.ts";
import {
  COMPLETED_STATUSES,
  type Status,
  STATUSES_LEAVING_OUTBOX,
} from "../../../domain/notification/status.ts";
import { countOutcomes, NEW_COUNT } from "../statistics/count_statements.ts";
import { dailyScopeOf } from "./counter_value.ts";
import { isOneOf, listOf, MAY_MOVE, withNextStatus } from "./outcome_sql.ts";
import { appendedEvents, hasRoom } from "./timeline.ts";

/**
 * A query for the notifications that are to move, with its arguments. It must name every argument, and select a
 * notification once.
 *
 * Its columns: `service_id`, `notification_id`, `status` (to move to; a `NULL` moves nothing), `at` (epoch
 * milliseconds), `change` (the event's facts as JSON, with `status` as the first, and after a comma the mark of a receipt),
 * and `added` (events that are appended before the change, as `appendedEvents` takes them, or `NULL`).
 */
export interface TransitionSource {
  readonly sql: string;
  readonly args: readonly InValue[];
}

/** What a transition writes beside the change of status. */
export interface TransitionOptions {
  /** The kind of event to record for a notification that may not move; no event when absent. */
  readonly ignored?: EventKind;
  /**
   * Whether the source has the columns `provider` and `message_id`: the provider that has accepted the message, and its
   * id of it. A `NULL` id changes nothing.
   */
  readonly accepts?: boolean;
  /**
   * Whether the source has the columns `outcome` (a letter of `OUTCOME_LETTERS`, or `NULL`) and `attempt` (the number of
   * the attempt that it is about): what a provider said, in its answer or in a receipt. Without it no provider said
   * anything, and no final status is corrected.
   */
  readonly outcomesOf?: "results" | "receipts";
  /**
   * Whether the operator puts the notifications back to be sent: they move as `redrives` of `STATUS_TABLE` says, and as
   * nothing else does. The source has the column `attempt`, the number of the attempt that follows.
   */
  readonly redrives?: boolean;
  /**
   * Whether some of the notifications may move to `cancelled` or `expired`: what was charged to a daily limit is then
   * given back for those of which no attempt was started.
   */
  readonly endsUnsent?: boolean;
  /**
   * Whether all of the notifications may only move between statuses of messages that are under way: no outcome is counted
   * then.
   */
  readonly staysUnderWay?: boolean;
}

/** The statuses whose notifications have no outbox row, as the operand of `IN`. */
export const LEAVING_OUTBOX = listOf(STATUSES_LEAVING_OUTBOX);

/** The statuses of notifications that end without having been sent. */
export const UNSENT_STATUSES: readonly Status[] = ["cancelled", "expired"];

const ENDING_UNSENT = listOf(UNSENT_STATUSES);

/**
 * SQL: whether an outbox row `o` is to be sent, no attempt of it was started, and no worker is about to start one.
 *
 * @param now the argument that holds the time, such as `?4`
 */
export function isNotStarted(now: string): string {
  return `o.task = 'deliver' AND o.attempts = 0 AND (o.lease_token IS NULL OR o.due_at <= ${now})`;
}

/** The facts of the event of a change: what was asked for, with the status that follows. Most follow as asked for. */
const CHANGE_FACTS = `CASE WHEN next = status AND NOT is_final AND NOT names_attempt THEN change
    ELSE replace(change, '"status":"' || status || '"',
      '"status":"' || coalesce(next, status) || '"'
      || iif(next IS NOT NULL AND is_final, ',"corrects":"' || present || '"', '')
      || iif(names_attempt, ',"attempt":' || attempt, '')) END`;

function event(kind: EventKind): string {
  return `'[' || cast(at AS INTEGER) || ',"${kind}",' || ${CHANGE_FACTS} || ']'`;
}

/**
 * The events that a row adds: its own, and that of its change of status. A correction is stored as a change with
 * `corrects`, which the version before can read.
 */
function addedEvents(ignored: EventKind | undefined): string {
  const otherwise = ignored === undefined
    ? ""
    : `WHEN status IS NOT NULL AND ${hasRoom("events")} THEN ${event(ignored)}`;
  return `concat_ws(',', nullif(added, ''),
    CASE WHEN next IS NOT NULL THEN ${event("status-changed")} ${otherwise} END)`;
}

/**
 * The assignments for a provider that has accepted a message. Apart, since they write an index entry anew. The answer's
 * time replaces that of a receipt which came before the first answer.
 */
const RECORD_ACCEPTANCE = `, sent_at = CASE WHEN r.message_id IS NULL THEN sent_at
        WHEN accepted_attempt IS NULL THEN r.at ELSE coalesce(sent_at, r.at) END,
      provider = iif(r.message_id IS NULL, notifications.provider, r.provider),
      provider_message_id = coalesce(r.message_id, provider_message_id),
      accepted_attempt = iif(r.message_id IS NULL, accepted_attempt, r.attempt)`;

/** The assignment for receipts: a provider that reports on a message has it, though its answer may have been lost. */
const RECORD_REPORT = `, sent_at = iif(r.outcome IS NULL, sent_at, coalesce(sent_at, r.at))`;

/**
 * The assignments for a redrive: it is neither completed nor sent. The id that a provider gave stays that of the former
 * attempt, so that late receipts are about that one.
 */
const RECORD_REDRIVE = `, sent_at = NULL, accepted_attempt = iif(provider_message_id IS NULL,
        accepted_attempt, coalesce(accepted_attempt, max(r.attempt - 1, 1)))`;

/** The assignment for statistics: as what a message is counted that is counted at all. */
const RECORD_COUNT = `, counted_as = iif(r.next IS NULL OR counted_as IS NULL, counted_as,
        r.new_count)`;

/**
 * Statements that run with changes of status. They run before the status is written, so that they see the previous
 * status. One that reacts to statuses that no provider reports selects by {@link MAY_MOVE} the notifications that are going
 * to move; one that reacts to every change, corrections included, reads `next` of {@link withNextStatus}. The timeline needs
 * none: it is a column of the row that is written.
 */
const SUBSCRIBERS: readonly {
  /** Whether it has nothing to do with the statuses of a source. */
  readonly skips: (options: TransitionOptions) => boolean;
  readonly toSql: (source: TransitionSource, options: TransitionOptions) => string;
}[] = [
  { skips: ({ endsUnsent }) => endsUnsent !== true, toSql: giveBackCharges },
  {
    skips: ({ staysUnderWay }) => staysUnderWay === true,
    toSql: ({ sql }, { outcomesOf, redrives }) =>
      countOutcomes(withNextStatus(sql, { outcomesOf, redrives })),
  },
];

/**
 * Moves the notifications of a source: `status`, `status_at`, `completed_at`, the timeline, and what the options say.
 * Writes a row only when something of it changes. {@link SUBSCRIBERS} run in the same transaction.
 */
export function transition(
  source: TransitionSource,
  options: TransitionOptions = {},
): readonly InStatement[] {
  const subscribed = SUBSCRIBERS.filter(({ skips }) => !skips(options));
  return [...subscribed.map(({ toSql }) => toSql(source, options)), moveStatus(source, options)]
    .map((sql) => ({ sql, args: [...source.args] }));
}

/**
 * Takes from the counters of daily limits what the notifications were charged that end without an attempt. An outbox row
 * counts the attempts that were started; every notification that may still end in this way has one.
 */
function giveBackCharges({ sql }: TransitionSource): string {
  return `WITH c AS MATERIALIZED (
      SELECT n.service_id, ${dailyScopeOf("n.limit_day", "k.value")} AS scope, count(*) AS messages
      FROM (${sql}) AS s
      CROSS JOIN notifications AS n ON n.service_id = s.service_id AND n.id = s.notification_id
      CROSS JOIN outbox AS o ON o.service_id = n.service_id AND o.notification_id = n.id
      CROSS JOIN json_each(iif(n.international, json_array(n.channel, 'international_sms'),
        json_array(n.channel))) AS k
      WHERE s.status IN ${ENDING_UNSENT} AND ${MAY_MOVE} AND n.limit_day IS NOT NULL
        AND o.attempts = 0
      GROUP BY 1, 2)
    UPDATE counters SET value = max(value - c.messages, 0)
    FROM c WHERE counters.service_id = c.service_id AND counters.scope = c.scope`;
}

function moveStatus(
  { sql }: TransitionSource,
  options: TransitionOptions,
): string {
  const { ignored, accepts = false, outcomesOf, redrives = false, staysUnderWay = false } = options;
  return `WITH c AS MATERIALIZED (SELECT *, ${addedEvents(ignored)} AS new_events
          ${staysUnderWay ? "" : `, ${NEW_COUNT} AS new_count`}
        FROM (${withNextStatus(sql, { accepts, outcomesOf, redrives })}) AS touched),
      r AS (SELECT *, ${appendedEvents("events", "new_events")} AS timeline FROM c
        WHERE next IS NOT NULL OR new_events <> '' OR outcomes IS NOT known_outcomes
          ${accepts ? " OR message_id IS NOT NULL" : ""})
      UPDATE notifications SET status = coalesce(r.next, notifications.status),
        status_at = iif(r.next IS NULL, status_at, r.at),
        completed_at = iif(${isOneOf("r.next", COMPLETED_STATUSES)}, r.at, ${
    redrives ? "NULL" : "completed_at"
  }),
        events = r.timeline
        ${staysUnderWay ? "" : RECORD_COUNT}
        ${outcomesOf === undefined && !redrives ? "" : ", outcomes = r.outcomes"}
        ${outcomesOf === "receipts" ? RECORD_REPORT : ""}
        ${accepts ? RECORD_ACCEPTANCE : ""}
        ${redrives ? RECORD_REDRIVE : ""}
      FROM r WHERE notifications.rowid = r.found`;
}

/**
 * Deletes the outbox rows of a source's notifications that have a status of {@link LEAVING_OUTBOX}; must run after
 * {@link transition}, with the same source.
 */
export function leaveOutbox({ sql, args }: TransitionSource): InStatement {
  return {
    sql: `DELETE FROM outbox WHERE (service_id, notification_id) IN (
      SELECT n.service_id, n.id FROM (${sql}) AS s
      CROSS JOIN notifications AS n ON n.service_id = s.service_id AND n.id = s.notification_id
      WHERE n.status IN ${LEAVING_OUTBOX})`,
    args: [...args],
  };
}
