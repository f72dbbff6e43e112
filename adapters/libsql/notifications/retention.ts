import type { InStatement } from "@libsql/client";
import type { Retention } from "../../../domain/ports/retention.ts";
import { COMMANDS_KEPT_MS } from "../../../domain/dead_letters/dead_letter.ts";
import { JOBS_KEPT_MS } from "../../../domain/jobs/job.ts";
import { TIMELINES_KEPT_MS } from "../../../domain/notification/deleted_message.ts";
import { REQUESTS_KEPT_MS } from "../../../domain/unsubscribe/unsubscribe.ts";
import type { Bytes } from "../../crypto/envelope_encryption.ts";
import type { Database, Row } from "../connection/database.ts";
import { createAccountRetention } from "../accounts/account_retention.ts";
import { createCallbackRetention } from "../callbacks/callback_retention.ts";
import { createEventRetention } from "../events/event_retention.ts";
import { createInboundRetention } from "../inbound/inbound_retention.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import { blob, rowsOf, text } from "../connection/row.ts";
import { isAnswerTooLarge } from "../connection/unavailable.ts";
import {
  deleteExpired,
  FIRST_NOTIFICATION,
  readEnded,
  readPosition,
  selectExpired,
} from "./expired_notifications.ts";
import {
  countInStep,
  deleteBatches,
  type EndedMessage,
  packBatches,
  planBatches,
} from "./timeline_batches.ts";

/**
 * How long stored receipts are kept, which wait for their notification: longer than any provider repeats them. A
 * receipt that was applied is in its notification's timeline instead.
 */
export const RECEIPTS_KEPT_MS = 7 * DAY_MS;

/** How long the upload of a recipient file may take: its rows are deleted after it when no job was created. */
export const STAGED_CHUNKS_MS = DAY_MS;
/** How long a job with `start: false` waits to be started. */
export const UNSTARTED_JOBS_MS = 7 * DAY_MS;
/** How long after its creation a paused job can be resumed. Then it is cancelled, and its rows are deleted. */
export const PAUSED_JOBS_MS = 60 * DAY_MS;
/** How long a list that a person has uploaded is kept. */
export const LIST_DRAFTS_MS = STAGED_CHUNKS_MS;

/** Max rows of a table that one step deletes from an embedded database while requests are being served. */
export const BUSY_STEP = 50;

/** Ends jobs that were never started, and deletes chunks without a job and jobs that ended long ago. */
function purgeJobs(now: number, limit: number): readonly InStatement[] {
  const over = `SELECT j.service_id, j.id FROM jobs AS j WHERE j.finished_at < ?1
    AND NOT EXISTS (SELECT 1 FROM notifications AS n
      WHERE n.service_id = j.service_id AND n.job_id = j.id) LIMIT ?2`;
  return [
    {
      sql: `UPDATE jobs SET status = 'error', error = 'not-started', finished_at = ?3
        WHERE (service_id, id) IN (SELECT service_id, id FROM jobs
          WHERE status = 'ready to send' AND created_at < ?1 LIMIT ?2) RETURNING 1`,
      args: [now - UNSTARTED_JOBS_MS, limit, now],
    },
    {
      sql: `UPDATE jobs SET status = 'cancelled', finished_at = coalesce(finished_at, ?3)
        WHERE (service_id, id) IN (SELECT service_id, id FROM jobs
          WHERE status = 'paused' AND created_at < ?1 LIMIT ?2) RETURNING 1`,
      args: [now - PAUSED_JOBS_MS, limit, now],
    },
    {
      sql:
        `DELETE FROM list_drafts WHERE (service_id, id) IN (SELECT service_id, id FROM list_drafts
          WHERE created_at < ?1 LIMIT ?2) RETURNING 1`,
      args: [now - LIST_DRAFTS_MS, limit],
    },
    {
      // Chunks are large, so a statement deletes few of them.
      sql: `DELETE FROM job_parts WHERE rowid IN (SELECT p.rowid FROM job_parts AS p
        WHERE p.created_at < ?1 AND NOT EXISTS (SELECT 1 FROM jobs AS j
          WHERE j.service_id = p.service_id AND j.id = p.job_id AND j.finished_at IS NULL)
        LIMIT ?2) RETURNING 1`,
      args: [now - STAGED_CHUNKS_MS, Math.ceil(limit / ROWS_PER_CHUNK)],
    },
    {
      sql: `DELETE FROM job_counts WHERE (service_id, job_id) IN (${over})`,
      args: [now - JOBS_KEPT_MS, limit],
    },
    {
      sql: `DELETE FROM jobs WHERE (service_id, id) IN (${over}) RETURNING 1`,
      args: [now - JOBS_KEPT_MS, limit],
    },
  ];
}

/** How many rows of other tables cost as much as one chunk of a job, or one batch of timelines. */
const ROWS_PER_CHUNK = 10;

/** How many counters one step looks through. No index has the time of their end, which every send would write anew. */
const COUNTERS_A_STEP = 1_000;

/** Counters after a place (?1, ?2), in the order of their key. */
const SOME_COUNTERS = `SELECT service_id, scope, expires_at FROM counters
  WHERE (service_id, scope) > (?1, ?2) ORDER BY service_id, scope LIMIT ${COUNTERS_A_STEP}`;

/** The place before every counter. */
const FIRST_COUNTER: CounterPlace = [new Uint8Array(), ""];

type CounterPlace = readonly [serviceId: Bytes, scope: string];

