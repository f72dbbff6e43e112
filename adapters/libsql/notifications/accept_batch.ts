/**
 * Writes a batch of accepts (notifications to store, each with its outbox row and charges) in one transaction and one
 * round trip.
 */
import type { InStatement } from "@libsql/client";
import type { AcceptResult } from "../../../domain/ports/accept_store.ts";
import type { Database, Row } from "../connection/database.ts";
import { takeLarge } from "../connection/large_value.ts";
import { integer, rowsOf, text, textOrNull } from "../connection/row.ts";
import { COUNT_ACCEPTED } from "../statistics/count_statements.ts";
import type { AcceptRow, ChargeRow } from "./accept_rows.ts";
import {
  COUNT_JOB_ROWS,
  INSERT_ANSWERS,
  INSERT_CHARGES,
  INSERT_NOTIFICATIONS,
  INSERT_OUTBOX,
  KEEP_DOCUMENTS,
  SELECT_REJECTIONS,
  SELECT_SUPPRESSED,
  TAKE_FROM_JOBS,
} from "./accept_statements.ts";
import { leaveOutbox, transition } from "./status_transition.ts";

const ACCEPTED: AcceptResult = { kind: "accepted" };

/**
 * Writes the accepts whose conditions hold, and leaves out the others: of a used idempotency key, a suppressed
 * recipient, a limit that is reached, a service that has changed meanwhile, or a chunk of a job whose lease was lost.
 * Of several with one idempotency key the first counts.
 *
 * @returns the result of each, in the order of `rows`
 */
export async function commitAccepts(
  db: Pick<Database, "write">,
  rows: readonly AcceptRow[],
): Promise<readonly AcceptResult[]> {
  const batch = chargeInOrder(firstOfEachKey(rows));
  const results = await db.write(statementsOf(batch));
  const decided = new Set(batch.map(({ id }) => String(id)));
  const rejections = new Map(rowsOf(results, 1).map((row) => [text(row, "id"), rejectionOf(row)]));
  return rows.map((row): AcceptResult => {
    const id = String(row.id);
    // A row that was left out of the batch has the idempotency key of another one.
    if (!decided.has(id)) return { kind: "rejected", reason: "idempotency-key" };
    return rejections.get(id) ?? ACCEPTED;
  });
}

/** The fields of a row that {@link INSERT_NOTIFICATIONS} does not read. */
const NOT_OF_NOTIFICATIONS: ReadonlySet<string> = new Set([
  "answer",
  "answer_expires_at",
  "documents",
  "due_at",
  "is_started",
  "job_charge",
  "job_charge_abroad",
  "lane",
  "lease_token",
  "request_hash",
]);

/** The fields of a row that {@link INSERT_NOTIFICATIONS} reads. A field that is left out is `NULL` in SQL. */
function notificationOf(row: AcceptRow): AcceptRow {
  const fields: Record<string, unknown> = {};
  for (const name in row) {
    const value = row[name];
    if (value !== null && !NOT_OF_NOTIFICATIONS.has(name)) fields[name] = value;
  }
  return fields;
}

/** The statements of a transaction. Each gets only the columns that it reads: SQLite copies a row's JSON. */
function statementsOf(batch: readonly AcceptRow[]): readonly InStatement[] {
  const notifications = batch.map(notificationOf);
  const conditions = batch.map((
    {
      service_id,
      id,
      revision,
      key_hash,
      created_at,
      charges,
      recipient_hash,
      channel,
      ends_suppressed,
      is_simulated,
    },
  ) => ({
    service_id,
    id,
    revision,
    key_hash,
    created_at,
    charges,
    recipient_hash,
    channel,
    ends_suppressed,
    is_simulated,
  }));
  const outbox = batch.map((
    { service_id, id, channel, lane, due_at, lease_token, is_started },
  ) => ({
    service_id,
    id,
    channel,
    lane,
    due_at,
    lease_token,
    is_started,
  }));
  const counted = batch.map((
    { service_id, id, created_at, channel, key_kind, template_id },
  ) => ({ service_id, id, created_at, channel, key_kind, template_id }));
  const charges = batch.filter(isCharged)
    .map(({ service_id, id, charges }) => ({ service_id, id, charges }));
  const jobRows = batch.filter(({ job_id }) => job_id !== null)
    .map(({ service_id, id }) => ({ service_id, id }));
  const chargedJobs = batch.filter(({ job_charge }) => job_charge === 1)
    .map(({ service_id, id, job_charge_abroad }) => ({ service_id, id, job_charge_abroad }));
  const answers = batch.filter((row) => row.key_hash !== null)
    .map(({ sealed: _, charges: __, documents: ___, ...row }) => row);
  const suppressed = batch.filter(({ ends_suppressed }) => ends_suppressed === 1)
    .map(({ service_id, id, created_at }) => ({ service_id, id, created_at }));
  const withFiles = batch.filter(({ documents }) => documents !== null)
    .map(({ service_id, id, documents }) => ({ service_id, id, documents }));
  return [
    withLarge(INSERT_NOTIFICATIONS, notifications, "sealed"),
    { sql: SELECT_REJECTIONS, args: [JSON.stringify(conditions), batch.length] },
    { sql: INSERT_OUTBOX, args: [JSON.stringify(outbox), batch.length] },
    ...(charges.length === 0 ? [] : [{
      sql: INSERT_CHARGES,
      args: [JSON.stringify(charges), batch.length, JSON.stringify(sumCharges(charges))],
    }]),
    statement(COUNT_ACCEPTED, counted),
    ...(jobRows.length === 0 ? [] : [statement(COUNT_JOB_ROWS, jobRows)]),
    ...(chargedJobs.length === 0 ? [] : [statement(TAKE_FROM_JOBS, chargedJobs)]),
    ...(answers.length === 0 ? [] : [withLarge(INSERT_ANSWERS, answers, "answer")]),
    ...(suppressed.length === 0 ? [] : endSuppressed(suppressed)),
    ...(withFiles.length === 0 ? [] : [statement(KEEP_DOCUMENTS, withFiles)]),
  ];
}

