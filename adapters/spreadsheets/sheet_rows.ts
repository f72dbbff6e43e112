/** Rows of a spreadsheet as they would stand in a CSV file. */
import type { CsvLimits } from "../../domain/csv/limits.ts";
import type { SheetRow } from "../../domain/ports/read_sheet.ts";
import { SheetError } from "./sheet_error.ts";

/** Gathers rows. Empty rows before the first and after the last are none; cells after the last filled one are none. */
export interface SheetRows {
  /**
   * Adds a row as often as it is repeated.
   *
   * @throws SheetError beyond a limit
   */
  add(cells: readonly string[], times?: number): void;
  /** Leaves rows out, which have their numbers all the same. */
  skip(times?: number): void;
  /** What was added since the last time. */
  take(): readonly SheetRow[];
}

/** Starts to gather rows. */
export function createSheetRows(limits: CsvLimits): SheetRows {
  const {
    rows: maxRows = Infinity,
    columns: maxColumns = Infinity,
    cell: maxCharacters = Infinity,
  } = limits;
  let rows: SheetRow[] = [];
  let count = 0;
  /** How many rows of the sheet were before. */
  let before = 0;
  /** Blank rows since the last filled one, as they lie together. */
  let blanks: { readonly row: number; times: number }[] = [];

  function hold(times: number): void {
    const last = blanks.at(-1);
    if (last !== undefined && last.row + last.times === before + 1) last.times += times;
    else blanks.push({ row: before + 1, times });
  }

  function push(row: number, cells: readonly string[], times: number): void {
    for (let time = 0; time < times; time++) pushOne({ row: row + time, cells });
  }

  function pushOne(row: SheetRow): void {
    // The headers are a row of the sheet, but none of those that are counted.
    if (count > maxRows) throw new SheetError({ kind: "too_many_rows", maxRows });
    rows.push(row);
    count++;
  }

  return {
    add(cells, times = 1) {
      const last = cells.findLastIndex((cell) => cell.trim() !== "");
      if (last === -1) {
        if (count > 0) hold(times);
        before += times;
        return;
      }
      for (const { row, times } of blanks) push(row, [], times);
      blanks = [];
      const row = before + 1;
      if (last >= maxColumns) throw new SheetError({ kind: "too_many_columns", row, maxColumns });
      const long = cells.findIndex((cell) => cell.length > maxCharacters);
      if (long !== -1) {
        throw new SheetError({ kind: "cell_too_long", row, column: long + 1, maxCharacters });
      }
      if (cells.some((cell) => cell.includes("\0"))) {
        throw new SheetError({ kind: "not_text", row });
      }
      // One row for all its repetitions: a few bytes of a file may ask for 100,000 of 1,000 cells.
      const filled = cells.slice(0, last + 1);
      push(row, filled, times);
      before += times;
    },
    skip(times = 1) {
      before += times;
    },
    take() {
      const taken = rows;
      rows = [];
      return taken;
    },
  };
}
