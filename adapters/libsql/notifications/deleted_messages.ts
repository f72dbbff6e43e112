/** What is kept of a deleted message, as JSON. */
import type { Value } from "@libsql/client";
import type { JobId, NotificationId, TemplateId } from "../../../domain/ids.ts";
import {
  type DeletedMessage,
  keptFailure,
  withoutDoubtfulCode,
} from "../../../domain/notification/deleted_message.ts";
import type { TimelineEvent } from "../../../domain/notification/notification.ts";
import { STATUSES } from "../../../domain/notification/status.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import type { Row } from "../connection/database.ts";
import {
  integer,
  integerOrNull,
  oneOf,
  text,
  textOrNull,
  uuid,
  uuidOrNull,
} from "../connection/row.ts";
import { readTimeline } from "./timeline.ts";

/** The facts in their order, with SQL of each for a notification `n`. Ids are hexadecimal, as JSON has no bytes. */
const FACTS = {
  channel: "n.channel",
  status: "n.status",
  provider: "n.provider",
  counted_as: "n.counted_as",
  job_id: "nullif(lower(hex(n.job_id)), '')",
  template_id: "lower(hex(n.template_id))",
  template_version: "n.template_version",
  scheduled_for: "n.scheduled_for",
  sent_at: "n.sent_at",
  completed_at: "n.completed_at",
} as const;

/** Columns by which {@link encodeMessage} reads a notification `n`. */
export const KEPT_COLUMNS = `json_array(${Object.values(FACTS).join(", ")}) AS facts,
  n.created_at, n.events, (SELECT o.starts FROM outbox AS o
    WHERE o.service_id = n.service_id AND o.notification_id = n.id) AS starts`;

/** The place of `counted_as` among the facts. */
const FAILURE_AT = Object.keys(FACTS).indexOf("counted_as");

/** What the value of `counted_as` of a failure begins with. */
export const FAILED = "failed ";

/** Why a message failed, by the value of `counted_as`; `undefined` for one that did not, or is not counted. */
export function failureOf(counted: string | null): string | undefined {
  return counted?.startsWith(FAILED) ? counted.slice(FAILED.length) : undefined;
}

/**
 * Returns what is kept of a message as JSON.
 *
 * @param row has {@link KEPT_COLUMNS}
 * @param keptDays for how many days the service keeps messages of the channel
 */
export function encodeMessage(row: Row, keptDays: number): string {
  const events = readEvents(row).filter(({ kind }) => kind !== "accepted")
    .map(({ at, kind, facts }) => [at, kind, withoutDoubtfulCode(facts)]);
  const facts: readonly Value[] = JSON.parse(text(row, "facts"));
  const kept = facts.map((value, at) => at === FAILURE_AT ? toFailure(value) : value);
  return JSON.stringify([kept, [keptDays, integer(row, "created_at")], events]);
}

/** Returns the `counted_as` of a failure, without a doubtful code; `null` for another value. */
function toFailure(counted: Value | undefined): Value {
  const failure = typeof counted === "string" ? failureOf(counted) : undefined;
  return failure === undefined ? null : FAILED + keptFailure(failure);
}

/** Returns the events of a message; none for a damaged timeline, which must not prevent the deletion. */
function readEvents(row: Row): readonly TimelineEvent[] {
  try {
    return readTimeline(row);
  } catch {
    return [];
  }
}

/** A message as {@link encodeMessage} wrote it. */
export type EncodedMessage = readonly [
  facts: readonly Value[],
  numbers: readonly [keptDays: number, createdAt: number],
  events: readonly unknown[],
];

/** Reads what {@link encodeMessage} returned. @throws Error for another value */
export function decodeMessage(
  id: NotificationId,
  [facts, [keptDays, createdAt], events]: EncodedMessage,
  deletedAt: number,
): DeletedMessage {
  const row: Row = {
    ...Object.fromEntries(Object.keys(FACTS).map((name, at) => [name, facts[at] ?? null])),
    created_at: createdAt,
    events: JSON.stringify(events),
    starts: null,
  };
  const jobId = uuidOrNull(row, "job_id");
  return {
    id,
    channel: oneOf(row, "channel", CHANNELS),
    templateId: uuid(row, "template_id") as TemplateId,
    templateVersion: integer(row, "template_version"),
    status: oneOf(row, "status", STATUSES),
    createdAt,
    scheduledFor: integerOrNull(row, "scheduled_for"),
    sentAt: integerOrNull(row, "sent_at"),
    completedAt: integerOrNull(row, "completed_at"),
    provider: textOrNull(row, "provider"),
    failure: failureOf(textOrNull(row, "counted_as")),
    jobId: jobId === null ? undefined : jobId as JobId,
    keptDays,
    deletedAt,
    events: readTimeline(row),
  };
}
