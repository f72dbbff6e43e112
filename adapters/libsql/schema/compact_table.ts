/** A table of the compact form. */

/**
 * A table of the compact form. It can be created under another name first, while the table of the form before has its
 * name.
 */
export interface CompactTable {
  readonly name: string;
  /** Returns the `CREATE TABLE` statement. @param name the name under which the table is created */
  readonly create: (name: string) => string;
  /**
   * Returns the `CREATE INDEX` statements; absent for a table without further indexes.
   *
   * @param name the name of the table
   */
  readonly indexes?: (name: string) => readonly string[];
}
