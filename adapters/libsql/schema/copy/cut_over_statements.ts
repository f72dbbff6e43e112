/**
 * The SQL of the cut-over, which ends a copy: the tables before are closed, and the new tables take their names. "A table
 * before" is a table as the version before has it.
 */
import { OPERATIONS, watchName } from "./copy_statements.ts";
import type { CopyMigration } from "./table_copy.ts";

/**
 * The name that a table of the version before gets at the cut-over (when the new tables take the names of those
 * before), until it is dropped.
 */
export function nameBefore(table: string): string {
  return `before_${table}`;
}

/** The error of a write to a table before, from the last moment before the cut-over on. */
const CLOSED = "the database is being migrated: start the new version";

/**
 * The statements after which every write to the tables before fails, so that the last changes can be copied. To be
 * run in one transaction.
 */
export function close(migration: CopyMigration): readonly string[] {
  return [
    ...migration.replaced.flatMap((table) =>
      OPERATIONS.map(({ name }) =>
        `CREATE TRIGGER ${closeName(table, name)} BEFORE ${name} ON ${table} BEGIN
          SELECT RAISE(ABORT, '${CLOSED}');
        END`
      )
    ),
    "UPDATE copy_state SET is_closed = 1",
  ];
}

/** The statements that let the version before write again, when the cut-over failed. */
export function reopen(migration: CopyMigration): readonly string[] {
  return [
    ...migration.replaced.flatMap((table) =>
      OPERATIONS.map(({ name }) => `DROP TRIGGER IF EXISTS ${closeName(table, name)}`)
    ),
    "UPDATE copy_state SET is_closed = 0",
  ];
}

function closeName(table: string, operation: string): string {
  return `copy_closed_${table}_${operation}`;
}

/** Fails the transaction when a change is noted that was not copied. */
const REQUIRE_ALL_COPIED = `UPDATE copy_state SET is_closed = iif(
  EXISTS (SELECT 1 FROM copy_changes) OR EXISTS (SELECT 1 FROM copy_cursors WHERE is_done = 0),
  NULL, 1)`;

/**
 * The statements that put the new tables in the place of those before. To be run in one transaction; it fails when a
 * change was noted that is not copied.
 */
export function cutOver(migration: CopyMigration): readonly string[] {
  return [
    REQUIRE_ALL_COPIED,
    ...dropTriggers(migration),
    ...migration.convert,
    ...migration.replaced.map((table) => `ALTER TABLE ${table} RENAME TO ${nameBefore(table)}`),
    ...migration.finish,
  ];
}

/** Drops all triggers that `beginCopy` and {@link close} put on the tables before, and those tables' own triggers. */
function dropTriggers({ copies, replaced, droppedTriggers }: CopyMigration): readonly string[] {
  const watching = copies.flatMap(({ from, key, parts = [] }) =>
    [{ table: from, key }, ...parts].flatMap(({ table }) =>
      OPERATIONS.map(({ name }) => watchName(from, table, name))
    )
  );
  const closing = replaced.flatMap((table) => OPERATIONS.map(({ name }) => closeName(table, name)));
  return [...watching, ...closing, ...droppedTriggers].map((name) =>
    `DROP TRIGGER IF EXISTS ${name}`
  );
}

/** The statements that create the new tables and drop those before, for a database whose tables are empty. */
export function replaceEmpty(migration: CopyMigration): readonly string[] {
  return [
    ...migration.create,
    ...migration.convert,
    ...migration.droppedTriggers.map((name) => `DROP TRIGGER IF EXISTS ${name}`),
    ...migration.replaced.map((table) => `DROP TABLE ${table}`),
    ...migration.finish,
  ];
}

/** Drops the tables of a copy itself, after the tables that it has replaced are dropped. */
export const END_COPY = [
  "DROP TABLE IF EXISTS copy_changes",
  "DROP TABLE IF EXISTS copy_cursors",
  "DROP TABLE IF EXISTS copy_state",
];
