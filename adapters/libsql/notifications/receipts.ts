import type { InStatement } from "@libsql/client";
import type { EventFacts } from "../../../domain/notification/notification.ts";
import type { ReceiptStore } from "../../../domain/ports/receipt_store.ts";
import { type Receipt, RECEIPT_KINDS, type ReceiptKind } from "../../../domain/delivery/receipt.ts";
import { STATUS_TABLE, statusOfReceipt } from "../../../domain/notification/status.ts";
import type { Database, Row } from "../connection/database.ts";
import { MAX_GROUP_SIZE } from "../connection/group_commit.ts";
import { shareCommits } from "../connection/share_commits.ts";
import {
  AWAIT_RECEIPTS,
  DELETE_STORED,
  INSERT_RECEIPTS,
  LEAVE_OUTBOX,
  RECORD_COMPLAINTS,
  REPORTS,
  SELECT_APPLICABLE,
  SELECT_UNAPPLIED,
  STATUS_CHANGES,
} from "./receipt_statements.ts";
import { transition } from "./status_transition.ts";
import { appendEvents, eventText } from "./timeline.ts";
import {
  oneOf,
  rowsOf,
  storedTextOrNull,
  text,
  toStored,
  toStoredOrNull,
  uuid,
} from "../connection/row.ts";

/** The size of a receipt in a shared commit, which weighs by its statements: 250 receipts fill one. */
const RECEIPT_SIZE = MAX_GROUP_SIZE / 250;

/** A position before every message: as the others a row of {@link SELECT_UNAPPLIED}, as JSON. */
const FIRST_MESSAGE = JSON.stringify({ provider: "", message_id: "" });

/** How many bytes of its hash mark a receipt in the timeline of its notification, which has few. */
const MARK_BYTES = 9;

/** A receipt that is to be applied at a time. */
interface KnownReceipt {
  readonly provider: string;
  readonly message_id: string;
  readonly mark: string;
  readonly kind: ReceiptKind;
  readonly service_id: string | null;
  readonly notification_id: string | null;
  readonly at: number;
}

/** A receipt as the statements read it. */
type ReceiptRow =
  & KnownReceipt
  & ({
    readonly status: keyof typeof STATUS_TABLE;
    /** The rest of the event of the change: its facts and the mark. */
    readonly change: string;
  } | {
    readonly status: null;
    /** The event of a receipt without a status. */
    readonly added: string;
  });

/** Receipts that arrived together. */
interface ReceiptCall {
  readonly receipts: readonly Receipt[];
  readonly now: number;
}

/** The mark of a receipt, by which a repetition is recognised: a part of the hash of its provider and dedupe key. */
async function receiptMark(provider: string, dedupeKey: string): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify([provider, dedupeKey]));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return hash.subarray(0, MARK_BYTES).toBase64({ alphabet: "base64url" });
}

function receiptRow(receipt: KnownReceipt, code: string | null): ReceiptRow {
  const status = statusOfReceipt(receipt.kind);
  const details: EventFacts = { provider: receipt.provider, ...(code === null ? {} : { code }) };
  if (status === undefined) {
    const { at, kind, mark } = receipt;
    if (kind !== "complaint" && kind !== "unsubscribed") {
      throw new TypeError(`no event for ${kind}`);
    }
    return { ...receipt, status: null, added: eventText(at, kind, details, mark) };
  }
  const change = `${JSON.stringify({ status, ...details })},${JSON.stringify(receipt.mark)}`;
  return { ...receipt, status, change };
}

async function newReceiptRow(receipt: Receipt, now: number) {
  const { provider, kind, ref, code = null, at = null } = receipt;
  const row: KnownReceipt = {
    provider,
    message_id: toStored(receipt.providerMessageId),
    mark: await receiptMark(provider, receipt.dedupeKey),
    kind,
    service_id: ref?.serviceId ?? null,
    notification_id: ref?.notificationId ?? null,
    at: now,
  };
  return { ...receiptRow(row, code), code: toStoredOrNull(code), reported_at: at };
}

/**
 * Creates the store of delivery receipts. Calls that arrive while a commit is under way share the next one, which applies
 * their receipts and stores those that cannot be applied yet.
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
        at: now,
      }, storedTextOrNull(row, "code"))
    );
    await write(
      oneOfEachNotification(rows).flatMap((wave) => [
        statement(DELETE_STORED, wave),
        ...applyStatements(wave),
      ]),
    );
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

/** Leaves out the receipts that are in a call, or in calls of one commit, more than once. */
function withoutRepetitions<T extends KnownReceipt>(rows: readonly T[]): readonly T[] {
  const first = new Map<string, T>();
  for (const row of rows) {
    const name = `${row.mark} ${row.message_id}`;
    if (!first.has(name)) first.set(name, row);
  }
  return [...first.values()];
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
