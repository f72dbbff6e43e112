/**
 * The timeline of a notification, in its row: a JSON array of events `[at, kind, facts]`, oldest first. An event of a
 * receipt has the receipt's mark as a fourth element, so that a repeated receipt is recognised. The first event, the
 * accept, is not stored: it follows from `created_at`. The start of an attempt waits in the outbox for its result.
 */
import type { InStatement, InValue } from "@libsql/client";
import {
  EVENT_KINDS,
  type EventFacts,
  type EventKind,
  type TimelineEvent,
} from "../../../domain/notification/notification.ts";
import type { Row } from "../connection/database.ts";
import { integer, text, textOrNull } from "../connection/row.ts";

/**
 * Max events of a notification that others can cause without end, such as ignored receipts: with so many, no further one
 * of them is recorded. Attempts and changes of status always are; their number is bounded.
 */
export const MAX_EVENTS = 200;

/**
 * An event as the JSON that the statements append to a timeline.
 *
 * @param at epoch milliseconds
 * @param mark of the receipt that caused the event, by which a repeated receipt is recognised
 */
export function eventText(
  at: number,
  kind: EventKind,
  facts: EventFacts,
  mark?: string,
): string {
  return JSON.stringify([at, kind, facts, ...mark === undefined ? [] : [mark]]);
}

/**
 * SQL of the value of a column of events with further events at its end.
 *
 * @param events SQL of the column
 * @param added SQL of one or several events as JSON, with commas between them; nothing is added when it is empty
 */
export function appendedEvents(events: string, added: string): string {
  return `iif(${added} = '', ${events}, substr(${events}, 1, length(${events}) - 1)
      || iif(${events} = '[]', '', ',') || ${added} || ']')`;
}

/**
 * SQL: whether a column of events has fewer than {@link MAX_EVENTS}, so that an event that others cause may be
 * appended.
 */
export function hasRoom(events: string): string {
  return `json_array_length(${events}) < ${MAX_EVENTS}`;
}

/**
 * A statement that appends events to the timelines of notifications. A timeline that has {@link MAX_EVENTS} already
 * stays as it is.
 *
 * @param source selects `service_id`, `notification_id` and `added`, the JSON of an event; a notification at most
 * once
 */
export function appendEvents(
  { sql, args }: { readonly sql: string; readonly args: readonly InValue[] },
): InStatement {
  return {
    sql: `WITH r AS MATERIALIZED (
        SELECT n.rowid AS found, ${appendedEvents("n.events", "s.added")} AS events
        FROM (${sql}) AS s
        CROSS JOIN notifications AS n ON n.service_id = s.service_id AND n.id = s.notification_id
        WHERE ${hasRoom("n.events")})
      UPDATE notifications SET events = r.events FROM r WHERE notifications.rowid = r.found`,
    args: [...args],
  };
}

/**
 * Reads a timeline from the columns `created_at` and `events` of a notification, and `starts` of its outbox row: the
 * events of attempts that have no result yet. A receipt may be recorded before the result of its attempt, so the
 * events are sorted by their times; the accept is the first.
 */
export function readTimeline(row: Row): readonly TimelineEvent[] {
  const stored: readonly (readonly [number, string, EventFacts])[] = [
    ...JSON.parse(text(row, "events")),
    ...JSON.parse(`[${textOrNull(row, "starts") ?? ""}]`),
  ];
  const accepted: TimelineEvent = {
    at: integer(row, "created_at"),
    kind: "accepted",
    facts: { status: "created" },
  };
  return [accepted, ...stored.map(readEvent).toSorted((a, b) => a.at - b.at)];
}

function readEvent([at, name, facts]: readonly [number, string, EventFacts]): TimelineEvent {
  const kind = EVENT_KINDS.find((known) => known === name);
  if (kind === undefined) throw new Error(`an event has the unknown kind ${name}`);
  return { at, kind: facts.corrects === undefined ? kind : "status-corrected", facts };
}
