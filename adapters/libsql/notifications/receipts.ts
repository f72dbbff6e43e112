import type { InStatement } from "@libsql/client";
import type { EventFacts } from "../../../domain/notification/notification.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { ReceiptStore } from "../../../domain/ports/receipt_store.ts";
import { type Receipt, RECEIPT_KINDS, type ReceiptKind } from "../../../domain/delivery/receipt.ts";
import { type Status, STATUS_TABLE, statusOfReceipt } from "../../../domain/notification/status.ts";
import type { Database, Row } from "../connection/database.ts";
import { MAX_GROUP_SIZE } from "../connection/group_commit.ts";
import { shareCommits } from "../connection/share_commits.ts";
import {
  AWAIT_RECEIPTS,
  INSERT_RECEIPTS,
  INSERT_REPORT_EVENTS,
  MARK_APPLIED,
  RECORD_COMPLAINTS,
  SELECT_APPLICABLE,
  SELECT_UNAPPLIED,
  STATUS_CHANGES,
} from "./receipt_statements.ts";
import {
  leaveOutbox,
  recordIgnored,
  transition,
  type TransitionSource,
} from "./status_transition.ts";
import {
  oneOf,
  rowsOf,
  storedTextOrNull,
  text,
  toStored,
  toStoredOrNull,
} from "../connection/row.ts";

/** The size of a receipt in a shared commit, which weighs by its statements: 250 receipts fill one. */
const RECEIPT_SIZE = MAX_GROUP_SIZE / 250;

/** A position before every message: as the others a row of {@link SELECT_UNAPPLIED}, as JSON. */
const FIRST_MESSAGE = JSON.stringify({ provider: "", message_id: "" });

/** A receipt as the statements read it. `at` is when it is applied, `mark` the id of its timeline event. */
interface ReceiptRow {
  readonly mark: string;
  readonly provider: string;
  readonly dedupe_key: string;
  readonly kind: ReceiptKind;
  readonly service_id: string | null;
  readonly notification_id: string | null;
  readonly status: Status | null;
  readonly at: number;
  readonly details: EventFacts;
}

/** A receipt that is to be stored. */
interface NewReceiptRow extends ReceiptRow {
  readonly message_id: string;
  readonly code: string | null;
  readonly reported_at: number | null;
}

/** Receipts that arrived together. */
interface ReceiptCall {
  readonly receipts: readonly Receipt[];
  readonly now: number;
}

/**
 * Creates the store of delivery receipts. Calls that arrive while a commit is under way share the next one, which stores
 * their receipts and applies them.
 */
