import type { Value } from "@libsql/client";
import type { RawResult, ResultSet } from "./batch.ts";

/** Gives the values of each row their columns' names. */
export function toResult({ columns, rows }: RawResult): ResultSet {
  const toRow = (values: readonly Value[]) => {
    const row: Record<string, Value> = {};
    // The first of several columns with one name counts, as in the responses of a server.
    for (let at = columns.length - 1; at >= 0; at--) row[columns[at] ?? ""] = values[at] ?? null;
    return row;
  };
  return { rows: rows.map(toRow) };
}
