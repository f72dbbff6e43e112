/** The limits of files of recipients. */

/** Bytes of an uploaded file: 50 MB. */
export const SHEET_MAX_BYTES = 50_000_000;

/** Rows below the headers. */
export const CSV_MAX_ROWS = 100_000;

/** Cells in a row, as in GOV.UK Notify's reading of spreadsheets. */
export const CSV_MAX_COLUMNS = 1_000;

/** Characters (UTF-16 code units) of a cell. A longer cell is usually a quote that is never closed. */
export const CSV_MAX_CELL = 100_000;

/** Characters (UTF-16 code units) of all cells of a row. A row is validated without yielding to the event loop. */
export const CSV_MAX_ROW = 2_500_000;

/**
 * Consecutive blanks and delimiters. They are buffered until it is known whether they are trailing, and so not part of
 * the file.
 */
export const CSV_MAX_BLANKS = 10_000_000;

/** The limits of a streaming reader. A limit that is left out does not apply. */
export interface CsvLimits {
  /** Rows below the headers. */
  readonly rows?: number;
  readonly columns?: number;
  readonly cell?: number;
  /** Characters of all cells of a row. */
  readonly row?: number;
  readonly blanks?: number;
  /** Whether a NUL character, which no text has, is refused. */
  readonly nul?: boolean;
}

/** The limits of uploads. */
export const UPLOAD_LIMITS: CsvLimits = {
  rows: CSV_MAX_ROWS,
  columns: CSV_MAX_COLUMNS,
  cell: CSV_MAX_CELL,
  row: CSV_MAX_ROW,
  blanks: CSV_MAX_BLANKS,
  nul: true,
};
