/** The report on the recipients of an upload: the answer to a dry run, and to an upload that is refused. */
import type { CellError } from "../csv/cell_error.ts";
import type { SheetFaultKind } from "../csv/faults.ts";
import type { ListReading, ListWarning } from "./list_reading.ts";

/** How many errors a report lists; further ones are only counted. */
export const MAX_ERRORS_REPORTED = 100;
/** How many of the first rows a report shows as messages. */
export const MAX_SAMPLES = 3;
/** How many headers of a kind a report lists. In a file without headers, the first row of data is taken for them. */
const MAX_HEADERS_REPORTED = 100;
/** The longest header in a report, in UTF-16 units; of a longer one the rest is cut off. */
export const MAX_HEADER_REPORTED_LENGTH = 100;

/** The code of an error, as the API reports it. Codes stay the same between versions. */
export type ListErrorCode =
  | CellError
  | SheetFaultKind
  | "missing_column"
  | "column_without_heading"
  | "value_beyond_columns"
  | "control_character"
  | "spreadsheet_error"
  | "duplicate_recipient_column"
  | "empty_row"
  | "message_too_long"
  | "message_empty"
  | "recipient_not_allowed"
  | "recipient_suppressed"
  | "duplicate_recipient"
  | "reference_too_long"
  | "over_daily_limit"
  | "over_international_limit";

/** An error in the recipients. It never quotes the value of a cell, which is personal data. */
export interface ListError {
  /** The row's number in a spreadsheet, where the headers are row 1. `null` for an error of the whole list. */
  readonly row: number | null;
  /**
   * The header of the column; the letters by which a spreadsheet names it when it has none; `null` for an error of the
   * whole row or list.
   */
  readonly column: string | null;
  readonly code: ListErrorCode;
  /** The English message for people. */
  readonly message: string;
}

/** A sample of a report: one of the first rows, rendered as its message. */
export interface ListSample {
  /** The row's number in a spreadsheet. */
  readonly row: number;
  /** The filled subject; `null` for text messages. */
  readonly subject: string | null;
  /** The body as the API shows it. */
  readonly body: string;
  /** The plain text as it is sent. */
  readonly text: string;
  /** How many billed parts the text message has; `null` for other channels. */
  readonly fragments: number | null;
  /** ISO 3166 code of the recipient's country; `null` for other channels, and for a number of no country. */
  readonly country: string | null;
}

/** Text messages of a list to one country, with as many fragments. */
export interface FragmentGroup {
  /** ISO 3166; `null` for numbers of no country, and of rows whose recipient is not valid. */
  readonly country: string | null;
  readonly fragments: number;
  readonly messages: number;
}

/** The cost of text messages, in fragments: the parts of a text message that are billed. */
export interface ListFragments {
  /** The fragments of all rows together. */
  readonly total: number;
  /** How many rows have 1 fragment, 2 fragments and so on: numbers of rows by number of fragments. */
  readonly rows: ReadonlyMap<number, number>;
  /** The messages by country and number of fragments. */
  readonly groups: readonly FragmentGroup[];
}

/** The result of a validation pass. */
export interface ListReport {
  /** The number of rows below the headers. */
  readonly rows: number;
  /** The number of all errors, also of those that `errors` does not list. */
  readonly errorCount: number;
  /** How many of them concern the whole list, such as a missing column: no row can be sent. */
  readonly listErrorCount: number;
  /** The number of rows that have an error. */
  readonly badRows: number;
  /** The number of all errors by code. */
  readonly errorCounts: Readonly<Partial<Record<ListErrorCode, number>>>;
  /** The first {@link MAX_ERRORS_REPORTED} errors, those of the whole list before those of rows. */
  readonly errors: readonly ListError[];
  /**
   * The columns that the template needs and the file has not, by the template's names. Lists have 100 headers at most.
   */
  readonly missingColumns: readonly string[];
  /** The recipient's headers when several columns hold recipients, which is an error. */
  readonly duplicateColumns: readonly string[];
  /** Headers, except the recipient's, that several columns share: their values make a list. */
  readonly repeatedColumns: readonly string[];
  /** Headers of columns that the message does not use. */
  readonly unknownColumns: readonly string[];
  /**
   * Headers of columns with a number that stands as the spreadsheet shows it, such as `£1,234.50` or `25%`, and not with
   * its own digits. For information: it is no error.
   */
  readonly formattedColumns: readonly string[];
  /** The number of rows whose recipient an earlier row has, also where that is allowed. */
  readonly duplicateRecipients: number;
  /** The number of rows with a telephone number of another country. */
  readonly international: number;
  /** `null` for channels other than SMS. */
  readonly fragments: ListFragments | null;
  /**
   * The first {@link MAX_SAMPLES} rows as messages, of those that are sent where rows with errors are left out; empty
   * when a column is missing.
   */
  readonly samples: readonly ListSample[];
}

/** The report on a list with what is known about how it was read. */
export interface UploadReport extends ListReport {
  /** The encoding, as of a job. */
  readonly encoding: ListReading["encoding"];
  /** Cells by which people can see whether the encoding is right. */
  readonly sample: ListReading["sample"];
  /** The warnings that the list has. They are no errors. */
  readonly warnings: readonly ListWarning[];
}

/** Counts all errors, and keeps the first {@link MAX_ERRORS_REPORTED}. The fields change with each `add`. */
export interface ErrorTally {
  add(error: ListError): void;
  /** The number of errors added. */
  readonly count: number;
  /** The number of errors added, by code. */
  readonly counts: Readonly<Partial<Record<ListErrorCode, number>>>;
  /** The first errors added, in their order. */
  readonly first: readonly ListError[];
}

/** Creates an empty tally. */
export function createErrorTally(): ErrorTally {
  const counts: Partial<Record<ListErrorCode, number>> = {};
  const first: ListError[] = [];
  let count = 0;
  return {
    add(error) {
      count++;
      counts[error.code] = (counts[error.code] ?? 0) + 1;
      if (first.length < MAX_ERRORS_REPORTED) first.push(error);
    },
    get count() {
      return count;
    },
    counts,
    first,
  };
}

/** Shortens a header for a report to {@link MAX_HEADER_REPORTED_LENGTH}; a shortened one ends in `…`. */
export function truncateHeader(header: string): string {
  return header.length <= MAX_HEADER_REPORTED_LENGTH
    ? header
    : `${header.slice(0, MAX_HEADER_REPORTED_LENGTH)}…`;
}

/** Shortens a list of headers for a report: to its first 100, and each to {@link MAX_HEADER_REPORTED_LENGTH}. */
export function truncateHeaders(headers: readonly string[]): readonly string[] {
  return headers.slice(0, MAX_HEADERS_REPORTED).map(truncateHeader);
}
