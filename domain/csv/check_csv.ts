/**
 * A file of recipients, looked at before anything is sent. No I/O and no clock.
 *
 * Source: `recipients.py` of GOV.UK Notify's utilities; facts/notify.md 5.
 */
import { formatRecipient } from "../recipient/recipient.ts";
import type { CheckedRow, RowRules } from "./check_row.ts";
import type { Columns } from "./columns.ts";
import { CSV_MAX_ROWS } from "./limits.ts";
import { parseCsv } from "./parse_csv.ts";
import { createRowReader } from "./row_reader.ts";

/** What a file is judged by. */
export interface CsvRules extends RowRules {
  /** Recipients as typed, to whom alone may be sent; none or left out: to anyone. */
  readonly guests?: readonly string[] | undefined;
  /** How many messages may still be sent today; left out: any number. */
  readonly remainingMessages?: number | undefined;
  /** {@link CSV_MAX_ROWS} when left out. */
  readonly maxRows?: number | undefined;
}

/** A file that was looked at. */
export interface CheckedCsv {
  readonly columns: Columns;
  /** How many rows the file has below its headers. */
  readonly rowCount: number;
  /** The rows that were looked at: the first `maxRows`. */
  readonly rows: readonly CheckedRow[];
  readonly tooManyRows: boolean;
  readonly moreRowsThanCanSend: boolean;
  /** Whether each recipient of `rows` is a guest; a row without one counts as a recipient without a name. */
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

/** Looks at a whole file. Every text is a file: what is wrong with it is in the answer. */
export function checkCsv(file: string, rules: CsvRules): CheckedCsv {
  const [headers = [], ...below] = parseCsv(file);
  const width = below.reduce((most, row) => Math.max(most, row.length), 0);
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
