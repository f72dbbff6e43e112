/**
 * Validates a whole file as GOV.UK Notify's `RecipientCSV` does, for comparisons with it. The application validates rows
 * while they are streamed.
 *
 * Source: `recipients.py` of GOV.UK Notify's utilities.
 */
import { formatRecipient } from "../../../domain/recipient/recipient.ts";
import type { CheckedRow, RowRules } from "../../../domain/csv/check_row.ts";
import type { Columns } from "../../../domain/csv/columns.ts";
import { CSV_MAX_ROWS } from "../../../domain/csv/limits.ts";
import { parseCsv } from "./parse_csv.ts";
import { createRowReader } from "../../../domain/csv/row_reader.ts";

/** The rules that a file is validated by. */
export interface CsvRules extends RowRules {
  /** The only recipients that may be sent to, as typed. When empty or left out, every recipient is allowed. */
  readonly guests?: readonly string[] | undefined;
  /** How many messages may still be sent today. The default is any number. */
  readonly remainingMessages?: number | undefined;
  /** The default is {@link CSV_MAX_ROWS}. */
  readonly maxRows?: number | undefined;
}

/** A validated file. */
export interface CheckedCsv {
  readonly columns: Columns;
  /** The number of rows below the headers. */
  readonly rowCount: number;
  /** The validated rows: the first `maxRows`. */
  readonly rows: readonly CheckedRow[];
  readonly tooManyRows: boolean;
  readonly moreRowsThanCanSend: boolean;
  /** Whether every recipient of `rows` is a guest. A missing recipient counts as an empty one. */
  readonly allowedToSendTo: boolean;
  readonly hasErrors: boolean;
}

function areGuests(
  rows: readonly CheckedRow[],
  guests: readonly string[],
  country: string | undefined,
): boolean {
  if (guests.length === 0) return true;
  const listed = new Set(guests.map((guest) => formatRecipient(guest, country)));
  return rows.every(({ recipient }) => listed.has(formatRecipient(recipient, country)));
}

/** Validates a whole file. Every text is accepted; the result lists its errors. */
export function checkCsv(file: string, rules: CsvRules): CheckedCsv {
  const [headers = [], ...below] = parseCsv(file);
  const width = below.reduce((widest, row) => Math.max(widest, row.length), 0);
  const { columns, check } = createRowReader(headers, rules, width);
  const { maxRows = CSV_MAX_ROWS, remainingMessages = Infinity, guests = [] } = rules;
  const rows = below.slice(0, maxRows).map(check);
  const tooManyRows = below.length > maxRows;
  const moreRowsThanCanSend = below.length > remainingMessages;
  const allowedToSendTo = areGuests(rows, guests, rules.phones.country);
  return {
    columns,
    rowCount: below.length,
    rows,
    tooManyRows,
    moreRowsThanCanSend,
    allowedToSendTo,
    hasErrors: columns.missing.length > 0 || columns.duplicateRecipients.length > 0 ||
      tooManyRows || moreRowsThanCanSend || !allowedToSendTo || rows.some((row) => row.hasError),
  };
}
