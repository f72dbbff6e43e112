/**
 * Migration 7: a column and an index by which the notifications of a process instance are found, which registries
 * name in a message's context.
 */
export const INBOX_REALMS = {
  name: "inbox_realms",
  statements: [
    `ALTER TABLE notifications ADD COLUMN process_hash BLOB`,
    `CREATE INDEX notifications_of_process ON notifications (service_id, process_hash, id)
      WHERE process_hash IS NOT NULL`,
  ],
};
