/**
 * The limits of spreadsheets. A file over one of them is refused, unless the comment says otherwise. The limits of all
 * files of recipients are in `domain/csv/limits.ts`, those of ZIP files in `zip.ts`.
 */

/** The most relationships of an Excel file's root or workbook. */
export const XLSX_MAX_RELATIONSHIPS = 100_000;
/** The most characters of the id and of the target of a relationship to a part that is read. */
export const XLSX_MAX_TARGET = 255;
/** The most sheets, hidden ones included. Of an OpenDocument file only the sheets up to the first visible one count. */
export const SHEET_MAX_SHEETS = 100;
/** The most cell formats, number formats included. Excel itself stores 65,490 at most. */
export const SHEET_MAX_STYLES = 65_000;
/** The most characters of a number format's code, as in Excel. */
export const XLSX_MAX_FORMAT_CODE = 255;
/**
 * The most places for digits in a section of a number format's code, which are filled for every cell. A number whose
 * format has more is read with all its digits.
 */
export const XLSX_MAX_FORMAT_PLACES = 64;
/** The most shared strings of an Excel file: texts that cells refer to by index. */
export const XLSX_MAX_STRINGS = 2_000_000;
/** The most characters of all shared strings together. */
export const XLSX_MAX_STRING_CHARACTERS = 50_000_000;
/** The most definitions of hidden columns of a sheet: one for each column that a sheet can have. */
export const XLSX_MAX_COLUMN_DEFINITIONS = 16_384;

/**
 * The most cells of the sheet that is read; a larger sheet is refused. A cell that the file declares as repeated counts
 * as often as it is repeated, so that a small file cannot cause more work than 100,000 rows of 1,000 cells.
 */
export const SHEET_MAX_CELLS = 101_000_000;
/** The most characters of all cells of the sheet that is read. Repeated cells and shared strings count each time. */
export const SHEET_MAX_CHARACTERS = 200_000_000;

/** The most XML elements of a part (a file in the ZIP file) with cells or shared strings: a cell has two or three. */
export const XML_MAX_ELEMENTS = 40_000_000;
/** The most XML elements of any other part. */
export const XML_MAX_SMALL_ELEMENTS = 1_000_000;
/** The deepest nesting of XML elements. */
export const XML_MAX_DEPTH = 100;
/** The most attributes of an element. The roots of parts declare some 50 namespaces. */
export const XML_MAX_ATTRIBUTES = 256;
/**
 * The most characters of a tag, comment or character data section. The XML parser buffers these until they are
 * complete.
 */
export const XML_MAX_TOKEN = 1_000_000;

/**
 * How many spreadsheets one process unpacks at the same time; further uploads wait. Each needs up to about 300 MB of
 * memory. On Cloudflare Workers there is no limit but the memory of an isolate.
 */
export const SPREADSHEETS_AT_ONCE = 2;
