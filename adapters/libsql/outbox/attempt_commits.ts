/** The commits around an attempt: its start and its result, with those of other attempts in one batch. */
import type { Lease, SettleResult } from "../../../domain/ports/outbox.ts";
import { COMPLETED_STATUSES } from "../../../domain/notification/status.ts";
import { runSettlement } from "../../invocation/invocation.ts";
import type { Database, Row } from "../connection/database.ts";
import { integer, rowsOf, text, uuid } from "../connection/row.ts";
import { shareBackgroundCommits, shareCommits } from "../connection/share_commits.ts";
import { transition, UNSENT_STATUSES } from "../notifications/status_transition.ts";
import type { OutboxRow } from "./outbox_rows.ts";
import {
  AWAIT_REPORTED,
  DELETE_DONE,
  RESCHEDULE,
  RESULTS,
  SELECT_LEASED,
  START_ATTEMPTS,
} from "./outbox_statements.ts";

/** Commits a row of a lease, together with others. */
type CommitRow<R> = (lease: Lease, row: OutboxRow) => Promise<R>;

/** The commits around an attempt. */
export interface AttemptCommits {
  /** Records that an attempt starts. @returns the attempt's number; `undefined` when the lease is not valid any more */
  readonly commitStart: CommitRow<number | undefined>;
  /** Records the result of an attempt, unless the lease is not valid any more. */
  readonly commitResult: CommitRow<SettleResult>;
}

/** Creates the commits. Rows that wait while a commit is under way share the next one. */
export function createAttemptCommits(db: Database): AttemptCommits {
  return {
    commitStart: byPriority(db, commitStarts),
    commitResult: byPriority(db, commitResults),
  };
}

/** Commits with the priority of the lease: claimed rows yield to rows that a request has just accepted. */
function byPriority<R>(
  db: Database,
  write: (to: Pick<Database, "write">, rows: readonly OutboxRow[]) => Promise<readonly R[]>,
): CommitRow<R> {
  const foreground = shareCommits<OutboxRow, R>(db, (rows) => write(db, rows));
  const background = shareBackgroundCommits<OutboxRow, R>(
    db,
    (rows) => write(db.background, rows),
  );
  return (lease, row) => (lease.claimed === true ? background : foreground)(row);
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
  const results = await runSettlement(() => db.write(statements));
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
