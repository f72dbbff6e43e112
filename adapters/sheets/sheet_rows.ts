/** Rows of a spreadsheet as they would stand in a CSV file. */
import type { CsvLimits } from "../../domain/csv/limits.ts";
import type { CsvRows } from "../../domain/csv/row_cutter.ts";
import { SheetError } from "./sheet_error.ts";

/** Gathers rows. Empty rows before the first and after the last are none; cells after the last filled one are none. */
export interface SheetRows {
  /**
   * Adds a row as often as it is repeated.
   *
   * @throws SheetError beyond a limit
   */
  add(cells: readonly string[], times?: number): void;
  /** What was added since the last time. */
  take(): CsvRows;
}

/** Starts to gather rows. */
export function createSheetRows(limits: CsvLimits): SheetRows {
  const {
    rows: maxRows = Infinity,
    columns: maxColumns = Infinity,
    cell: maxCharacters = Infinity,
  } = limits;
  let rows: (readonly string[])[] = [];
  let count = 0;
  let blank = 0;

  function push(row: readonly string[]): void {
    // The headers are a row of the sheet, but none of those that are counted.
    if (count > maxRows) throw new SheetError({ kind: "too_many_rows", maxRows });
    rows.push(row);
    count++;
  }

  return {
    add(cells, times = 1) {
      const last = cells.findLastIndex((cell) => cell.trim() !== "");
      if (last === -1) {
        if (count > 0) blank += times;
        return;
      }
      for (; blank > 0; blank--) push([]);
      const row = count + 1;
      if (last >= maxColumns) throw new SheetError({ kind: "too_many_columns", row, maxColumns });
      const long = cells.findIndex((cell) => cell.length > maxCharacters);
      if (long !== -1) {
        throw new SheetError({ kind: "cell_too_long", row, column: long + 1, maxCharacters });
      }
      // One row for all its repetitions: a few bytes of a file may ask for 100,000 of 1,000 cells.
      const filled = cells.slice(0, last + 1);
      for (let time = 0; time < times; time++) push(filled);
    },
    take() {
      const taken = rows;
      rows = [];
      return taken;
    },
  };
}
