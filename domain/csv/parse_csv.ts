/** A whole file of comma-separated values cut into rows of cells, as the peer's reader (`csv` of Python) cuts it. */
import { createCsvReader } from "./csv_reader.ts";
import type { CsvRows } from "./tokenizer.ts";

export type { CsvRows } from "./tokenizer.ts";

/**
 * Reads a file of comma-separated values. Every text is one: this refuses nothing.
 *
 * White space round the file and commas at its end are no part of it, so blank rows at the end vanish and blank rows in
 * the middle stay. Commas only; `"` quotes, doubled inside quotes; blanks before a cell are skipped. (facts/notify.md 5.1)
 */
export function parseCsv(file: string): CsvRows {
  const reader = createCsvReader({ delimiter: ",", limits: {} });
  const rows = reader.push(file);
  const last = reader.end();
  return rows.ok && last.ok ? [...rows.value, ...last.value] : [];
}
