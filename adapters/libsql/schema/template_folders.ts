/**
 * The migration `template_folders`: folders of templates, the author and the sender of each version, and an index by
 * which the days of a template's use are found. The index leaves out counts of hours, which accepts and receipts write.
 */
export const TEMPLATE_FOLDERS = {
  name: "template_folders",
  statements: [
    `CREATE TABLE template_folders (
      service_id BLOB NOT NULL,
      id BLOB NOT NULL,
      name TEXT NOT NULL,
      folded_name TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      PRIMARY KEY (service_id, id)
    ) STRICT, WITHOUT ROWID`,
    "CREATE UNIQUE INDEX template_folders_of_name ON template_folders (service_id, folded_name)",
    "ALTER TABLE templates ADD COLUMN folder_id BLOB",
    `CREATE INDEX templates_of_folder ON templates (service_id, folder_id)
      WHERE folder_id IS NOT NULL`,
    "ALTER TABLE template_versions ADD COLUMN actor_kind TEXT",
    "ALTER TABLE template_versions ADD COLUMN actor_id BLOB",
    "ALTER TABLE template_versions ADD COLUMN sender_id BLOB",
    `CREATE INDEX statistics_of_template ON statistics (service_id, template_id, period)
      WHERE unit = 'day'`,
  ],
} as const;
