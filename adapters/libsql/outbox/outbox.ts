import type { InStatement } from "@libsql/client";
import type { NotificationId, ServiceId } from "../../../domain/ids.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { ClaimedRow, Lease, Outbox } from "../../../domain/ports/outbox.ts";
import type { NotificationRef } from "../../../domain/delivery/outgoing_message.ts";
import {
  type AttemptResult,
  settleUndecryptable,
} from "../../../domain/delivery/attempt_result.ts";
import { COMPLETED_STATUSES, movesInto } from "../../../domain/notification/status.ts";
import { mapLimitSettled } from "../../crypto/concurrency.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database, Row } from "../connection/database.ts";
import {
  commitIndividually,
  groupCommit,
  MAX_BACKGROUND_BATCH,
  MAX_IDLE_GROUP,
  MAX_REMOTE_GROUP,
} from "../connection/group_commit.ts";
import { readNotification } from "../notifications/notification_rows.ts";
import {
  CLAIM,
  DELETE_DONE,
  HELD,
  INSERT_EVENTS,
  INSERT_PROVIDER_MESSAGES,
  INSERT_START_EVENTS,
  INSERT_STATUS_EVENTS,
  MOVE_STATUS,
  RECORD_PROVIDER_ACCEPTED,
  RESCHEDULE,
  SELECT_DUE,
  START_ATTEMPTS,
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

const CALLED_OFF = ["acknowledged", "job-cancelled"] as const;
const TASKS = ["deliver", "poll", "expire"] as const;

/** How many rows of a channel one write to an embedded database claims: it holds up everything while it lasts. */
export const CLAIM_STEP = 50;
/** How many one round trip to a remote database claims. */
export const REMOTE_CLAIM_STEP = 500;

/** A row whose message could not be opened; it says nothing of what is in it. */
export interface UndecryptableRow {
  readonly ref: NotificationRef;
  /** The name of what was thrown. */
  readonly error: string;
  /** Whether it is not tried again. */
  readonly ended: boolean;
}

type OutboxRow = Readonly<Record<string, unknown>>;

/** Makes the way out of notifications over the `outbox` table. */
export function createOutbox(
  { db, encryption, clock, onUndecryptable = () => {} }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly clock: Clock;
    readonly onUndecryptable?: (row: UndecryptableRow) => void;
  },
): Outbox {
  const openedAt = clock.now();
  const share = db.embedded ? groupCommit : commitIndividually;
  const step = db.embedded ? CLAIM_STEP : REMOTE_CLAIM_STEP;
  const mostPatient = () =>
    !db.embedded ? MAX_REMOTE_GROUP : db.patient.isBusy() ? MAX_BACKGROUND_BATCH : MAX_IDLE_GROUP;
  // What was claimed may wait for what is being accepted and sent at once.
  const inTwo = <R>(
    commit: (to: Pick<Database, "write">, rows: readonly OutboxRow[]) => Promise<readonly R[]>,
  ) => {
    const urgent = share<OutboxRow, R>((rows) => commit(db, rows));
    const patient = (db.sharesCommits ? groupCommit : commitIndividually)<OutboxRow, R>(
      (rows) => commit(db.patient, rows),
      () => 0,
      mostPatient,
    );
    return (lease: Lease, row: OutboxRow) => (lease.claimed === true ? patient : urgent)(row);
  };
  const commitStart = inTwo(commitStarts);
  const commitSettle = inTwo(commitSettlements);

  async function settleUnopenedRows(
    rows: readonly { readonly row: Row; readonly error: unknown }[],
    token: string,
    now: number,
  ): Promise<void> {
    if (rows.length === 0) return;
    const settled = rows.map(({ row, error }) => {
      const lease = leaseOf(row, token);
      const settlement = settleUndecryptable({
        task: oneOf(row, "task", TASKS),
        // Nothing is given up that this process has not tried for long: it may just have been started without the key.
        acceptedAt: Math.max(
          openedAt,
          integerOrNull(row, "scheduled_for") ?? integer(row, "created_at"),
        ),
        sentAt: integerOrNull(row, "sent_at"),
        unresolved: integer(row, "unresolved") === 1,
        cancellationReason: calledOffOf(row),
      }, now);
      return { lease, settlement, error: error instanceof Error ? error.name : "unknown" };
    });
    await Promise.all(
      settled.map(({ lease, settlement }) =>
        commitSettle(lease, settlementRow(lease, undefined, settlement, now, clock))
      ),
    );
    for (const { lease: { ref }, settlement: { next }, error } of settled) {
      onUndecryptable({ ref, error, ended: next.kind === "done" });
    }
  }

  return {
    async claim(now, room, leaseMs) {
      const token = clock.newId();
      const rows: Row[] = [];
      let left = room;
      while (left.length > 0) {
        const results = await db.patient.write(
          left.flatMap(({ channel, most }) => {
            const some = Math.min(most, step);
            return [
              { sql: SELECT_DUE, args: [now, some, channel] },
              { sql: CLAIM, args: [now, some, channel, leaseMs, token] },
            ];
          }),
        );
        const taken = left.map((_, index) => rowsOf(results, 2 * index));
        rows.push(...taken.flat());
        left = left.flatMap(({ channel, most }, index) => {
          const count = taken[index]?.length ?? 0;
          return count === step && most > step ? [{ channel, most: most - step }] : [];
        });
      }
      const read = await mapLimitSettled(
        rows,
        db.patient.isBusy,
        (row) => readItem(encryption, row, token),
      );
      const unopened = rows.flatMap((row, index) => {
        const one = read[index];
        return one?.status === "rejected" ? [{ row, error: one.reason }] : [];
      });
      // Where that fails their leases bring them back; the others are to go out.
      await settleUnopenedRows(unopened, token, now).catch(() => {});
      return read.filter((one) => one.status === "fulfilled").map(({ value }) => value);
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
    async settle(lease, provider, settlement, now) {
      return await commitSettle(lease, settlementRow(lease, provider, settlement, now, clock));
    },
  };
}

async function readItem(encryption: Encryption, row: Row, token: string): Promise<ClaimedRow> {
  const notification = await readNotification(encryption, row);
  return {
    lease: leaseOf(row, token),
    task: oneOf(row, "task", TASKS),
    attempts: integer(row, "attempts"),
    unresolved: integer(row, "unresolved") === 1,
    providerMessageId: storedTextOrNull(row, "message_id") ?? undefined,
    cancellationReason: calledOffOf(row),
    notification,
  };
}

function leaseOf(row: Row, token: string): Lease {
  const serviceId = text(row, "service_id") as ServiceId;
  const notificationId = text(row, "id") as NotificationId;
  return { ref: { serviceId, notificationId }, token, claimed: true };
}

function calledOffOf(row: Row): ClaimedRow["cancellationReason"] {
  return row.called_off === null ? undefined : oneOf(row, "called_off", CALLED_OFF);
}

function leaseRow({ ref, token }: Lease): OutboxRow {
  return { service_id: ref.serviceId, id: ref.notificationId, token };
}

function settlementRow(
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
    from: status === undefined ? [] : movesInto(status),
    completed: status !== undefined && COMPLETED_STATUSES.includes(status),
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

async function commitSettlements(
  db: Pick<Database, "write">,
  rows: readonly OutboxRow[],
): Promise<readonly boolean[]> {
  // One array for all: it goes to the database's thread once.
  const args = [JSON.stringify(rows)];
  const statement = (sql: string): InStatement => ({ sql, args });
  const results = await db.write([
    statement(`SELECT o.notification_id, o.lease_token FROM ${HELD}`),
    statement(INSERT_EVENTS),
    statement(INSERT_STATUS_EVENTS),
    statement(INSERT_PROVIDER_MESSAGES),
    statement(RECORD_PROVIDER_ACCEPTED),
    statement(MOVE_STATUS),
    statement(DELETE_DONE),
    statement(RESCHEDULE),
  ]);
  const held = new Set(rowsOf(results, 0).map(nameOfLease));
  return rows.map((row) => held.has(`${row.id} ${row.token}`));
}

/** An old and a new holder of one row may be in one batch: what was written is the one's and not the other's. */
function nameOfLease(row: Row): string {
  return `${text(row, "notification_id")} ${text(row, "lease_token")}`;
}
