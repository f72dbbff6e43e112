/**
 * Reads the first visible sheet of an Excel file. Hidden rows and columns are skipped. A formula has the value that was
 * stored with it, as in GOV.UK Notify.
 *
 * Source: ECMA-376 part 1, section 18.3 (worksheets).
 */
import { CSV_MAX_CELL, CSV_MAX_COLUMNS, UPLOAD_LIMITS } from "../../domain/csv/limits.ts";
import type { SheetRow } from "../../domain/ports/read_sheet.ts";
import { findErrorValue, UNKNOWN_ERROR } from "../../domain/csv/error_values.ts";
import { type NumberKind, PLAIN_NUMBER, toCellText } from "./cell_text.ts";
import { XLSX_MAX_COLUMN_DEFINITIONS } from "./limits.ts";
import { SheetError } from "./sheet_error.ts";
import { createSheetRows } from "./sheet_rows.ts";
import { createShownNumbers, type ShownNumbers } from "./shown_numbers.ts";
import { createVisibleColumns, SHEET_COLUMNS, SHEET_ROWS } from "./visible_columns.ts";
import { type Attributes, readXml, type XmlHandler } from "./xml.ts";
import { findParts, readStrings, readStyles, unescapeText } from "./xlsx_parts.ts";
import type { Zip } from "./zip.ts";

interface Sheet {
  readonly strings: readonly string[];
  readonly formats: readonly NumberKind[];
  readonly since1904: boolean;
}

/** The index of the column in a cell reference such as `AB12`. */
function readColumn(reference: string): number | undefined {
  const letters = /^([A-Z]{1,3})\d*$/.exec(reference)?.[1];
  if (letters === undefined) return undefined;
  let column = 0;
  for (const letter of letters) column = column * 26 + letter.charCodeAt(0) - 64;
  return column <= SHEET_COLUMNS ? column - 1 : undefined;
}

function isTrue(value: string | undefined): boolean {
  return value === "1" || value === "true";
}

/** Converts a number to text. @param column from 0, hidden ones left out */
function toNumberText(
  raw: string,
  { s: style = "" }: Attributes,
  sheet: Sheet,
  shownNumbers: ShownNumbers,
  column: number,
): string {
  const number = raw.trim() === "" ? NaN : Number(raw);
  if (!Number.isFinite(number)) return raw;
  const format = sheet.formats[Number(style)] ?? PLAIN_NUMBER;
  const text = toCellText(number, format, sheet.since1904);
  if (format.kind === "shown") shownNumbers.note(column, number, text);
  return text;
}

/** Converts a cell to text, except a number. */
function toText(raw: string, type: string, sheet: Sheet): string {
  switch (type) {
    case "s":
      return sheet.strings[Number(raw)] ?? "";
    case "b":
      return isTrue(raw) ? "TRUE" : "FALSE";
    case "e":
      return findErrorValue(raw) === undefined ? UNKNOWN_ERROR : raw;
    default:
      return unescapeText(raw);
  }
}

/** Collects the rows of a sheet from XML events. */
function createSheetHandler(sheet: Sheet): XmlHandler & { take(): readonly SheetRow[] } {
  const rows = createSheetRows(UPLOAD_LIMITS);
  const columns = createVisibleColumns();
  const shownNumbers = createShownNumbers();
  let columnDefinitions = 0;
  let inData = false;
  let rowsBefore = 0;
  let row: string[] = [];
  let isHidden = false;
  let column = -1;
  let cell: Attributes | undefined;
  let text = "";
  let inValue = false;
  let inPhonetics = false;

  function openRow({ r, hidden }: Attributes): void {
    const number = r === undefined ? rowsBefore + 1 : Number(r);
    if (!Number.isInteger(number) || number <= rowsBefore || number > SHEET_ROWS) {
      throw new SheetError({ kind: "damaged" });
    }
    if (number > rowsBefore + 1) rows.add([], number - rowsBefore - 1);
    rowsBefore = number;
    row = [];
    column = -1;
    isHidden = isTrue(hidden);
  }

  function openCell(attributes: Attributes): void {
    const index = attributes.r === undefined ? column + 1 : readColumn(attributes.r);
    if (index === undefined || index <= column) throw new SheetError({ kind: "damaged" });
    column = index;
    cell = attributes;
    text = "";
  }

  function closeCell(): void {
    const attributes = cell;
    cell = undefined;
    const index = columns.indexOf(column);
    if (attributes === undefined || index === undefined || isHidden) return;
    const { t: type = "n" } = attributes;
    if ((text === "" && type !== "e") || row.length > CSV_MAX_COLUMNS) return;
    const value = type === "n"
      ? toNumberText(text, attributes, sheet, shownNumbers, index)
      : toText(text, type, sheet);
    if (value === "") return;
    while (row.length < index) row.push("");
    row.push(value);
  }

  return {
    take: rows.take,
    open(element, attributes) {
      if (element === "sheetData") inData = true;
      else if (element === "col" && isTrue(attributes.hidden)) {
        if (++columnDefinitions > XLSX_MAX_COLUMN_DEFINITIONS) {
          throw new SheetError({ kind: "damaged" });
        }
        columns.hide(Number(attributes.min) - 1, Number(attributes.max));
      }
      if (!inData) return;
      if (element === "c") openCell(attributes);
      else if (element === "v" || element === "t") inValue = cell !== undefined && !inPhonetics;
      else if (element === "row") openRow(attributes);
      else if (element === "rPh") inPhonetics = true;
    },
    close(element) {
      if (!inData) return;
      if (element === "v" || element === "t") inValue = false;
      else if (element === "rPh") inPhonetics = false;
      else if (element === "c") closeCell();
      else if (element === "row") {
        if (isHidden) rows.skip();
        else rows.add(row, 1, shownNumbers.endRow(row));
      } else if (element === "sheetData") inData = false;
    },
    text(chunk) {
      if (!inValue) return;
      // A longer text is refused when the row is added, where its position is known. Here it only must not grow.
      if (text.length <= CSV_MAX_CELL) text += chunk;
    },
  };
}

/**
 * Yields the rows of the first visible sheet of an Excel file in batches, while the sheet is inflated. A batch may be
 * empty. Hidden rows and columns are left out.
 *
 * @param workbook the path of the workbook in the ZIP file, from `findWorkbook`
 * @throws {SheetError} when the file is damaged or over a limit, or has no visible sheet
 * @throws the signal's reason
 */
export async function* readXlsx(
  zip: Zip,
  workbook: string,
  signal: AbortSignal,
): AsyncGenerator<readonly SheetRow[]> {
  const parts = await findParts(zip, workbook, signal);
  const strings = parts.strings === undefined ? [] : await readStrings(zip, parts.strings, signal);
  const formats = parts.styles === undefined ? [] : await readStyles(zip, parts.styles, signal);
  const handler = createSheetHandler({ strings, formats, since1904: parts.since1904 });
  for await (const _ of readXml(zip, parts.sheet, handler, signal)) yield handler.take();
}
