/**
 * The compact form of the tables, which migration 6 creates: ids of 16 bytes, a notification's timeline and provider
 * id in its own row, no index entry that no question needs. `docs/storage.md` describes the columns.
 *
 * STRICT tables, so that a statement with ids as text fails instead of writing a row that nothing finds. Every index
 * has another name than in the form before: both forms stand side by side while the rows are copied.
 */

import { JOB_TABLES } from "./compact_job_tables.ts";
import { MESSAGE_TABLES } from "./compact_message_tables.ts";
import { RECIPIENT_TABLES } from "./compact_recipient_tables.ts";
import { SERVICE_TABLES } from "./compact_service_tables.ts";
import type { CompactTable } from "./compact_table.ts";

/** Every table of the compact form, which migration 6 creates. */
export const COMPACT_TABLES: readonly CompactTable[] = [
  ...SERVICE_TABLES,
  ...MESSAGE_TABLES,
  ...RECIPIENT_TABLES,
  ...JOB_TABLES,
];

/**
 * The turn of a queue comes no later than its first row is due; an empty queue may have none. It may come earlier: a claim
 * that finds no due row puts it right.
 */
const KEEP_TURN = `INSERT INTO outbox_queues (channel, lane, service_id, turn_at)
    VALUES (NEW.channel, NEW.lane, NEW.service_id, NEW.due_at)
    ON CONFLICT (channel, lane, service_id) DO UPDATE SET turn_at = excluded.turn_at
      WHERE outbox_queues.turn_at IS NULL OR excluded.turn_at < outbox_queues.turn_at;`;

/** The triggers of the compact form. They name the tables by their final names, so they are created last. */
export const COMPACT_TRIGGERS: readonly string[] = [
  // Triggers, so that no writer of the outbox can forget it.
  `CREATE TRIGGER outbox_row_inserted AFTER INSERT ON outbox
  BEGIN
    ${KEEP_TURN}
  END`,
  `CREATE TRIGGER outbox_row_updated AFTER UPDATE OF due_at, lane ON outbox
  WHEN NEW.due_at < OLD.due_at OR NEW.lane <> OLD.lane
  BEGIN
    ${KEEP_TURN}
  END`,
  // Every change of a notification's status updates the counters of its job. Accepts add to them by the batch, and
  // deleting notifications keeps them.
  `CREATE TRIGGER job_row_changed AFTER UPDATE OF status ON notifications
  WHEN NEW.job_id IS NOT NULL AND OLD.status <> NEW.status
  BEGIN
    UPDATE job_counts SET rows = rows - 1 WHERE service_id = NEW.service_id
      AND job_id = NEW.job_id AND status = OLD.status;
    INSERT INTO job_counts (service_id, job_id, status, rows)
    VALUES (NEW.service_id, NEW.job_id, NEW.status, 1)
    ON CONFLICT (service_id, job_id, status) DO UPDATE SET rows = rows + 1;
  END`,
];
