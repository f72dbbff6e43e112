/** What a list of recipients comes to: the answer to an upload that is only tried, or refused. No I/O and no clock. */
import type { CellError } from "../csv/cell_error.ts";
import type { SheetFaultKind } from "../csv/faults.ts";

/** How many errors are told. */
export const MAX_ERRORS_REPORTED = 100;
/** How many of the first rows are shown as messages. */
export const MAX_SAMPLES = 3;
/** How many headers of a kind are told, and how much of each: a file may have none but its data. */
export const MAX_HEADERS_REPORTED = 100;
/** How long a header or value that is told may be, in UTF-16 units. */
export const MAX_HEADER_REPORTED_LENGTH = 100;

/** What is wrong with a list, by a stable name. */
export type ListErrorCode =
  | CellError
  | SheetFaultKind
  | "missing_column"
  | "duplicate_recipient_column"
  | "empty_row"
  | "message_too_long"
  | "message_empty"
  | "recipient_not_allowed"
  | "duplicate_recipient"
  | "reference_too_long"
  | "over_daily_limit"
  | "over_international_limit";

/** One thing that is wrong. The values of cells are not repeated. */
export interface ListError {
  /** As a spreadsheet shows it: the headers are row 1. `null` for what is no row's. */
  readonly row: number | null;
  /** The header of the column; `null` for what is no column's. */
  readonly column: string | null;
  readonly code: ListErrorCode;
  /** The words to people. */
  readonly message: string;
}

/** One of the first rows as the message that it would be. */
export interface ListSample {
  readonly row: number;
  readonly subject: string | null;
  /** As the API shows it. */
  readonly body: string;
  /** As it is sent. */
  readonly text: string;
  readonly fragments: number | null;
}

/** What texts cost. */
export interface ListFragments {
  readonly total: number;
  /** How many rows take how many fragments. */
  readonly rows: ReadonlyMap<number, number>;
}

/** What a list comes to. */
export interface ListReport {
  /** How many rows there are below the headers. */
  readonly rows: number;
  readonly errorCount: number;
  /** How many there are of each. */
  readonly errorCounts: Readonly<Partial<Record<ListErrorCode, number>>>;
  /** The first {@link MAX_ERRORS_REPORTED}, those of the whole list first. */
  readonly errors: readonly ListError[];
  readonly missingColumns: readonly string[];
  /** Headers that are the recipient's in several columns: an error. */
  readonly duplicateColumns: readonly string[];
  /** Headers that other columns have several times: their values make a list. */
  readonly repeatedColumns: readonly string[];
  /** Headers that the message makes no use of. */
  readonly unknownColumns: readonly string[];
  /** How many rows are for somebody who was there before, whether that is an error or not. */
  readonly duplicateRecipients: number;
  /** How many are for numbers of other countries. */
  readonly international: number;
  /** `null` for all but texts. */
  readonly fragments: ListFragments | null;
  readonly samples: readonly ListSample[];
}

/** Collects errors: counts all, and keeps the first. */
export interface ErrorTally {
  add(error: ListError): void;
  readonly count: number;
  readonly counts: Readonly<Partial<Record<ListErrorCode, number>>>;
  readonly first: readonly ListError[];
}

/** Starts to collect errors. */
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

/** A header as it is told. */
export function reportHeader(header: string): string {
  return header.length <= MAX_HEADER_REPORTED_LENGTH
    ? header
    : `${header.slice(0, MAX_HEADER_REPORTED_LENGTH)}…`;
}

/** Headers as they are told. */
export function reportHeaders(headers: readonly string[]): readonly string[] {
  return headers.slice(0, MAX_HEADERS_REPORTED).map(reportHeader);
}
