/** How much a file of recipients may hold. */

/** Bytes of an uploaded file: 50 MB. */
export const SHEET_MAX_BYTES = 50_000_000;

/** Rows below the headers. */
export const CSV_MAX_ROWS = 100_000;

/** Cells in a row; the peer's own reading of spreadsheets ends there too. (facts/notify.md 5.4) */
export const CSV_MAX_COLUMNS = 1_000;

/** Characters (UTF-16 code units) of a cell. Longer ones are mostly a quote that is never closed. */
export const CSV_MAX_CELL = 100_000;

/**
 * Blank characters and delimiters in a row, which may be the end of the file (no part of it) or its middle, and are kept
 * until that is known.
 */
export const CSV_MAX_BLANKS = 10_000_000;

/** What an incremental reader of rows refuses by. A number that is left out is no limit. */
export interface CsvLimits {
  /** Rows below the headers. */
  readonly rows?: number;
  readonly columns?: number;
  readonly cell?: number;
  readonly blanks?: number;
  /** Whether a NUL is refused: text has none. */
  readonly nul?: boolean;
}

/** The limits of uploads. */
export const UPLOAD_LIMITS: CsvLimits = {
  rows: CSV_MAX_ROWS,
  columns: CSV_MAX_COLUMNS,
  cell: CSV_MAX_CELL,
  blanks: CSV_MAX_BLANKS,
  nul: true,
};
