import type { InStatement } from "@libsql/client";
import type { NotificationId, NotificationRef, ServiceId } from "../../../domain/ids.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type {
  ChannelCapacity,
  ClaimedRow,
  Lease,
  Outbox,
  SettleResult,
} from "../../../domain/ports/outbox.ts";
import {
  type AttemptResult,
  settleUndecryptable,
  type Undecryptable,
} from "../../../domain/delivery/attempt_result.ts";
import { mapLimitSettled } from "../../concurrency.ts";
import { cryptoLimit } from "../../crypto/concurrency.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database, Row } from "../connection/database.ts";
import { renewLeases } from "../connection/renew_leases.ts";
import { shareBackgroundCommits, shareCommits } from "../connection/share_commits.ts";
import { readNotification } from "../notifications/notification_rows.ts";
import { transition } from "../notifications/status_transition.ts";
import {
  CLAIM,
  DELETE_DONE,
  INSERT_EVENTS,
  INSERT_PROVIDER_MESSAGES,
  INSERT_START_EVENTS,
  LEASED,
  RECORD_PROVIDER_ACCEPTED,
  RESCHEDULE,
  SELECT_DUE,
  SELECT_UNMATCHED,
  START_ATTEMPTS,
  STATUS_CHANGES,
} from "./outbox_statements.ts";
import {
  integer,
  integerOrNull,
  oneOf,
  rowsOf,
  storedTextOrNull,
  text,
  toStored,
} from "../connection/row.ts";

const CANCELLATION_REASONS = ["acknowledged", "job-cancelled"] as const;
const TASKS = ["deliver", "poll", "expire"] as const;

/** Max rows of a channel that one write to an embedded database claims: a write blocks all other operations. */
const CLAIM_STEP = 50;
/** The same for one round trip to a remote database. */
const REMOTE_CLAIM_STEP = 500;

/** A row whose message could not be decrypted, without personal data. */
export interface UndecryptableRow {
  readonly ref: NotificationRef;
  /** The name of the error. */
  readonly error: string;
  /** Whether it is not retried. */
  readonly ended: boolean;
}

type OutboxRow = Readonly<Record<string, unknown>>;

/** Creates the outbox. */
export function createOutbox(
  { db, encryption, clock, onUndecryptable = () => {} }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly clock: Clock;
    readonly onUndecryptable?: (row: UndecryptableRow) => void;
  },
): Outbox {
  const startedAt = clock.now();
  const commitStart = byPriority(db, commitStarts);
  const commitResult = byPriority(db, commitResults);

  /** Writes the results of claimed rows whose message cannot be decrypted. */
  async function settleUndecryptableRows(
    rows: readonly { readonly row: Row; readonly error: unknown }[],
    token: string,
    now: number,
  ): Promise<void> {
    if (rows.length === 0) return;
    const settled = rows.map(({ row, error }) => ({
      lease: leaseOf(row, token),
      result: settleUndecryptable(toUndecryptable(row, startedAt), now),
      error: error instanceof Error ? error.name : "unknown",
    }));
    await Promise.all(
      settled.map(({ lease, result }) =>
        commitResult(lease, resultRow(lease, undefined, result, now, clock))
      ),
    );
    for (const { lease: { ref }, result: { next }, error } of settled) {
      onUndecryptable({ ref, error, ended: next.kind === "done" });
    }
  }

  return {
    renewLeases: (endingAfter, until) => renewLeases(db, "outbox", endingAfter, until),
    async claim(now, capacity, leaseMs) {
      const token = clock.newId();
      const rows = await claimRows(db, now, capacity, leaseMs, token);
      const decrypted = await mapLimitSettled(
        rows,
        cryptoLimit(db.background.isBusy),
        (row) => readClaimedRow(encryption, row, token),
      );
      const undecryptable = rows.flatMap((row, index) => {
        const outcome = decrypted[index];
        return outcome?.status === "rejected" ? [{ row, error: outcome.reason }] : [];
      });
      // When this fails, the rows are claimed again after their leases; the decrypted ones must be sent nevertheless.
      await settleUndecryptableRows(undecryptable, token, now).catch(() => {});
      return decrypted.filter((outcome) => outcome.status === "fulfilled").map(({ value }) =>
        value
      );
    },
    async start(lease, { provider, possibleDuplicate }, now, leaseUntil) {
      return await commitStart(lease, {
        ...leaseRow(lease),
        at: now,
        lease_until: leaseUntil,
        event_id: clock.newNotificationId(),
        facts: { provider, ...(possibleDuplicate ? { possible_duplicate: true } : {}) },
      });
    },
    async settle(lease, provider, result, now) {
      return await commitResult(lease, resultRow(lease, provider, result, now, clock));
    },
  };
}

/** Commits with the priority of the lease: claimed rows yield to rows that a request has just accepted. */
function byPriority<R>(
  db: Database,
  write: (to: Pick<Database, "write">, rows: readonly OutboxRow[]) => Promise<readonly R[]>,
): (lease: Lease, row: OutboxRow) => Promise<R> {
  const foreground = shareCommits<OutboxRow, R>(db, (rows) => write(db, rows));
  const background = shareBackgroundCommits<OutboxRow, R>(
    db,
    (rows) => write(db.background, rows),
  );
  return (lease, row) => (lease.claimed === true ? background : foreground)(row);
}

