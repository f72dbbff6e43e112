/** The outbox in libSQL: claims rows, and records what attempts do with them. */
import type { NotificationRef } from "../../../domain/ids.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { ChannelCapacity, Outbox } from "../../../domain/ports/outbox.ts";
import { settleUndecryptable } from "../../../domain/delivery/attempt_result.ts";
import { errorName } from "../../../domain/text/error_name.ts";
import { mapLimitSettled } from "../../concurrency.ts";
import { cryptoLimit } from "../../crypto/concurrency.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database, Row } from "../connection/database.ts";
import { rememberRead } from "../connection/remember_read.ts";
import { renewLeases } from "../connection/renew_leases.ts";
import { integerOrNull, rowsOf, storedTextOrNull, toStored } from "../connection/row.ts";
import { createAttemptCommits } from "./attempt_commits.ts";
import { createClaim } from "./claim.ts";
import { createListedClaim } from "./claim_listed.ts";
import { REWIND_TURNS, SELECT_NEXT_DUE } from "./claim_statements.ts";
import { listDueRows } from "./list_due.ts";
import {
  eventsText,
  leaseOf,
  leaseRow,
  readClaimedRow,
  resultRow,
  toUndecryptable,
} from "./outbox_rows.ts";
import { SELECT_RECORDED } from "./outbox_statements.ts";
import { createOverdueClaim } from "./overdue.ts";

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
  const { commitStart, commitResult } = createAttemptCommits(db);

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
