/** The limits of files of recipients. */

/** The most bytes of an uploaded file: 50 MB. A larger file is refused. */
export const SHEET_MAX_BYTES = 50_000_000;

/**
 * The most rows below the headers of a recipient file of any format, blank rows between others included. A file with
 * more is refused (`too_many_rows`).
 */
export const CSV_MAX_ROWS = 100_000;

/** The most cells in a row, as in GOV.UK Notify's reading of spreadsheets. A longer row refuses the file. */
export const CSV_MAX_COLUMNS = 1_000;

/**
 * The most characters (UTF-16 code units) of a cell. A longer cell refuses the file: it is usually a quote that is
 * never closed.
 */
export const CSV_MAX_CELL = 100_000;

/**
 * The most characters (UTF-16 code units) of all cells of a row. A longer row refuses the file: a row is validated
 * without yielding to the event loop.
 */
export const CSV_MAX_ROW = 2_500_000;

/**
 * The most consecutive blanks and delimiters; more refuse the file. They are buffered in memory until a later character
 * shows that they are part of the file: at the end of a file they are not.
 */
export const CSV_MAX_BLANKS = 10_000_000;

/** The limits of a streaming reader; a file that exceeds one is refused. A limit that is left out does not apply. */
export interface CsvLimits {
  /** Max rows below the headers. */
  readonly rows?: number;
  /** Max cells of a row. */
  readonly columns?: number;
  /** Max UTF-16 units of a cell. */
  readonly cell?: number;
  /** Max UTF-16 units of all cells of a row. */
  readonly row?: number;
  /** Max consecutive blanks and delimiters. */
  readonly blanks?: number;
  /** Whether a NUL character, which no text has, is refused. */
  readonly nul?: boolean;
}

/** The limits of an uploaded recipient file: 100,000 rows, 1,000 columns, and so on; NUL characters are refused. */
export const UPLOAD_LIMITS: CsvLimits = {
  rows: CSV_MAX_ROWS,
  columns: CSV_MAX_COLUMNS,
  cell: CSV_MAX_CELL,
  row: CSV_MAX_ROW,
  blanks: CSV_MAX_BLANKS,
  nul: true,
};
