/**
 * The only statements that write `notifications.status` after the accept.
 *
 * A caller gives a {@link TransitionSource}: a query for the notifications that are to move. The statements move
 * those whose present status allows it (`STATUS_TABLE`) and skip the others, so that no caller checks. A further
 * consequence of a change of status is one more entry of {@link SUBSCRIBERS}.
 */
import type { InStatement, InValue } from "@libsql/client";
import type { EventKind } from "../../../domain/notification/notification.ts";
import {
  COMPLETED_STATUSES,
  movesInto,
  STATUSES,
  STATUSES_LEAVING_OUTBOX,
} from "../../../domain/notification/status.ts";

/**
 * A query for the notifications that are to move, with its arguments.
 *
 * Its columns: `service_id`, `notification_id`, `status` (to move to; a `NULL` moves nothing), `at` (epoch
 * milliseconds), `event_id`, and `details`: a JSON object of the event's facts beside the status, or `NULL`.
 *
 * Each statement of a transition runs it again with the same arguments. It must therefore name every argument, and
 * must not depend on a status.
 */
export interface TransitionSource {
  readonly sql: string;
  readonly args: readonly InValue[];
}

/** The statuses whose notifications have no outbox row, as the operand of `IN`. */
export const LEAVING_OUTBOX = listOf(STATUSES_LEAVING_OUTBOX);

const COMPLETED = listOf(COMPLETED_STATUSES);

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

/** Whether a notification may move to the status that the row `r` of a source asks for. */
function mayMove(notifications: "n" | "notifications"): string {
  return `(${notifications}.status || '>' || r.status) IN ${MOVES}`;
}

/** The rows of a source as `r`, each with its notification as `n`. */
function withNotifications({ sql }: TransitionSource): string {
  return `(${sql}) AS r CROSS JOIN notifications AS n
    ON n.service_id = r.service_id AND n.id = r.notification_id`;
}

function insertEvents(source: TransitionSource, kind: EventKind, condition: string): string {
  return `INSERT INTO events (service_id, notification_id, id, at, kind, facts)
    SELECT n.service_id, n.id, r.event_id, r.at, '${kind}',
      json_patch(json_object('status', r.status), coalesce(r.details, '{}'))
    FROM ${withNotifications(source)} WHERE ${condition}`;
}

/** Adds the change to the notification's timeline. */
function recordEvents(source: TransitionSource): string {
  return insertEvents(source, "status-changed", mayMove("n"));
}

/**
 * The statements that run with every change of status. They run before the status is written, so that they see the
 * previous status, and must select by {@link mayMove} the notifications that are going to move.
 */
const SUBSCRIBERS: readonly ((source: TransitionSource) => string)[] = [recordEvents];

function moveStatus({ sql }: TransitionSource): string {
  return `UPDATE notifications SET status = r.status, status_at = r.at,
      completed_at = iif(r.status IN ${COMPLETED}, r.at, completed_at)
    FROM (${sql}) AS r
    WHERE notifications.service_id = r.service_id AND notifications.id = r.notification_id
      AND ${mayMove("notifications")}`;
}

function toStatement(sql: string, { args }: TransitionSource): InStatement {
  return { sql, args: [...args] };
}

/** Moves the notifications of a source: `status`, `status_at`, `completed_at`, and what {@link SUBSCRIBERS} write. */
export function transition(source: TransitionSource): readonly InStatement[] {
  return [...SUBSCRIBERS.map((subscriber) => subscriber(source)), moveStatus(source)]
    .map((sql) => toStatement(sql, source));
}

/** Adds an event for each notification that may not move; must run before {@link transition}. */
export function recordIgnored(source: TransitionSource, kind: EventKind): InStatement {
  return toStatement(insertEvents(source, kind, `NOT ${mayMove("n")}`), source);
}

/**
 * Deletes the outbox rows of a source's notifications that have a status of {@link LEAVING_OUTBOX}; must run after
 * {@link transition}.
 *
 * @param which `unleased` keeps rows that a worker is attempting
 */
export function leaveOutbox(source: TransitionSource, which: "all" | "unleased"): InStatement {
  return toStatement(
    `DELETE FROM outbox WHERE (service_id, notification_id) IN (
      SELECT n.service_id, n.id FROM ${withNotifications(source)}
      WHERE n.status IN ${LEAVING_OUTBOX})${which === "all" ? "" : " AND lease_token IS NULL"}`,
    source,
  );
}
