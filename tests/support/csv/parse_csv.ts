/** Parses a whole CSV file, for tests. */
import { createCsvReader } from "../../../domain/csv/csv_reader.ts";
import type { CsvRows } from "../../../domain/csv/tokenizer.ts";

/**
 * Parses a CSV file without limits, as Python's `csv` module does after GOV.UK Notify has trimmed the file. The delimiter
 * is a comma.
 */
export function parseCsv(file: string): CsvRows {
  const reader = createCsvReader({ delimiter: ",", limits: {} });
  const rows = reader.push(file);
  const last = reader.end();
  return rows.ok && last.ok ? [...rows.value, ...last.value] : [];
}