/** Ends the accepted rows whose recipients are suppressed: nothing of them is ever sent. */
function endSuppressed(rows: readonly AcceptRow[]): readonly InStatement[] {
  const source = { sql: SELECT_SUPPRESSED, args: [JSON.stringify(rows)] };
  return [...transition(source), leaveOutbox(source)];
}

function statement(sql: string, rows: readonly AcceptRow[]): InStatement {
  return { sql, args: [JSON.stringify(rows)] };
}

/** A statement whose second argument is the encrypted value of a lone row, where it is large. */
function withLarge(sql: string, rows: readonly AcceptRow[], column: string): InStatement {
  const { rest, large } = takeLarge(rows, column);
  return { sql, args: [JSON.stringify(rest), large] };
}

/** Reads a row of {@link SELECT_REJECTIONS}. */
function rejectionOf(row: Row): AcceptResult {
  if (integer(row, "is_outdated") === 1) return { kind: "rejected", reason: "revision" };
  if (integer(row, "key_is_used") === 1) return { kind: "rejected", reason: "idempotency-key" };
  if (integer(row, "is_suppressed") === 1) return { kind: "rejected", reason: "suppressed" };
  const scope = textOrNull(row, "scope_over_limit");
  return scope === null
    ? { kind: "rejected", reason: "job-row" }
    : { kind: "rejected", reason: "counter", scope };
}

/** The sums of the charges of each counter, by service, as {@link INSERT_CHARGES} would make them. */
function sumCharges(rows: readonly AcceptRow[]): readonly unknown[] {
  const services = Map.groupBy(rows, ({ service_id }) => service_id);
  return Array.from(services, ([service_id, rows]) => {
    const sums = new Map<string, Omit<ChargeRow, "limit">>();
    for (const charge of rows.flatMap(({ charges }) => charges as readonly ChargeRow[])) {
      const { scope, floor, step, cap, expires_at } = charge;
      const sum = sums.get(scope);
      sums.set(scope, {
        scope,
        floor: Math.max(floor, sum?.floor ?? floor),
        step: step + (sum?.step ?? 0),
        expires_at: Math.max(expires_at, sum?.expires_at ?? expires_at),
        ...(cap === undefined ? {} : { cap: Math.max(cap, sum?.cap ?? cap) }),
      });
    }
    return { service_id, charges: [...sums.values()] };
  });
}

function isCharged({ charges }: AcceptRow): boolean {
  return Array.isArray(charges) && charges.length > 0;
}

/** Leaves out the rows whose idempotency key an earlier row of the batch has. */
function firstOfEachKey(rows: readonly AcceptRow[]): readonly AcceptRow[] {
  const seen = new Set<string>();
  return rows.filter((row) => {
    if (row.key_hash === null) return true;
    const name = `${row.service_id} ${row.key_hash}`;
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

/**
 * Adds to each charge `up_to`, the capacity that its counter needs: its own step and the steps of the rows before it in
 * the batch. The latest rows come first, because a rate-limit bucket has the most capacity for them: when one is
 * rejected, the rows after it are rightly rejected too. Only a row that another of its charges rejects takes capacity
 * from later rows; a retry accepts those.
 */
function chargeInOrder(rows: readonly AcceptRow[]): readonly AcceptRow[] {
  const sums = new Map<string, number>();
  const latestFirst = rows.toSorted((a, b) => Number(b.created_at) - Number(a.created_at));
  return latestFirst.map((row) => {
    const charges = (row.charges as readonly ChargeRow[]).map((charge) => {
      const name = `${row.service_id} ${charge.scope}`;
      const upTo = (sums.get(name) ?? 0) + charge.step;
      sums.set(name, upTo);
      return { ...charge, up_to: upTo };
    });
    return { ...row, charges };
  });
}