/** Deletes the counters after a place whose time is over, at most `limit`, and selects where the next step looks on. */
function purgeCounters(now: number, limit: number, after: CounterPlace): readonly InStatement[] {
  return [
    {
      sql: `SELECT service_id, scope FROM (${SOME_COUNTERS}) LIMIT 1 OFFSET ${COUNTERS_A_STEP - 1}`,
      args: [...after],
    },
    {
      sql: `DELETE FROM counters WHERE (service_id, scope) IN (
        SELECT service_id, scope FROM (${SOME_COUNTERS}) WHERE expires_at < ?3 LIMIT ?4)
        RETURNING 1`,
      args: [...after, now, limit],
    },
  ];
}

/**
 * Deletes answers whose time is over. They are kept equally long and a replaced one is inserted anew, so the rows that
 * were inserted first are the first to expire.
 */
function purgeAnswers(now: number, limit: number): InStatement {
  return {
    sql: `DELETE FROM idempotency WHERE rowid IN (SELECT rowid FROM (
        SELECT rowid, expires_at FROM idempotency ORDER BY rowid LIMIT ?2) WHERE expires_at < ?1)
      RETURNING 1`,
    args: [now, limit],
  };
}

/** Deletes rows of a table whose time is over. */
function purgeRows(table: string, key: string, column: string, before: number, limit: number) {
  return {
    sql: `DELETE FROM ${table} WHERE (${key}) IN (
      SELECT ${key} FROM ${table} WHERE ${column} < ? LIMIT ?) RETURNING 1`,
    args: [before, limit],
  };
}

function readPlace(row: Row): CounterPlace {
  return [blob(row, "service_id"), text(row, "scope")];
}

/**
 * Creates the retention of the database: its `purge` deletes data whose retention period has passed, in bounded
 * steps. Notifications are deleted their service's `retention_days` of the channel after they were completed or sent,
 * unless they are still to be sent. Their timelines are kept {@link TIMELINES_KEPT_MS} longer, in the same transaction.
 *
 * A step selects the notifications, and then deletes them by their ids, unless they have changed since. The next step looks on from where the last
 * one stopped: what may not be deleted yet is read once in a run.
 *
 * @param files the retention of files, which runs when nothing else is left to delete
 */
export function createRetention(db: Database, files?: Retention): Retention {
  // Run one after the other, each when nothing is left to delete before it.
  const later = [
    createEventRetention(db),
    createCallbackRetention(db),
    createInboundRetention(db),
    createAccountRetention(db),
    ...files === undefined ? [] : [files],
  ];
  let after = FIRST_NOTIFICATION;
  let afterCounter = FIRST_COUNTER;

  /** Reads the next expired notifications; fewer where they are too large for one answer of the database. */
  async function readExpired(now: number, limit: number) {
    try {
      const rows = rowsOf(await db.background.read([selectExpired(now, limit, after)]), 0);
      return { rows, hasMore: rows.length === limit };
    } catch (error) {
      if (!isAnswerTooLarge(error) || limit < 2) throw error;
      return await readExpired(now, Math.ceil(limit / 2));
    }
  }

  async function findExpired(now: number, limit: number): Promise<readonly EndedMessage[]> {
    const { rows, hasMore } = await readExpired(now, limit);
    const found = rows.map(readEnded);
    const expired = found.slice(0, countInStep(found));
    const last = rows[expired.length - 1];
    const isEnd = !hasMore && expired.length === rows.length;
    after = isEnd || last === undefined ? FIRST_NOTIFICATION : readPosition(last);
    return expired;
  }

  async function purgeLater(now: number, limit: number): Promise<number> {
    for (const retention of later) {
      const deleted = await retention.purge(now, limit);
      if (deleted > 0) return deleted;
    }
    return 0;
  }

  async function purgeStep(now: number, limit: number): Promise<number> {
    const isFirst = after === FIRST_NOTIFICATION;
    const expired = await findExpired(now, limit);
    const notifications = expired.length === 0
      ? []
      : deleteExpired(await packBatches(planBatches(expired)), now);
    const [counters, ...results] = await db.background.write([
      ...purgeCounters(now, limit, afterCounter),
      ...notifications,
      purgeAnswers(now, limit),
      purgeRows(
        "receipts",
        "provider, message_id, mark",
        "received_at",
        now - RECEIPTS_KEPT_MS,
        limit,
      ),
      purgeRows("unsubscribe_requests", "service_id, id", "at", now - REQUESTS_KEPT_MS, limit),
      purgeRows("dead_letter_commands", "id", "finished_at", now - COMMANDS_KEPT_MS, limit),
      deleteBatches(now - TIMELINES_KEPT_MS, Math.ceil(limit / ROWS_PER_CHUNK)),
      purgeRows("channel_codes", "service_id, person_hash, channel", "expires_at", now, limit),
      ...purgeJobs(now, limit),
    ]);
    // Where more counters expired than one step deletes, the next one looks through the same.
    const [last] = counters?.rows ?? [];
    if ((results[0]?.rows.length ?? 0) < limit) {
      afterCounter = last ? readPlace(last) : FIRST_COUNTER;
    }
    // The statements that delete dependent rows return no row.
    const deleted = results.reduce((sum, { rows }) => sum + rows.length, 0);
    // Another process has deleted the same rows, or the search did not begin with the first notification.
    if (deleted === 0 && (expired.length > 0 || !isFirst)) return await purgeStep(now, limit);
    return deleted > 0 ? deleted : await purgeLater(now, limit);
  }

  return {
    purge: (now, limit) =>
      purgeStep(now, db.background.isBusy() ? Math.min(limit, BUSY_STEP) : limit),
  };
}
