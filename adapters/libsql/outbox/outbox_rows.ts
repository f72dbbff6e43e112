/** Rows of the outbox: how claimed rows are read, and how the result of an attempt is written. */
import type { NotificationId, ServiceId } from "../../../domain/ids.ts";
import type { ClaimedRow, Lease } from "../../../domain/ports/outbox.ts";
import type { AttemptResult, Undecryptable } from "../../../domain/delivery/attempt_result.ts";
import { OUTCOME_LETTERS, outcomeOfResult } from "../../../domain/delivery/outcomes.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { Row } from "../connection/database.ts";
import {
  integer,
  integerOrNull,
  oneOf,
  storedTextOrNull,
  text,
  toStored,
  uuid,
} from "../connection/row.ts";
import { readNotification } from "../notifications/notification_rows.ts";
import { eventText } from "../notifications/timeline.ts";
import { readUnknownAttempts, unknownText } from "./unknown_attempts.ts";

const CANCELLATION_REASONS = ["acknowledged", "job-cancelled"] as const;
const TASKS = ["deliver", "poll", "expire"] as const;

/** A row of the JSON array that the statements of attempts take: its fields by their names in the SQL. */
export type OutboxRow = Readonly<Record<string, unknown>>;

/** Reads what decides about a claimed row whose message cannot be decrypted. */
export function toUndecryptable(row: Row, now: number): Undecryptable {
  return {
    task: oneOf(row, "task", TASKS),
    acceptedAt: integerOrNull(row, "redriven_at") ?? integerOrNull(row, "scheduled_for") ??
      integer(row, "created_at"),
    sentAt: integerOrNull(row, "sent_at"),
    unresolved: integer(row, "unresolved") === 1,
    cancellationReason: readCancellationReason(row),
    // Not since the accept: an old message may have been found by a process that has just got a wrong master key.
    since: integerOrNull(row, "undecryptable_since") ?? now,
  };
}

/** Reads a claimed row, and decrypts its notification. @throws when no data key decrypts it */
export async function readClaimedRow(
  encryption: Encryption,
  row: Row,
): Promise<ClaimedRow> {
  const notification = await readNotification(encryption, row, "background");
  const redrivenAt = integerOrNull(row, "redriven_at");
  return {
    lease: leaseOf(row),
    task: oneOf(row, "task", TASKS),
    attempts: integer(row, "attempts"),
    unresolved: integer(row, "unresolved") === 1,
    unknown: readUnknownAttempts(row),
    providerMessageId: storedTextOrNull(row, "message_id") ?? undefined,
    cancellationReason: readCancellationReason(row),
    ...(integer(row, "job_is_paused") === 1 ? { jobIsPaused: true as const } : {}),
    ...(redrivenAt === null ? {} : { redrivenAt }),
    notification,
  };
}

/** Reads the lease of a claimed row. */
export function leaseOf(row: Row): Lease {
  const serviceId = uuid(row, "service_id") as ServiceId;
  const notificationId = uuid(row, "id") as NotificationId;
  return {
    ref: { serviceId, notificationId },
    token: text(row, "lease_token"),
    claimed: true,
  };
}

function readCancellationReason(row: Row): ClaimedRow["cancellationReason"] {
  return row.cancellation_reason === null
    ? undefined
    : oneOf(row, "cancellation_reason", CANCELLATION_REASONS);
}

/** The fields that find a leased row. */
export function leaseRow({ ref, token }: Lease): OutboxRow {
  return { service_id: ref.serviceId, id: ref.notificationId, token };
}

/** The fields by which the statements record the result of an attempt at `now`, in epoch milliseconds. */
export function resultRow(
  lease: Lease,
  provider: string | undefined,
  result: AttemptResult,
  now: number,
): OutboxRow {
  const { status, reason, providerMessageId, next, unresolved, unknown, events } = result;
  const outcome = outcomeOfResult(result);
  return {
    ...leaseRow(lease),
    at: now,
    provider: provider ?? null,
    message_id: providerMessageId === undefined ? null : toStored(providerMessageId),
    added: eventsText(now, events),
    status: status ?? null,
    change: status === undefined
      ? null
      : JSON.stringify({ status, ...reason === undefined ? {} : { code: reason } }),
    outcome: outcome === undefined ? null : OUTCOME_LETTERS[outcome],
    attempt: events.find(({ facts }) => facts.attempt !== undefined)?.facts.attempt ?? null,
    next: next.kind,
    unresolved: unresolved ? 1 : 0,
    unknown: unknown === undefined ? null : unknownText(unknown),
    undecryptable_since: null,
    task: next.kind === "expire" || next.kind === "poll" ? next.kind : "deliver",
    due_at: next.kind === "done" ? null : next.dueAt,
  };
}

/** Events as the statements append them to a timeline; `null` for none. */
export function eventsText(now: number, events: AttemptResult["events"]): string | null {
  if (events.length === 0) return null;
  return events.map(({ kind, facts }) => eventText(now, kind, facts)).join(",");
}
