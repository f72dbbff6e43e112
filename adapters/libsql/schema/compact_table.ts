/** A table of the compact form. */

/** A table that can be created under another name first. */
export interface CompactTable {
  readonly name: string;
  /** @param name the name under which the table is created */
  readonly create: (name: string) => string;
  /** @param name the name of the table */
  readonly indexes?: (name: string) => readonly string[];
}
