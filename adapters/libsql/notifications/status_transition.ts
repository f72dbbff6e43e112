/**
 * The only statement that writes `notifications.status` after the accept.
 *
 * A caller gives a {@link TransitionSource}: a query for the notifications that are to move. The statement moves those
 * whose present status allows it (`STATUS_TABLE`) and skips the others, so that no caller checks. What else changes with
 * the step, such as the events of an attempt and the provider that has the message, is written by the same statement:
 * each step writes a notification's row once.
 */
import type { InStatement, InValue } from "@libsql/client";
import type { EventKind } from "../../../domain/notification/notification.ts";
import {
  COMPLETED_STATUSES,
  movesInto,
  type Status,
  STATUSES,
  STATUSES_LEAVING_OUTBOX,
} from "../../../domain/notification/status.ts";
import { countOutcomes, NEW_COUNT } from "../statistics/count_statements.ts";
import { dailyScopeOf } from "./counter_value.ts";
import { appendedEvents, HAS_ROOM } from "./timeline.ts";

/**
 * A query for the notifications that are to move, with its arguments. It must name every argument, and select a
 * notification once.
 *
 * Its columns: `service_id`, `notification_id`, `status` (to move to; a `NULL` moves nothing), `at` (epoch
 * milliseconds), `change` (the event's facts as JSON, and after a comma the mark of a receipt), and `added` (events that
 * are appended before the change, as `appendedEvents` takes them, or `NULL`).
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

const COMPLETED = listOf(COMPLETED_STATUSES);

/** The statuses of notifications that end without having been sent. */
export const UNSENT_STATUSES: readonly Status[] = ["cancelled", "expired"];

const ENDING_UNSENT = listOf(UNSENT_STATUSES);

/** Every allowed move as the text `from>to`: SQLite compares a pair of columns with a subquery only, not with a list. */
const MOVES = listOf(STATUSES.flatMap((to) => movesInto(to).map((from) => `${from}>${to}`)));

function listOf(words: readonly string[]): string {
  return `(${words.map((word) => `'${word}'`).join(", ")})`;
}

/**
 * Whether no attempt of an outbox row `o` was started, and no worker is about to start one.
 *
 * @param now the argument that holds the time, such as `?4`
 */
export function isNotStarted(now: string): string {
  return `o.task = 'deliver' AND o.attempts = 0 AND (o.lease_token IS NULL OR o.due_at <= ${now})`;
}

/** Whether the notification `n` may move to the status that the row `s` of a source asks for. */
const MAY_MOVE = `coalesce((n.status || '>' || s.status) IN ${MOVES}, 0)`;

function event(kind: EventKind): string {
  return `'[' || cast(s.at AS INTEGER) || ',"${kind}",' || s.change || ']'`;
}

/** The events that a row adds: its own, and that of its change of status. */
function addedEvents(ignored: EventKind | undefined): string {
  const otherwise = ignored === undefined
    ? ""
    : `WHEN s.status IS NOT NULL AND ${HAS_ROOM} THEN ${event(ignored)}`;
  return `concat_ws(',', nullif(s.added, ''),
    CASE WHEN ${MAY_MOVE} THEN ${event("status-changed")} ${otherwise} END)`;
}

/** The assignments for a provider that has accepted a message. Apart, since they write an index entry anew. */
const RECORD_ACCEPTANCE = `, sent_at = iif(r.message_id IS NULL, sent_at, coalesce(sent_at, r.at)),
      provider = iif(r.message_id IS NULL, notifications.provider, r.provider),
      provider_message_id = coalesce(r.message_id, provider_message_id)`;

/**
 * Statements that run with changes of status. They run before the status is written, so that they see the previous
 * status, and must select by {@link MAY_MOVE} the notifications that are going to move. The timeline needs none: it is
 * a column of the row that is written.
 */
const SUBSCRIBERS: readonly {
  /** Whether it has nothing to do with the statuses of a source. */
  readonly skips: (options: TransitionOptions) => boolean;
  readonly toSql: (source: TransitionSource) => string;
}[] = [
  { skips: ({ endsUnsent }) => endsUnsent !== true, toSql: giveBackCharges },
  {
    skips: ({ staysUnderWay }) => staysUnderWay === true,
    toSql: ({ sql }) => countOutcomes(sql, MAY_MOVE),
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
  return [...subscribed.map(({ toSql }) => toSql(source)), moveStatus(source, options)]
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
  { ignored, accepts = false, staysUnderWay = false }: TransitionOptions,
): string {
  const counted = staysUnderWay
    ? ""
    : "counted_as = iif(r.moves AND counted_as IS NOT NULL, r.new_count, counted_as),";
  return `WITH c AS MATERIALIZED (
        SELECT n.rowid AS found, n.events, ${MAY_MOVE} AS moves, ${addedEvents(ignored)} AS added,
          s.status, s.at${accepts ? ", s.provider, s.message_id" : ""}${
    staysUnderWay ? "" : `, ${NEW_COUNT} AS new_count`
  }
        FROM (${sql}) AS s
        CROSS JOIN notifications AS n ON n.service_id = s.service_id AND n.id = s.notification_id),
      r AS (SELECT *, ${appendedEvents("events", "added")} AS timeline FROM c
        WHERE moves OR added <> ''${accepts ? " OR message_id IS NOT NULL" : ""})
      UPDATE notifications SET status = iif(r.moves, r.status, notifications.status),
        status_at = iif(r.moves, r.at, status_at),
        completed_at = iif(r.moves AND r.status IN ${COMPLETED}, r.at, completed_at),
        ${counted}
        events = r.timeline${accepts ? RECORD_ACCEPTANCE : ""}
      FROM r WHERE notifications.rowid = r.found`;
}

/**
 * Deletes the outbox rows of some notifications that have a status of {@link LEAVING_OUTBOX}; must run after
 * {@link transition}.
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
