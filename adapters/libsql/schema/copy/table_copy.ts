/**
 * What a migration copies, as data: `copy_tables.ts` executes it. "A table before" is a table as the version before
 * has it, from which the rows are copied to a new table.
 */
import type { InStatement } from "@libsql/client";
import type { Encryption } from "../../../crypto/envelope_encryption.ts";
import type { Database, Row } from "../../connection/database.ts";

/** The columns of a table that name a row: one to three. */
export type KeyColumns =
  | readonly [string]
  | readonly [string, string]
  | readonly [string, string, string];

/**
 * SQL that selects the keys of the rows of one step as the columns `k1`, `k2` and `k3`, as far as the key has them. It
 * stands in parentheses, where SQL expects a table.
 */
export type KeySource = string;

/** How the new rows of one step are made from the rows of the table before. */
export type NewRows =
  /** One transaction reads the rows before and writes the new ones. */
  | {
    readonly kind: "sql";
    /** Returns the `INSERT OR REPLACE` statements of the new rows, for the rows before that `keys` names. */
    readonly write: (keys: KeySource) => readonly string[];
  }
  /** This process makes the new rows, since they are encrypted; what changes meanwhile is copied again. */
  | {
    readonly kind: "rows";
    /**
     * Returns the statements that select the rows that `keys` names. The first one selects the key as `k1`, `k2`,
     * `k3` in its order.
     */
    readonly read: (keys: KeySource) => readonly string[];
    /** Makes the statements that insert or replace the new rows, from the results of `read`. */
    readonly write: (
      results: readonly (readonly Row[])[],
      encryption: Encryption,
    ) => Promise<readonly InStatement[]>;
  };

/** A table before, and how its rows are written in their new form. */
export interface TableCopy {
  /** The name of the table before. */
  readonly from: string;
  /** Columns that name a row, in the order in which rows are copied: its primary key, or others with an index. None is `NULL`. */
  readonly key: KeyColumns;
  /** Further tables before whose rows are part of the new row, with the columns that hold its key. */
  readonly parts?: readonly { readonly table: string; readonly key: KeyColumns }[];
  readonly rows: NewRows;
  /**
   * Returns the statements that delete the new rows that `keys` names. They run before changed rows are copied again,
   * since a row may have been deleted.
   */
  readonly remove: (keys: KeySource) => readonly string[];
}

/** A migration that copies large tables while a process of the version before serves. */
export interface CopyMigration {
  readonly name: string;
  /** Checks, before anything is changed, that every row can be copied. @throws with instructions when that is not so */
  readonly requireReadable: (
    db: Pick<Database, "read">,
    encryption: Encryption,
  ) => Promise<void>;
  /** Creates the tables, indexes and triggers of the new form, beside those before and under other names. */
  readonly create: readonly string[];
  /** The large tables, which are copied in steps. */
  readonly copies: readonly TableCopy[];
  /**
   * Statements that copy small tables as a whole, in the transaction of the cut-over (which puts the new tables in
   * place).
   */
  readonly convert: readonly string[];
  /** The tables before that end with the cut-over: those that were copied or converted, and those without a successor. */
  readonly replaced: readonly string[];
  /** Triggers on the tables before, dropped at the cut-over. */
  readonly droppedTriggers: readonly string[];
  /** Statements at the end of the cut-over, for example to give a new table the name of the one before. */
  readonly finish: readonly string[];
}
