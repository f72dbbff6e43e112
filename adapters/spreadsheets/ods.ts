/**
 * The first visible sheet of an OpenDocument file as rows of texts; hidden rows and columns are left out.
 *
 * Source: OpenDocument 1.3 part 3, sections 9.1 (tables), 19.384 (values).
 */
import { CSV_MAX_CELL, CSV_MAX_COLUMNS, UPLOAD_LIMITS } from "../../domain/csv/limits.ts";
import type { SheetRow } from "../../domain/ports/read_sheet.ts";
import { toDigits, toPercentage, toTime } from "./cell_text.ts";
import { SheetError } from "./sheet_error.ts";
import { createSheetRows } from "./sheet_rows.ts";
import { createShownColumns, SHEET_COLUMNS, SHEET_ROWS } from "./shown_columns.ts";
import { type Attributes, readWholeXml, readXml, type XmlHandler } from "./xml.ts";
import type { Zip } from "./zip.ts";

const MIME_TYPE = "application/vnd.oasis.opendocument.spreadsheet";
const MANIFEST = "META-INF/manifest.xml";
const CONTENT = "content.xml";

/** Whether the file says of itself that it is a spreadsheet. */
export async function isOds(zip: Zip, signal: AbortSignal): Promise<boolean> {
  if (!zip.has("mimetype") || !zip.has(CONTENT)) return false;
  let type = "";
  for await (const piece of zip.open("mimetype", signal)) {
    type += new TextDecoder().decode(piece);
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

function repeated(times: string | undefined, most: number): number {
  const count = times === undefined ? 1 : Number(times);
  if (!Number.isInteger(count) || count < 1) throw new SheetError({ kind: "damaged" });
  return Math.min(count, most);
}

/** `PT10H30M00S` as `10:30`. */
function durationText(duration: string): string | undefined {
  const [, hours = "0", minutes = "0", seconds = "0"] =
    /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d+)?S)?$/.exec(duration) ?? [undefined];
  if (!duration.startsWith("PT")) return undefined;
  return toTime(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
}

/** `2026-05-12T10:30:00` as `2026-05-12 10:30`, without the time where that is midnight. */
function dateText(date: string): string {
  const [day = date, time = ""] = date.split("T");
  const short = time.replace(/\.\d+$/, "").replace(/^(\d\d:\d\d):00$/, "$1");
  return short === "" || short === "00:00" ? day : `${day} ${short}`;
}

function numberText(value: string, shown: string): string {
  const number = Number(value);
  if (value.trim() === "" || !Number.isFinite(number)) return shown;
  // Zeros at the start are in the format, not in the number.
  return /^0\d+$/.test(shown) && Number(shown) === number ? shown : toDigits(number);
}

/** What a cell holds, as text: by its value where the text shown may have lost some of it. */
function toText(attributes: Attributes, shown: string): string {
  const { value = "" } = attributes;
  switch (attributes["value-type"]) {
    case "float":
    case "currency":
      return numberText(value, shown);
    case "percentage":
      return Number.isFinite(Number(value)) ? toPercentage(Number(value)) : shown;
    case "date":
      return dateText(attributes["date-value"] ?? shown);
    case "time":
      return durationText(attributes["time-value"] ?? "") ?? shown;
    case "boolean":
      return attributes["boolean-value"] === "true" ? "TRUE" : "FALSE";
    default:
      return shown === "" ? attributes["string-value"] ?? "" : shown;
  }
}

/** Gathers the rows of the first visible sheet from the events. */
function createContentHandler(): XmlHandler & { take(): readonly SheetRow[]; isOver(): boolean } {
  const rows = createSheetRows(UPLOAD_LIMITS);
  const hiddenStyles = new Set<string>();
  let style = "";
  let phase: "before" | "inside" | "over" = "before";
  let tables = 0;
  const columns = createShownColumns();
  let columnsSeen = 0;
  let row: string[] = [];
  let rowAttributes: Attributes = {};
  let column = 0;
  let cell: Attributes | undefined;
  /** Whether the cell lies under a merged one and is not seen. */
  let isCovered = false;
  let text = "";
  let paragraphs = 0;
  let inParagraph = false;
  /** How many notes and drawings are open, whose paragraphs are not the cell's. */
  let aside = 0;

  const isHidden = ({ visibility = "visible" }: Attributes) => visibility !== "visible";
  const append = (piece: string) => {
    // What is longer is refused with its place when the row is added; here it only must not grow.
    if (text.length <= CSV_MAX_CELL) text += piece;
  };

  function openTable(attributes: Attributes): void {
    tables++;
    const hidden = hiddenStyles.has(attributes["style-name"] ?? "");
    if (phase === "before" && tables === 1 && !hidden) phase = "inside";
  }

  function closeCell(): void {
    if (cell === undefined) return;
    const value = isCovered ? "" : toText(cell, text);
    const times = repeated(cell["number-columns-repeated"], SHEET_COLUMNS);
    cell = undefined;
    if (column + times > SHEET_COLUMNS) throw new SheetError({ kind: "damaged" });
    const from = column;
    column += times;
    // Sheets end with rows of 16,384 empty cells.
    if (value === "" || isHidden(rowAttributes)) return;
    for (let at = from; at < column && row.length <= CSV_MAX_COLUMNS; at++) {
      const place = columns.placeOf(at);
      if (place === undefined) continue;
      while (row.length < place && row.length <= CSV_MAX_COLUMNS) row.push("");
      row.push(value);
    }
  }

  function openText(element: string, attributes: Attributes): void {
    if (element === "annotation" || element === "frame") aside++;
    if (aside > 0) return;
    if (element === "p") {
      if (paragraphs++ > 0) append("\n");
      inParagraph = true;
    } else if (element === "s") append(" ".repeat(repeated(attributes.c, CSV_MAX_CELL)));
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
      columnsSeen += repeated(attributes["number-columns-repeated"], SHEET_COLUMNS);
      if (columnsSeen > SHEET_COLUMNS) throw new SheetError({ kind: "damaged" });
      if (isHidden(attributes)) columns.hide(from, columnsSeen);
    } else if (cell !== undefined) openText(element, attributes);
  }

  return {
    take: rows.take,
    isOver: () => phase === "over",
    open(element, attributes) {
      if (element === "style") style = attributes.name ?? "";
      else if (element === "table-properties" && attributes.display === "false") {
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
        if (aside > 0) aside--;
      } else if (element === "p") inParagraph = inParagraph && aside > 0;
      else if (element === "table-cell" || element === "covered-table-cell") closeCell();
      else if (element === "table-row") {
        const times = repeated(rowAttributes["number-rows-repeated"], SHEET_ROWS);
        if (isHidden(rowAttributes)) rows.skip(times);
        else rows.add(row, times);
      }
    },
    text(piece) {
      if (cell !== undefined && inParagraph && aside === 0) append(piece);
    },
  };
}

/**
 * Reads an OpenDocument file, a piece of its content a step.
 *
 * @throws SheetError
 */
export async function* readOds(zip: Zip, signal: AbortSignal): AsyncGenerator<readonly SheetRow[]> {
  await refusePassword(zip, signal);
  const handler = createContentHandler();
  let any = false;
  for await (const _ of readXml(zip, CONTENT, handler, signal)) {
    yield handler.take();
    any = handler.isOver();
    if (any) return;
  }
  if (!any) throw new SheetError({ kind: "no_sheet" });
}
