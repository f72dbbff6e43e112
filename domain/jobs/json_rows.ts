/** Recipients as JSON: an array of rows with the headers first, or an array of objects. */
import type { SheetFault } from "../csv/faults.ts";
import { CSV_MAX_CELL, CSV_MAX_COLUMNS, CSV_MAX_ROW, CSV_MAX_ROWS } from "../csv/limits.ts";
import type { CsvRows } from "../csv/tokenizer.ts";
import { ok, refuse, type Result } from "../result.ts";
import { isJsonObject } from "../json/json_object.ts";
import { JSON_LIMITS, type JsonLimits } from "../json/json_shape.ts";
import type { Steps } from "../steps/steps.ts";

/**
 * The most cells of rows that are objects: the number of rows times that of different field names, so that a field that
 * an object leaves out counts too. More are refused: a small body can imply very many.
 */
export const JSON_MAX_CELLS = 5_000_000;

/**
 * The limits of a JSON body with rows. A cell counts as two values when its row is an object: a name and a value. A
 * list of up to twice as many rows as a job may have is parsed, so that `readJsonRows` refuses it with its own message.
 */
export const JSON_ROWS_LIMITS: JsonLimits = {
  ...JSON_LIMITS,
  nodes: 2 * JSON_MAX_CELLS,
  arrayItems: 2 * CSV_MAX_ROWS,
};

/**
 * Why a JSON value is not a list of rows. `not_rows`: it is not an array of arrays or of objects. `not_a_row`: an item
 * has another type than the first. `not_a_cell`: a value is an array or object. `too_many_cells`: rows that are objects
 * come to too many cells. Rows and columns count from 1, the headers being row 1.
 */
export type JsonRowsFault =
  | { readonly kind: "not_rows" }
  | { readonly kind: "not_a_row"; readonly row: number }
  | { readonly kind: "not_a_cell"; readonly row: number; readonly column: number }
  | { readonly kind: "too_many_cells"; readonly maxCells: number };

type RowsFault = JsonRowsFault | SheetFault;

/** The English message for people. It never quotes a value. */
export function jsonRowsMessage(fault: JsonRowsFault): string {
  switch (fault.kind) {
    case "not_rows":
      return "rows must be a list of lists, the column names first, or a list of objects";
    case "not_a_row":
      return `Row ${fault.row} is not of the same kind as the first`;
    case "not_a_cell":
      return `The value in row ${fault.row}, column ${fault.column} must be a text, a number, ` +
        "true, false or null";
    case "too_many_cells":
      return `Rows as objects may come to ${
        fault.maxCells.toLocaleString("en-GB")
      } cells at most, rows times different names; send lists of lists instead`;
  }
}

function toCell(value: unknown): string | undefined {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value.toWellFormed();
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** @param row the row's number in a spreadsheet */
function toCells(values: readonly unknown[], row: number): Result<readonly string[], RowsFault> {
  if (values.length > CSV_MAX_COLUMNS) {
    return refuse({ kind: "too_many_columns", row, maxColumns: CSV_MAX_COLUMNS });
  }
  const cells: string[] = [];
  let characters = 0;
  for (const value of values) {
    const cell = toCell(value);
    const column = cells.length + 1;
    if (cell === undefined) return refuse({ kind: "not_a_cell", row, column });
    if (cell.length > CSV_MAX_CELL) {
      return refuse({ kind: "cell_too_long", row, column, maxCharacters: CSV_MAX_CELL });
    }
    characters += cell.length;
    if (characters > CSV_MAX_ROW) {
      return refuse({ kind: "row_too_long", row, maxCharacters: CSV_MAX_ROW });
    }
    if (cell.includes("\0")) return refuse({ kind: "not_text", row });
    cells.push(cell);
  }
  return ok(cells);
}

/** The field names of all objects in order of first use. Stops once there are more than the limit of columns. */
function* fieldNames(objects: readonly unknown[]): Steps<readonly string[]> {
  const names = new Set<string>();
  for (const object of objects) {
    yield;
    if (!isJsonObject(object)) continue;
    for (const name of Object.keys(object)) names.add(name);
    if (names.size > CSV_MAX_COLUMNS) break;
  }
  return [...names];
}

/**
 * Reads recipients from a parsed JSON value: an array of arrays, the headers first, or an array of objects, whose field
 * names are the headers. It yields between rows, so that the caller can serve other requests.
 *
 * @returns the headers and at least one row below them, every value as text (`null` and absent fields are empty cells);
 * or the first fault
 */
export function* readJsonRows(rows: unknown): Steps<Result<CsvRows, RowsFault>> {
  if (!Array.isArray(rows)) return refuse({ kind: "not_rows" });
  const items: readonly unknown[] = rows;
  const [first] = items;
  if (first === undefined) return refuse({ kind: "empty" });
  const names = isJsonObject(first) ? yield* fieldNames(items) : undefined;
  const lists = names === undefined ? items : [names, ...items];
  if (lists.length < 2) return refuse({ kind: "only_header" });
  if (lists.length - 1 > CSV_MAX_ROWS) {
    return refuse({ kind: "too_many_rows", maxRows: CSV_MAX_ROWS });
  }
  if (names !== undefined && names.length <= CSV_MAX_COLUMNS) {
    const cells = names.length * items.length;
    if (cells > JSON_MAX_CELLS) return refuse({ kind: "too_many_cells", maxCells: JSON_MAX_CELLS });
  }
  const result: (readonly string[])[] = [];
  for (const list of lists) {
    yield;
    const row = result.length + 1;
    const values = names !== undefined && isJsonObject(list)
      ? names.map((name) => Object.hasOwn(list, name) ? list[name] : null)
      : list;
    if (!Array.isArray(values) || (names !== undefined && row > 1 && values === list)) {
      return refuse(result.length === 0 ? { kind: "not_rows" } : { kind: "not_a_row", row });
    }
    const cells = toCells(values, row);
    if (!cells.ok) return cells;
    result.push(cells.value);
  }
  return ok(result);
}
