/** Migration 5: bulk jobs, the encrypted chunks of rows that are still to be sent, and counters of rows by status. */
export const JOBS = {
  name: "jobs",
  statements: [
    `CREATE TABLE jobs (
      service_id TEXT NOT NULL,
      id TEXT NOT NULL,
      name TEXT NOT NULL,
      file_name TEXT,
      channel TEXT NOT NULL,
      template_id TEXT NOT NULL,
      template_version INTEGER NOT NULL,
      key_kind TEXT NOT NULL,
      api_key_id TEXT NOT NULL,
      sender_id TEXT,
      status TEXT NOT NULL,
      row_count INTEGER NOT NULL,
      scheduled_for INTEGER,
      valid_until INTEGER,
      urgent INTEGER NOT NULL,
      held INTEGER NOT NULL,
      allow_duplicates INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      started_at INTEGER,
      finished_at INTEGER,
      error TEXT,
      key_hash TEXT,
      file_hash TEXT NOT NULL,
      claim_expires_at INTEGER NOT NULL,
      due_at INTEGER,
      lease_token TEXT,
      PRIMARY KEY (service_id, id)
    ) WITHOUT ROWID`,
    // `due_at` is set while there is something to do: when the job is runnable, or when its lease ends.
    `CREATE INDEX jobs_due ON jobs (due_at) WHERE due_at IS NOT NULL`,
    `CREATE INDEX jobs_by_key ON jobs (service_id, key_hash) WHERE key_hash IS NOT NULL`,
    `CREATE INDEX jobs_by_file ON jobs (service_id, file_hash, created_at)`,
    `CREATE INDEX jobs_by_age ON jobs (service_id, created_at, id)`,
    `CREATE INDEX jobs_ended ON jobs (finished_at) WHERE finished_at IS NOT NULL`,
    `CREATE INDEX jobs_unstarted ON jobs (created_at) WHERE status = 'ready to send'`,
    `CREATE TABLE job_parts (
      service_id TEXT NOT NULL,
      job_id TEXT NOT NULL,
      number INTEGER NOT NULL,
      first_row INTEGER NOT NULL,
      last_row INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      data_key_id TEXT NOT NULL,
      sealed BLOB NOT NULL,
      PRIMARY KEY (service_id, job_id, number)
    )`,
    `CREATE INDEX job_parts_by_age ON job_parts (created_at)`,
    `CREATE TABLE job_counts (
      service_id TEXT NOT NULL,
      job_id TEXT NOT NULL,
      status TEXT NOT NULL,
      rows INTEGER NOT NULL,
      PRIMARY KEY (service_id, job_id, status)
    ) WITHOUT ROWID`,
    // Lists of single sends do not scan the rows of jobs; the index alone excludes other channels.
    `CREATE INDEX notifications_single ON notifications (service_id, key_kind, id, channel)
      WHERE job_id IS NULL`,
    `CREATE INDEX notifications_single_by_reference ON notifications (service_id, reference, id)
      WHERE reference IS NOT NULL AND job_id IS NULL`,
    // Every change of a notification's status updates the counters of its job. Accepts add to them by the batch, and
    // deleting notifications keeps them.
    `CREATE TRIGGER job_row_moved AFTER UPDATE OF status ON notifications
    WHEN NEW.job_id IS NOT NULL AND OLD.status <> NEW.status
    BEGIN
      UPDATE job_counts SET rows = rows - 1 WHERE service_id = NEW.service_id
        AND job_id = NEW.job_id AND status = OLD.status;
      INSERT INTO job_counts (service_id, job_id, status, rows)
      VALUES (NEW.service_id, NEW.job_id, NEW.status, 1)
      ON CONFLICT (service_id, job_id, status) DO UPDATE SET rows = rows + 1;
    END`,
  ],
};
