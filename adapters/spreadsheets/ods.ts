/**
 * Reads the first visible sheet of an OpenDocument file. Hidden rows and columns are skipped.
 *
 * Source: OpenDocument 1.3 part 3, sections 9.1 (tables), 19.384 (values).
 */
import { CSV_MAX_CELL, CSV_MAX_COLUMNS, UPLOAD_LIMITS } from "../../domain/csv/limits.ts";
import type { SheetRow } from "../../domain/ports/read_sheet.ts";
import { SHEET_MAX_SHEETS, SHEET_MAX_STYLES } from "./limits.ts";
import { numberText, readNumber, toText } from "./ods_cells.ts";
import { SheetError } from "./sheet_error.ts";
import { createSheetRows } from "./sheet_rows.ts";
import { createShownNumbers } from "./shown_numbers.ts";
import { createVisibleColumns, SHEET_COLUMNS, SHEET_ROWS } from "./visible_columns.ts";
import { type Attributes, readWholeXml, readXml, type XmlHandler } from "./xml.ts";
import type { Zip } from "./zip.ts";

const MIME_TYPE = "application/vnd.oasis.opendocument.spreadsheet";
const MANIFEST = "META-INF/manifest.xml";
const CONTENT = "content.xml";

/** Whether a ZIP file is an OpenDocument spreadsheet, by its entry `mimetype`. */
export async function isOds(zip: Zip, signal: AbortSignal): Promise<boolean> {
  if (!zip.has("mimetype") || !zip.has(CONTENT)) return false;
  let type = "";
  for await (const chunk of zip.open("mimetype", signal)) {
    type += new TextDecoder().decode(chunk);
    if (type.length > MIME_TYPE.length * 2) break;
  }
  return type.trim().startsWith(MIME_TYPE);
}

async function refusePassword(zip: Zip, signal: AbortSignal): Promise<void> {
  if (!zip.has(MANIFEST)) return;
  await readWholeXml(zip, MANIFEST, {
    open(element) {
      if (element === "encryption-data") throw new SheetError({ kind: "password" });
    },
  }, signal);
}

function parseRepetitions(repetitions: string | undefined, most: number): number {
  const count = repetitions === undefined ? 1 : Number(repetitions);
  if (!Number.isInteger(count) || count < 1) throw new SheetError({ kind: "damaged" });
  return Math.min(count, most);
}

