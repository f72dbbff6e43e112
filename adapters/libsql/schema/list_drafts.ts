/** The migration `list_drafts`: lists that people have uploaded and not sent yet, and jobs that pause. */

/** The statuses of messages that have ended. Written out: a migration does not change with the code. */
const COMPLETED = "'sent', 'delivered', 'temporary-failure', 'permanent-failure', " +
  "'technical-failure', 'cancelled', 'expired'";

const ROWS_OF_JOB = "k.service_id = NEW.service_id AND k.job_id = NEW.job_id";

/** SQL: the number of a job's messages that have ended. */
const ENDED = `(SELECT coalesce(sum(k.rows), 0) FROM job_counts AS k
    WHERE ${ROWS_OF_JOB} AND k.status IN (${COMPLETED}))`;

const FAILED = `(SELECT coalesce(sum(k.rows), 0) FROM job_counts AS k
    WHERE ${ROWS_OF_JOB} AND k.status = 'permanent-failure')`;

/**
 * The migration. The rows of a draft are in `job_parts` under the draft's id. A trigger pauses a job: every change of a
 * message's status passes the counters of its job.
 */
export const LIST_DRAFTS = {
  name: "list_drafts",
  statements: [
    `CREATE TABLE list_drafts (
      service_id BLOB NOT NULL,
      id BLOB NOT NULL,
      author_id BLOB NOT NULL,
      template_id BLOB NOT NULL,
      created_at INTEGER NOT NULL,
      chunks INTEGER NOT NULL,
      file_hash TEXT NOT NULL,
      data_key_id BLOB NOT NULL,
      sealed BLOB NOT NULL,
      PRIMARY KEY (service_id, id)
    ) STRICT, WITHOUT ROWID`,
    "CREATE INDEX list_drafts_of_author ON list_drafts (service_id, author_id, created_at, id)",
    "CREATE INDEX list_drafts_of_age ON list_drafts (created_at)",
    "ALTER TABLE jobs ADD COLUMN draft_id BLOB",
    "ALTER TABLE jobs ADD COLUMN left_out INTEGER",
    "ALTER TABLE jobs ADD COLUMN skip_bad_rows INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE jobs ADD COLUMN pause_at_failures INTEGER",
    "ALTER TABLE jobs ADD COLUMN requested_pause_at INTEGER",
    "ALTER TABLE jobs ADD COLUMN paused_by TEXT",
    "ALTER TABLE jobs ADD COLUMN pause_announced INTEGER NOT NULL DEFAULT 1",
    "CREATE INDEX jobs_pause_not_announced ON jobs (created_at) WHERE pause_announced = 0",
    "CREATE INDEX jobs_paused ON jobs (created_at) WHERE status = 'paused'",
    `CREATE TRIGGER job_pauses_at_failures AFTER UPDATE OF rows ON job_counts
    WHEN NEW.rows > OLD.rows AND NEW.status IN (${COMPLETED})
    BEGIN
      UPDATE jobs SET status = 'paused', paused_by = 'failures', pause_announced = 0,
        due_at = NULL, lease_token = NULL
      WHERE service_id = NEW.service_id AND id = NEW.job_id AND pause_at_failures > 0
        AND status IN ('in progress', 'finished')
        AND ${ENDED} >= 200
        AND ${FAILED} * 100 > pause_at_failures * ${ENDED}
        AND (status = 'in progress' OR EXISTS (SELECT 1 FROM job_counts AS k
          WHERE ${ROWS_OF_JOB} AND k.status = 'created' AND k.rows > 0));
    END`,
  ],
} as const;