export function createReceiptStore(db: Database, clock: Clock): ReceiptStore {
  /** Applies stored receipts: all in one transaction, those of one notification one after the other. */
  async function applyStored(
    stored: readonly Row[],
    now: number,
    { write }: Pick<Database, "write"> = db,
  ): Promise<void> {
    if (stored.length === 0) return;
    const rows = stored.map((row): ReceiptRow =>
      receiptRow({
        provider: text(row, "provider"),
        dedupe_key: text(row, "dedupe_key"),
        kind: oneOf(row, "kind", RECEIPT_KINDS),
        service_id: text(row, "service_id"),
        notification_id: text(row, "notification_id"),
        at: now,
      }, storedTextOrNull(row, "code"))
    );
    await write(
      oneOfEachNotification(rows).flatMap((wave) => [
        statement(MARK_APPLIED, wave),
        ...applyStatements(wave),
      ]),
    );
  }

  function receiptRow(
    row: Omit<ReceiptRow, "mark" | "status" | "details">,
    code: string | null,
  ): ReceiptRow {
    return {
      ...row,
      mark: clock.newNotificationId(),
      status: statusOfReceipt(row.kind) ?? null,
      details: { provider: row.provider, ...(code === null ? {} : { code }) },
    };
  }

  function newReceiptRow(receipt: Receipt, now: number): NewReceiptRow {
    const { provider, kind, ref, code = null, at: reportedAt = null } = receipt;
    const row = {
      provider,
      dedupe_key: toStored(receipt.dedupeKey),
      kind,
      service_id: ref?.serviceId ?? null,
      notification_id: ref?.notificationId ?? null,
      at: now,
    };
    return {
      ...receiptRow(row, code),
      message_id: toStored(receipt.providerMessageId),
      code: toStoredOrNull(code),
      reported_at: reportedAt,
    };
  }

  const commit = shareCommits(
    db,
    async (calls: readonly ReceiptCall[]): Promise<readonly true[]> => {
      const rows = calls.flatMap(({ receipts, now }) =>
        receipts.map((receipt) => newReceiptRow(receipt, now))
      );
      const messages = rows.map(({ provider, message_id, dedupe_key }) => ({
        provider,
        message_id,
        dedupe_key,
      }));
      const results = await db.write([
        statement(INSERT_RECEIPTS, rows),
        ...applyStatements(rows),
        statement(SELECT_APPLICABLE, messages),
      ]);
      await applyStored(rowsOf(results, results.length - 1), latestOf(calls));
      return calls.map(() => true);
    },
    ({ receipts }) => receipts.length * RECEIPT_SIZE,
  );

  return {
    async receive(receipts, now) {
      if (receipts.length > 0) await commit({ receipts, now });
    },
    async applyUnmatched(provider, providerMessageIds, now) {
      const messages = providerMessageIds.map((id) => ({ provider, message_id: toStored(id) }));
      const results = await db.read([statement(SELECT_APPLICABLE, messages)]);
      await applyStored(rowsOf(results, 0), now);
    },
    async sweep(before, limit, now, after) {
      const results = await db.background.read([
        { sql: SELECT_UNAPPLIED, args: [after ?? FIRST_MESSAGE, before, limit] },
      ]);
      const messages = rowsOf(results, 0).map((row) => ({
        provider: text(row, "provider"),
        message_id: text(row, "message_id"),
      }));
      const last = messages.at(-1);
      if (last === undefined) return undefined;
      const applicable = await db.background.read([statement(SELECT_APPLICABLE, messages)]);
      await applyStored(rowsOf(applicable, 0), now, db.background);
      return messages.length < limit ? undefined : JSON.stringify(last);
    },
  };
}

function latestOf(calls: readonly ReceiptCall[]): number {
  return calls.reduce((latest, { now }) => Math.max(latest, now), 0);
}

function statement(sql: string, rows: readonly unknown[]): InStatement {
  return { sql, args: [JSON.stringify(rows)] };
}

/** Splits receipts, in their order, so that each part has one of a notification at most. */
function oneOfEachNotification(rows: readonly ReceiptRow[]): readonly (readonly ReceiptRow[])[] {
  const waves: ReceiptRow[][] = [];
  const counts = new Map<string, number>();
  for (const row of rows) {
    const name = `${row.service_id} ${row.notification_id}`;
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    (waves[count] ??= []).push(row);
  }
  return waves;
}

/** Applies receipts that the statement before has marked; it marks one of a notification at most. */
function applyStatements(rows: readonly ReceiptRow[]): readonly InStatement[] {
  const some = (sql: string, rows: readonly ReceiptRow[]) =>
    rows.length === 0 ? [] : [statement(sql, rows)];
  const reports = rows.filter(({ status }) => status === null);
  const interim = rows.filter(({ status }) =>
    status !== null && !STATUS_TABLE[status].leavesOutbox
  );
  return [
    ...some(INSERT_REPORT_EVENTS, reports),
    ...some(RECORD_COMPLAINTS, reports.filter(({ kind }) => kind === "complaint")),
    ...changeStatements(rows.filter(({ status }) => status !== null)),
    ...some(AWAIT_RECEIPTS, interim),
  ];
}

function changeStatements(rows: readonly ReceiptRow[]): readonly InStatement[] {
  if (rows.length === 0) return [];
  const source: TransitionSource = { sql: STATUS_CHANGES, args: [JSON.stringify(rows)] };
  return [
    recordIgnored(source, "receipt-ignored"),
    ...transition(source),
    // A row that a worker is attempting stays: the result of the attempt still has to record who took the message.
    leaveOutbox(source, "unleased"),
  ];
}
