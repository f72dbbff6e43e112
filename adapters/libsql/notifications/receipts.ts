import type { InStatement } from "@libsql/client";
import { MAX_UNMATCHED_LISTED, type ReceiptStore } from "../../../domain/ports/receipt_store.ts";
import { type Receipt, RECEIPT_KINDS } from "../../../domain/delivery/receipt.ts";
import { STATUS_TABLE } from "../../../domain/notification/status.ts";
import type { Database, ResultSet, Row } from "../connection/database.ts";
import { shareCommits } from "../connection/share_commits.ts";
import {
  newReceiptRow,
  oneOfEachNotification,
  type ReceiptRow,
  receiptRow,
  withoutRepetitions,
} from "./receipt_rows.ts";
import {
  AWAIT_RECEIPTS,
  DELETE_STORED,
  INSERT_RECEIPTS,
  LEAVE_OUTBOX,
  RECORD_COMPLAINTS,
  RECORD_MESSAGES,
  REPORTS,
  SELECT_APPLICABLE,
  SELECT_OF_MESSAGE,
  SELECT_UNAPPLIED,
  STATUS_CHANGES,
} from "./receipt_statements.ts";
import { transition } from "./status_transition.ts";
import { appendEvents } from "./timeline.ts";
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

/** How many receipts fill a shared commit, which weighs by its statements. */
const RECEIPTS_TOGETHER = 250;

/** A position before every message: as the others a row of {@link SELECT_UNAPPLIED}, as JSON. */
const FIRST_MESSAGE = JSON.stringify({ provider: "", message_id: "" });

/** Receipts that arrived together. */
interface ReceiptCall {
  readonly receipts: readonly Receipt[];
  readonly now: number;
}

/**
 * Creates the store of delivery receipts (providers' reports about messages). Calls that arrive while a commit is
 * under way share the next one, which applies their receipts and stores those that cannot be applied yet.
 */
export function createReceiptStore(db: Database): ReceiptStore {
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
        message_id: text(row, "message_id"),
        mark: text(row, "mark"),
        kind: oneOf(row, "kind", RECEIPT_KINDS),
        service_id: uuid(row, "service_id"),
        notification_id: uuid(row, "notification_id"),
        attempt: integerOrNull(row, "attempt"),
        at: now,
      }, storedTextOrNull(row, "code"))
    );
    const results = await write(
      oneOfEachNotification(rows).flatMap((wave) => [
        statement(DELETE_STORED, wave),
        ...applyStatements(wave),
      ]),
    );
    if (haveResolved(results)) await write([statement(RECORD_MESSAGES, rows)]);
  }

  const commit = shareCommits(
    db,
    async (calls: readonly ReceiptCall[]): Promise<readonly true[]> => {
      const rows = withoutRepetitions(
        await Promise.all(
          calls.flatMap(({ receipts, now }) =>
            receipts.map((receipt) => newReceiptRow(receipt, now))
          ),
        ),
      );
      const messages = rows.map(({ provider, message_id, mark }) => ({
        provider,
        message_id,
        mark,
      }));
      const results = await db.write([
        statement(INSERT_RECEIPTS, rows),
        ...applyStatements(rows),
        statement(SELECT_APPLICABLE, messages),
      ]);
      if (haveResolved(results)) {
        await db.write([
          statement(RECORD_MESSAGES, rows.filter(({ service_id }) => service_id !== null)),
        ]);
      }
      await applyStored(rowsOf(results, results.length - 1), latestOf(calls));
      return calls.map(() => true);
    },
    ({ receipts }) => receipts.length * db.maxGroupSize / RECEIPTS_TOGETHER,
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
    async listUnmatched(provider, providerMessageId) {
      const args = [provider, toStored(providerMessageId), MAX_UNMATCHED_LISTED];
      const results = await db.readPoint([{ sql: SELECT_OF_MESSAGE, args }]);
      return rowsOf(results, 0).map((row) => ({
        kind: oneOf(row, "kind", RECEIPT_KINDS),
        receivedAt: integer(row, "received_at"),
      }));
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

/** Whether receipts, by these results of {@link applyStatements}, ended the wait for attempts of unknown outcome. */
function haveResolved(results: readonly ResultSet[]): boolean {
  return results.some((_, index) => rowsOf(results, index).some((row) => row.unresolved === 1));
}

function latestOf(calls: readonly ReceiptCall[]): number {
  return calls.reduce((latest, { now }) => Math.max(latest, now), 0);
}

function statement(sql: string, rows: readonly unknown[]): InStatement {
  return { sql, args: [JSON.stringify(rows)] };
}

/** Applies the receipts that are not stored, and not applied yet; these are one of a notification at most. */
function applyStatements(rows: readonly ReceiptRow[]): readonly InStatement[] {
  const some = (
    rows: readonly ReceiptRow[],
    statements: (args: [string]) => readonly InStatement[],
  ) => rows.length === 0 ? [] : statements([JSON.stringify(rows)]);
  const reports = rows.filter(({ status }) => status === null);
  const changes = rows.filter(({ status }) => status !== null);
  return [
    ...some(
      reports.filter(({ kind }) => kind === "complaint"),
      (args) => [{ sql: RECORD_COMPLAINTS, args }],
    ),
    ...some(reports, (args) => [appendEvents({ sql: REPORTS, args })]),
    ...some(changes, (args) => [
      ...transition({ sql: STATUS_CHANGES, args }, {
        ignored: "receipt-ignored",
        outcomesOf: "receipts",
        staysUnderWay: changes.every(({ status }) =>
          status === null || !STATUS_TABLE[status].completed
        ),
      }),
      { sql: LEAVE_OUTBOX, args },
    ]),
    ...some(
      changes.filter(({ status }) => status !== null && !STATUS_TABLE[status].leavesOutbox),
      (args) => [{ sql: AWAIT_RECEIPTS, args }],
    ),
  ];
}
