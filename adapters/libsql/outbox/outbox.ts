import { errorName } from "../../../domain/text/error_name.ts";
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
import { OUTCOME_LETTERS, outcomeOfResult } from "../../../domain/delivery/outcomes.ts";
import { COMPLETED_STATUSES } from "../../../domain/notification/status.ts";
import { settling } from "../../invocation/invocation.ts";
import { mapLimitSettled } from "../../concurrency.ts";
import { cryptoLimit } from "../../crypto/concurrency.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database, Row } from "../connection/database.ts";
import { rememberRead } from "../connection/remember_read.ts";
import { renewLeases } from "../connection/renew_leases.ts";
import { shareBackgroundCommits, shareCommits } from "../connection/share_commits.ts";
import { readNotification } from "../notifications/notification_rows.ts";
import { transition, UNSENT_STATUSES } from "../notifications/status_transition.ts";
import { eventText } from "../notifications/timeline.ts";
import { createClaim } from "./claim.ts";
import { createListedClaim } from "./claim_listed.ts";
import { listDueRows } from "./list_due.ts";
import { createOverdueClaim } from "./overdue.ts";
import { REWIND_TURNS, SELECT_NEXT_DUE } from "./claim_statements.ts";
import {
  AWAIT_REPORTED,
  DELETE_DONE,
  RESCHEDULE,
  RESULTS,
  SELECT_LEASED,
  SELECT_RECORDED,
  START_ATTEMPTS,
} from "./outbox_statements.ts";
import { readUnknownAttempts, unknownText } from "./unknown_attempts.ts";
import {
  integer,
  integerOrNull,
  oneOf,
  rowsOf,
  storedTextOrNull,
  text,
  toStored,
  uuid,
} from "../connection/row.ts";

const CANCELLATION_REASONS = ["acknowledged", "job-cancelled"] as const;
const TASKS = ["deliver", "poll", "expire"] as const;

/**
 * How many times one claim looks for rows while it finds undecryptable ones only: it puts these off, so that the rows
 * behind them are reached.
 */
export const UNDECRYPTABLE_PASSES = 4;

/** An outbox row whose message could not be decrypted, for a log: it has no personal data. */
export interface UndecryptableRow {
  readonly ref: NotificationRef;
  /** The `name` of the error that decryption threw. */
  readonly error: string;
  /** Whether the row was deleted from the outbox, so that it is not retried. */
  readonly ended: boolean;
}

type OutboxRow = Readonly<Record<string, unknown>>;

/**
 * Creates the store of the outbox: the table with a row for each notification that is to be sent, polled for its status,
 * or whose receipt is awaited.
 *
 * @param options `onUndecryptable` is called with each row whose message no data key decrypts
 */
export function createOutbox(
  { db, encryption, clock, onUndecryptable = () => {} }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly clock: Clock;
    readonly onUndecryptable?: (row: UndecryptableRow) => void;
  },
): Outbox {
  const claimRows = createClaim(db, clock);
  const claimListedRows = createListedClaim(db, clock);
  const claimOverdueRows = createOverdueClaim(db, clock);
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
        error: errorName(error),
      };
    });
    await Promise.all(
      settled.map(({ lease, result, since }) =>
        commitResult(lease, {
          ...resultRow(lease, undefined, result, now),
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
    return await decryptClaimed(await claimRows(capacity, { now, until: now + leaseMs }), now);
  }

  async function decryptClaimed(rows: readonly Row[], now: number) {
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
    async claimListed(now, list, leaseMs) {
      return (await decryptClaimed(await claimListedRows(list, { now, until: now + leaseMs }), now))
        .rows;
    },
    listDue: (now, channels, limit) => listDueRows(db, now, channels, limit),
    async claimOverdue(now, channels, leaseMs) {
      const rows = await claimOverdueRows(channels, { now, until: now + leaseMs });
      return (await decryptClaimed(rows, now)).rows;
    },
    async start(
      lease,
      { provider, selection, possibleDuplicate, resolvedBy = [] },
      now,
      leaseUntil,
    ) {
      return await commitStart(lease, {
        ...leaseRow(lease),
        at: now,
        resolved_by: eventsText(now, resolvedBy),
        lease_until: leaseUntil,
        facts: {
          provider,
          ...(selection === undefined ? {} : { selection }),
          ...(possibleDuplicate ? { possible_duplicate: true } : {}),
        },
      });
    },
    async settle(lease, provider, result, now) {
      return await commitResult(lease, resultRow(lease, provider, result, now));
    },
    async adopt(lease, provider, result, now) {
      return await commitResult(lease, { ...resultRow(lease, provider, result, now), adopts: 1 });
    },
    async listRecorded(provider, providerMessageIds) {
      const args = [provider, JSON.stringify(providerMessageIds.map(toStored))];
      const results = await db.background.read([{ sql: SELECT_RECORDED, args }]);
      return new Set(
        rowsOf(results, 0).flatMap((row) => storedTextOrNull(row, "message_id") ?? []),
      );
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
    acceptedAt: integerOrNull(row, "redriven_at") ?? integerOrNull(row, "scheduled_for") ??
      integer(row, "created_at"),
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

function leaseOf(row: Row): Lease {
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

function leaseRow({ ref, token }: Lease): OutboxRow {
  return { service_id: ref.serviceId, id: ref.notificationId, token };
}

function resultRow(
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

/** Events as the statements append them; `null` for none. */
function eventsText(now: number, events: AttemptResult["events"]): string | null {
  if (events.length === 0) return null;
  return events.map(({ kind, facts }) => eventText(now, kind, facts)).join(",");
}

async function commitStarts(
  db: Pick<Database, "write">,
  rows: readonly OutboxRow[],
): Promise<readonly (number | undefined)[]> {
  const args = [JSON.stringify(rows)];
  const results = await db.write([{ sql: START_ATTEMPTS, args }]);
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
  const endsUnsent = rows.some(({ status }) => UNSENT_STATUSES.some((unsent) => unsent === status));
  const statements = [
    { sql: SELECT_LEASED, args },
    ...transition({ sql: RESULTS, args }, {
      accepts: rows.some((row) => row.message_id !== null),
      outcomesOf: "results",
      endsUnsent,
      staysUnderWay: rows.every(({ status }) =>
        COMPLETED_STATUSES.every((completed) => completed !== status)
      ),
    }),
    ...endsUnsent ? [{ sql: AWAIT_REPORTED, args }] : [],
    { sql: DELETE_DONE, args },
    ...rows.every(({ next }) => next === "done") ? [] : [{ sql: RESCHEDULE, args }],
  ];
  const results = await settling(() => db.write(statements));
  const leased = new Map(
    rowsOf(results, 0).map((row) => [nameOfLease(row), integer(row, "has_unmatched") === 1]),
  );
  return rows.map((row) => {
    const hasUnmatchedReceipts = leased.get(`${row.id} ${row.token}`);
    return {
      isWritten: hasUnmatchedReceipts !== undefined,
      hasUnmatchedReceipts: hasUnmatchedReceipts === true,
    };
  });
}

/** Names a row with its lease: a batch may contain an expired and a valid lease of the same row. */
function nameOfLease(row: Row): string {
  return `${uuid(row, "notification_id")} ${text(row, "lease_token")}`;
}
