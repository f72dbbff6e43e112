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
import { rememberRead } from "../connection/remember_read.ts";
import { renewLeases } from "../connection/renew_leases.ts";
import { shareBackgroundCommits, shareCommits } from "../connection/share_commits.ts";
import { readNotification } from "../notifications/notification_rows.ts";
import { transition } from "../notifications/status_transition.ts";
import { createClaim } from "./claim.ts";
import { REWIND_TURNS, SELECT_NEXT_DUE } from "./claim_statements.ts";
import {
  DELETE_DONE,
  INSERT_EVENTS,
  INSERT_PROVIDER_MESSAGES,
  INSERT_START_EVENTS,
  LEASED,
  RECORD_PROVIDER_ACCEPTED,
  RESCHEDULE,
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

/**
 * How often a claim goes on when it found undecryptable rows only: it puts them off, so that those behind them are reached.
 */
export const UNDECRYPTABLE_PASSES = 4;

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
  const claimRows = createClaim(db, clock);
  const commitStart = byPriority(db, commitStarts);
  const commitResult = byPriority(db, commitResults);

  /** Writes the results of claimed rows whose message cannot be decrypted. */
  async function settleUndecryptableRows(
    rows: readonly { readonly row: Row; readonly error: unknown }[],
    now: number,
  ): Promise<void> {
    if (rows.length === 0) return;
    const settled = rows.map(({ row, error }) => {
      const undecryptable = toUndecryptable(row, now);
      return {
        lease: leaseOf(row),
        result: settleUndecryptable(undecryptable, now),
        since: undecryptable.since,
        error: error instanceof Error ? error.name : "unknown",
      };
    });
    await Promise.all(
      settled.map(({ lease, result, since }) =>
        commitResult(lease, {
          ...resultRow(lease, undefined, result, now, clock),
          undecryptable_since: since,
        })
      ),
    );
    for (const { lease: { ref }, result: { next }, error } of settled) {
      onUndecryptable({ ref, error, ended: next.kind === "done" });
    }
  }

  /** @returns the claimed rows, and whether all that were claimed turned out to be undecryptable, so that more may be due */
  async function claimOnce(now: number, capacity: readonly ChannelCapacity[], leaseMs: number) {
    const rows = await claimRows(capacity, { now, until: now + leaseMs });
    const decrypted = await mapLimitSettled(
      rows,
      cryptoLimit(db.background.isBusy),
      (row) => readClaimedRow(encryption, row),
    );
    const undecryptable = rows.flatMap((row, index) => {
      const outcome = decrypted[index];
      return outcome?.status === "rejected" ? [{ row, error: outcome.reason }] : [];
    });
    // When this fails, the rows are claimed again after their leases; the decrypted ones must be sent nevertheless.
    await settleUndecryptableRows(undecryptable, now).catch(() => {});
    return {
      rows: decrypted.filter((outcome) => outcome.status === "fulfilled").map(({ value }) => value),
      isUndecryptable: undecryptable.length === rows.length &&
        rows.some((row) => row.undecryptable_since === null),
    };
  }

  return {
    nextDueAt: rememberRead(db, async () => {
      const [row] = rowsOf(await db.background.read([SELECT_NEXT_DUE]), 0);
      return row === undefined ? undefined : integerOrNull(row, "due_at") ?? undefined;
    }),
    async renewLeases(endingAfter, until) {
      await renewLeases(db, "outbox", endingAfter, until);
      await db.background.write([{ sql: REWIND_TURNS, args: [endingAfter] }]);
    },
    async claim(now, capacity, leaseMs) {
      for (let pass = 1;; pass++) {
        const { rows, isUndecryptable } = await claimOnce(now, capacity, leaseMs);
        if (!isUndecryptable || pass === UNDECRYPTABLE_PASSES) return rows;
      }
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

function toUndecryptable(row: Row, now: number): Undecryptable {
  return {
    task: oneOf(row, "task", TASKS),
    acceptedAt: integerOrNull(row, "scheduled_for") ?? integer(row, "created_at"),
    sentAt: integerOrNull(row, "sent_at"),
    unresolved: integer(row, "unresolved") === 1,
    cancellationReason: readCancellationReason(row),
    // Not since the accept: an old message may have been found by a process that has just got a wrong master key.
    since: integerOrNull(row, "undecryptable_since") ?? now,
  };
}

async function readClaimedRow(
  encryption: Encryption,
  row: Row,
): Promise<ClaimedRow> {
  const notification = await readNotification(encryption, row, "background");
  return {
    lease: leaseOf(row),
    task: oneOf(row, "task", TASKS),
    attempts: integer(row, "attempts"),
    unresolved: integer(row, "unresolved") === 1,
    providerMessageId: storedTextOrNull(row, "message_id") ?? undefined,
    cancellationReason: readCancellationReason(row),
    notification,
  };
}

function leaseOf(row: Row): Lease {
  const serviceId = text(row, "service_id") as ServiceId;
  const notificationId = text(row, "id") as NotificationId;
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
    undecryptable_since: null,
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
