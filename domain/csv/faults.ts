/** Why a recipient file is refused, with the messages. */
import { encodingWords, type TextEncoding } from "./encoding.ts";

/** The details of each fault. Rows and columns count from 1, the headers being row 1, as a spreadsheet shows them. */
interface FaultFacts {
  empty: unknown;
  only_header: unknown;
  too_large: { readonly maxBytes: number };
  too_many_rows: { readonly maxRows: number };
  too_many_columns: { readonly row: number; readonly maxColumns: number };
  row_too_long: { readonly row: number; readonly maxCharacters: number };
  cell_too_long: { readonly row: number; readonly column: number; readonly maxCharacters: number };
  too_many_blanks: { readonly row: number };
  quote_not_closed: { readonly row: number; readonly column: number };
  text_after_quote: { readonly row: number; readonly column: number };
  rows_in_quotes: { readonly row: number; readonly column: number };
  not_text: { readonly row: number };
  /**
   * Bytes that are not valid in the encoding of the rest; or valid UTF-8 in a file that begins in another encoding, if
   * `isUtf8`. `header` is the name of the column, `null` in the headers' row and beyond it.
   */
  bad_encoding: {
    readonly row: number;
    readonly column: number;
    readonly header: string | null;
    readonly encoding: TextEncoding;
    readonly isUtf8: boolean;
  };
  web_page: unknown;
  xml: unknown;
  pdf: unknown;
  old_excel: unknown;
  zip_not_sheet: unknown;
  password: unknown;
  damaged: unknown;
  no_sheet: unknown;
  inflates_too_much: unknown;
  too_many_entries: { readonly maxEntries: number };
  too_many_relationships: { readonly maxRelationships: number };
  too_many_sheets: { readonly maxSheets: number };
  too_many_styles: { readonly maxStyles: number };
  sheet_too_large: { readonly maxCells: number };
  too_much_text: unknown;
  too_complex: unknown;
}

/** The code of a fault, as the API reports it. Codes stay the same between versions. */
export type SheetFaultKind = keyof FaultFacts;

/** Why a file is refused, with its details. They never quote a value of the file. */
export type SheetFault = {
  readonly [Kind in SheetFaultKind]: { readonly kind: Kind } & FaultFacts[Kind];
}[SheetFaultKind];

const megabytes = (bytes: number) => `${bytes / 1_000_000} MB`;
const grouped = (count: number) => count.toLocaleString("en-GB");

const SAVE_AGAIN = "save it as an Excel (.xlsx), OpenDocument (.ods) or CSV file and upload that";

const COPY_CELLS = "copy the cells that you need into a new spreadsheet and upload that";

/** The message of each fault. */
const SHEET_MESSAGES: {
  readonly [Kind in SheetFaultKind]: (facts: FaultFacts[Kind]) => string;
} = {
  empty: () => "The file is empty",
  only_header: () => "The file has column names but no rows below them",
  too_large: ({ maxBytes }) => `The file is larger than ${megabytes(maxBytes)}`,
  too_many_rows: ({ maxRows }) =>
    `The file has more than ${grouped(maxRows)} rows below its column names`,
  too_many_columns: ({ row, maxColumns }) =>
    `Row ${row} has more than ${grouped(maxColumns)} columns`,
  cell_too_long: ({ row, column, maxCharacters }) =>
    `The cell in row ${row}, column ${column} has more than ${grouped(maxCharacters)} characters` +
    " – check for a quotation mark that is never closed",
  row_too_long: ({ row, maxCharacters }) =>
    `Row ${row} has more than ${grouped(maxCharacters)} characters in all its cells together`,
  too_many_blanks: ({ row }) => `The file has too many empty cells after row ${row}`,
  quote_not_closed: ({ row, column }) =>
    `The cell in row ${row}, column ${column} begins with a quotation mark (") that is never ` +
    "closed – delete it, or write one at the end of the cell too",
  text_after_quote: ({ row, column }) =>
    `The cell in row ${row}, column ${column} has text after its closing quotation mark (") – ` +
    'write a quotation mark that belongs to the text twice ("")',
  rows_in_quotes: ({ row, column }) =>
    `The cell in row ${row}, column ${column} takes in text that looks like further rows – ` +
    'check for a quotation mark (") that is not closed at the end of its cell',
  not_text: ({ row }) => `This is not a text file: row ${row} holds a NUL character`,
  bad_encoding: ({ row, column, encoding, isUtf8 }) =>
    `The cell in row ${row}, column ${column} ` +
    (isUtf8
      ? `is in UTF-8, but the rows before it are in ${encodingWords(encoding)}`
      : `holds a letter that is cut, or in another encoding than ${encodingWords(encoding)}`) +
    " – correct the cell, and save the whole file as CSV in UTF-8",
  web_page: () => "This is a web page, not a CSV file",
  xml: () => `This is an XML file – ${SAVE_AGAIN}`,
  pdf: () => "This is a PDF, not a spreadsheet",
  old_excel: () => `This is an old Excel file (.xls) or one with a password – ${SAVE_AGAIN}`,
  zip_not_sheet: () =>
    `This is a ZIP file, but no Excel (.xlsx) or OpenDocument (.ods) spreadsheet`,
  password: () => "The spreadsheet has a password – remove it and upload the file again",
  damaged: () => `The spreadsheet is damaged – open it, ${SAVE_AGAIN}`,
  no_sheet: () => "The spreadsheet has no visible sheet",
  inflates_too_much: () => "The spreadsheet is packed too tightly to be unpacked safely",
  too_many_entries: ({ maxEntries }) =>
    `The spreadsheet consists of more than ${grouped(maxEntries)} parts`,
  too_many_relationships: ({ maxRelationships }) =>
    `The spreadsheet has more than ${grouped(maxRelationships)} links between its parts – ` +
    COPY_CELLS,
  too_many_sheets: ({ maxSheets }) =>
    `The spreadsheet has more than ${grouped(maxSheets)} sheets – ${COPY_CELLS}`,
  too_many_styles: ({ maxStyles }) =>
    `The spreadsheet has more than ${grouped(maxStyles)} cell formats – ${COPY_CELLS}`,
  sheet_too_large: ({ maxCells }) => `The spreadsheet has more than ${grouped(maxCells)} cells`,
  too_much_text: () => "The spreadsheet holds too much text",
  too_complex: () => `The spreadsheet holds too much beside its cells – ${COPY_CELLS}`,
};

function messageOf<Kind extends SheetFaultKind>(
  fault: { readonly kind: Kind } & FaultFacts[Kind],
): string {
  return SHEET_MESSAGES[fault.kind](fault);
}

/** The English message for people. It names rows and limits, and never quotes a value of the file. */
export function sheetMessage(fault: SheetFault): string {
  return messageOf(fault);
}