/** Collects the rows of the first visible sheet from XML events. */
function createContentHandler(): XmlHandler & { take(): readonly SheetRow[]; isOver(): boolean } {
  // One long closure: the handlers of nested elements share the state of the row and the cell.
  const rows = createSheetRows(UPLOAD_LIMITS);
  const hiddenStyles = new Set<string>();
  let styles = 0;
  let sheets = 0;
  let style = "";
  let phase: "before" | "inside" | "over" = "before";
  let tables = 0;
  const columns = createVisibleColumns();
  const shownNumbers = createShownNumbers();
  let columnsSeen = 0;
  let row: string[] = [];
  let rowAttributes: Attributes = {};
  let column = 0;
  let cell: Attributes | undefined;
  /** Whether the cell is covered by a merged one. */
  let isCovered = false;
  let text = "";
  let paragraphs = 0;
  let inParagraph = false;
  /** The number of open notes and drawings, whose paragraphs do not belong to the cell. */
  let openAsides = 0;

  const isHidden = ({ visibility = "visible" }: Attributes) => visibility !== "visible";
  const append = (chunk: string) => {
    // A longer text is refused when the row is added, where its position is known. Here it only must not grow.
    if (text.length <= CSV_MAX_CELL) text += chunk;
  };

  function openTable(attributes: Attributes): void {
    tables++;
    if (tables === 1 && ++sheets > SHEET_MAX_SHEETS) {
      throw new SheetError({ kind: "too_many_sheets", maxSheets: SHEET_MAX_SHEETS });
    }
    const hidden = hiddenStyles.has(attributes["style-name"] ?? "");
    if (phase === "before" && tables === 1 && !hidden) phase = "inside";
  }

  function closeCell(): void {
    if (cell === undefined) return;
    rows.count(0, text.length);
    const number = readNumber(cell);
    const shown = number === undefined ? toText(cell, text) : numberText(number, text, cell);
    const value = isCovered ? "" : shown;
    const repetitions = parseRepetitions(cell["number-columns-repeated"], SHEET_COLUMNS);
    cell = undefined;
    if (column + repetitions > SHEET_COLUMNS) throw new SheetError({ kind: "damaged" });
    const from = column;
    column += repetitions;
    // Empty cells are not stored: sheets end with rows of 16,384 of them.
    if (value === "" || isHidden(rowAttributes)) return;
    rows.count(repetitions, value.length);
    for (let at = from; at < column && row.length <= CSV_MAX_COLUMNS; at++) {
      const index = columns.indexOf(at);
      if (index === undefined) continue;
      while (row.length < index && row.length <= CSV_MAX_COLUMNS) row.push("");
      row.push(value);
      if (number !== undefined) shownNumbers.note(index, number, value);
    }
  }

  function openText(element: string, attributes: Attributes): void {
    if (element === "annotation" || element === "frame") openAsides++;
    if (openAsides > 0) return;
    if (element === "p") {
      if (paragraphs++ > 0) append("\n");
      inParagraph = true;
    } else if (element === "s") append(" ".repeat(parseRepetitions(attributes.c, CSV_MAX_CELL)));
    else if (element === "tab") append("\t");
    else if (element === "line-break") append("\n");
  }

  function openInside(element: string, attributes: Attributes): void {
    if (element === "table-cell" || element === "covered-table-cell") {
      cell = attributes;
      isCovered = element === "covered-table-cell";
      text = "";
      paragraphs = 0;
    } else if (element === "table-row") {
      row = [];
      column = 0;
      rowAttributes = attributes;
    } else if (element === "table-column") {
      const from = columnsSeen;
      columnsSeen += parseRepetitions(attributes["number-columns-repeated"], SHEET_COLUMNS);
      if (columnsSeen > SHEET_COLUMNS) throw new SheetError({ kind: "damaged" });
      if (isHidden(attributes)) columns.hide(from, columnsSeen);
    } else if (cell !== undefined) openText(element, attributes);
  }

  return {
    take: rows.take,
    isOver: () => phase === "over",
    open(element, attributes) {
      if (element === "style") {
        if (++styles > SHEET_MAX_STYLES) {
          throw new SheetError({ kind: "too_many_styles", maxStyles: SHEET_MAX_STYLES });
        }
        style = attributes.name ?? "";
      } else if (element === "table-properties" && attributes.display === "false") {
        hiddenStyles.add(style);
      } else if (element === "table") openTable(attributes);
      else if (phase === "inside" && tables === 1) openInside(element, attributes);
    },
    close(element) {
      if (element === "table") {
        tables--;
        if (phase === "inside" && tables === 0) phase = "over";
      }
      if (phase !== "inside" || tables !== 1) return;
      if (element === "annotation" || element === "frame") {
        if (openAsides > 0) openAsides--;
      } else if (element === "p") inParagraph = inParagraph && openAsides > 0;
      else if (element === "table-cell" || element === "covered-table-cell") closeCell();
      else if (element === "table-row") {
        const repetitions = parseRepetitions(
          rowAttributes["number-rows-repeated"],
          SHEET_ROWS,
        );
        if (isHidden(rowAttributes)) rows.skip(repetitions);
        else rows.add(row, repetitions, shownNumbers.endRow(row));
      }
    },
    text(chunk) {
      if (cell !== undefined && inParagraph && openAsides === 0) append(chunk);
    },
  };
}

/**
 * Yields the rows of the first visible sheet of an OpenDocument file in batches, while its content is inflated. A batch
 * may be empty. Hidden rows and columns are left out.
 *
 * @throws {SheetError} when the file has a password, is damaged or over a limit, or has no visible sheet
 * @throws the signal's reason
 */
export async function* readOds(zip: Zip, signal: AbortSignal): AsyncGenerator<readonly SheetRow[]> {
  await refusePassword(zip, signal);
  const handler = createContentHandler();
  let isSheetRead = false;
  for await (const _ of readXml(zip, CONTENT, handler, signal)) {
    yield handler.take();
    isSheetRead = handler.isOver();
    if (isSheetRead) return;
  }
  if (!isSheetRead) throw new SheetError({ kind: "no_sheet" });
}
