import type { Value } from "@libsql/client";

/** Whether a transaction may write (`write`, which locks out other writers) or only reads (`read`). */
export type BatchMode = "write" | "read";

/** The result of one statement: the names of the columns, and the values of each row in the same order. */
export interface RawResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

/** The values of a row, by the names of their columns. */
export type Row = Readonly<Record<string, Value>>;

/** The result of one statement. */
export interface ResultSet {
  readonly rows: readonly Row[];
}