/** Claims due rows, step by step. */
async function claimRows(
  db: Database,
  now: number,
  capacity: readonly ChannelCapacity[],
  leaseMs: number,
  token: string,
): Promise<readonly Row[]> {
  const claimStep = db.embedded ? CLAIM_STEP : REMOTE_CLAIM_STEP;
  const rows: Row[] = [];
  let remaining = capacity;
  while (remaining.length > 0) {
    const results = await db.background.write(
      remaining.flatMap(({ channel, most }) => {
        const limit = Math.min(most, claimStep);
        return [
          { sql: SELECT_DUE, args: [now, limit, channel] },
          { sql: CLAIM, args: [now, limit, channel, leaseMs, token] },
        ];
      }),
    );
    const claimed = remaining.map((_, index) => rowsOf(results, 2 * index));
    rows.push(...claimed.flat());
    remaining = remaining.flatMap(({ channel, most }, index) => {
      const count = claimed[index]?.length ?? 0;
      return count === claimStep && most > claimStep ? [{ channel, most: most - claimStep }] : [];
    });
  }
  return rows;
}

/** @param startedAt when this process started */
function toUndecryptable(row: Row, startedAt: number): Undecryptable {
  const acceptedAt = integerOrNull(row, "scheduled_for") ?? integer(row, "created_at");
  return {
    task: oneOf(row, "task", TASKS),
    // Counted from process start at the earliest: the process may have been restarted with a wrong master key.
    acceptedAt: Math.max(startedAt, acceptedAt),
    sentAt: integerOrNull(row, "sent_at"),
    unresolved: integer(row, "unresolved") === 1,
    cancellationReason: readCancellationReason(row),
  };
}

async function readClaimedRow(
  encryption: Encryption,
  row: Row,
  token: string,
): Promise<ClaimedRow> {
  const notification = await readNotification(encryption, row);
  return {
    lease: leaseOf(row, token),
    task: oneOf(row, "task", TASKS),
    attempts: integer(row, "attempts"),
    unresolved: integer(row, "unresolved") === 1,
    providerMessageId: storedTextOrNull(row, "message_id") ?? undefined,
    cancellationReason: readCancellationReason(row),
    notification,
  };
}

function leaseOf(row: Row, token: string): Lease {
  const serviceId = text(row, "service_id") as ServiceId;
  const notificationId = text(row, "id") as NotificationId;
  return { ref: { serviceId, notificationId }, token, claimed: true };
}

function readCancellationReason(row: Row): ClaimedRow["cancellationReason"] {
  return row.cancellation_reason === null
    ? undefined
    : oneOf(row, "cancellation_reason", CANCELLATION_REASONS);
}

function leaseRow({ ref, token }: Lease): OutboxRow {
  return { service_id: ref.serviceId, id: ref.notificationId, token };
}

function resultRow(
  lease: Lease,
  provider: string | undefined,
  { status, providerMessageId, next, unresolved, events }: AttemptResult,
  now: number,
  clock: Clock,
): OutboxRow {
  return {
    ...leaseRow(lease),
    at: now,
    provider: provider ?? null,
    message_id: providerMessageId === undefined ? null : toStored(providerMessageId),
    events: events.map(({ kind, facts }) => ({
      id: clock.newNotificationId(),
      kind,
      facts: JSON.stringify(facts),
    })),
    status: status ?? null,
    status_event_id: clock.newNotificationId(),
    next: next.kind,
    unresolved: unresolved ? 1 : 0,
    task: next.kind === "expire" || next.kind === "poll" ? next.kind : "deliver",
    due_at: next.kind === "done" ? null : next.dueAt,
  };
}

async function commitStarts(
  db: Pick<Database, "write">,
  rows: readonly OutboxRow[],
): Promise<readonly (number | undefined)[]> {
  const args = [JSON.stringify(rows)];
  const results = await db.write([{ sql: START_ATTEMPTS, args }, {
    sql: INSERT_START_EVENTS,
    args,
  }]);
  const attempts = new Map(
    rowsOf(results, 0).map((row) => [nameOfLease(row), integer(row, "attempts")]),
  );
  return rows.map((row) => attempts.get(`${row.id} ${row.token}`));
}

async function commitResults(
  db: Pick<Database, "write">,
  rows: readonly OutboxRow[],
): Promise<readonly SettleResult[]> {
  // One argument array for all statements: it is copied to the database's thread once.
  const args = [JSON.stringify(rows)];
  const statement = (sql: string): InStatement => ({ sql, args });
  const results = await db.write([
    statement(`SELECT o.notification_id, o.lease_token FROM ${LEASED}`),
    statement(SELECT_UNMATCHED),
    statement(INSERT_EVENTS),
    ...transition({ sql: STATUS_CHANGES, args }),
    statement(INSERT_PROVIDER_MESSAGES),
    statement(RECORD_PROVIDER_ACCEPTED),
    statement(DELETE_DONE),
    statement(RESCHEDULE),
  ]);
  const [leased, unmatched] = [0, 1].map((index) =>
    new Set(rowsOf(results, index).map(nameOfLease))
  );
  return rows.map((row) => {
    const name = `${row.id} ${row.token}`;
    return {
      isWritten: leased?.has(name) === true,
      hasUnmatchedReceipts: unmatched?.has(name) === true,
    };
  });
}

/** Names a row with its lease: a batch may contain an expired and a valid lease of the same row. */
function nameOfLease(row: Row): string {
  return `${text(row, "notification_id")} ${text(row, "lease_token")}`;
}
