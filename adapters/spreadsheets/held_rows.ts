/**
 * Finds further rows in the cells of a spreadsheet. They stand there when a text file whose quotes are not right was
 * opened in a spreadsheet program.
 */
import type { SheetFault } from "../../domain/csv/faults.ts";
import { createQuoteCheck } from "../../domain/csv/quote_check.ts";
import type { SheetRow } from "../../domain/ports/read_sheet.ts";

/**
 * Checks the next row of a sheet; call it for every row in order, the headers first. It finds cells that hold several
 * rows of a text file, as after wrong quotes.
 *
 * @returns the fault `rows_in_quotes` with the row and column of the row's first such cell; `undefined` when there is
 *   none
 */
export type FindHeldRows = (row: SheetRow) => SheetFault | undefined;

/** The delimiters that the text file may have had. */
const DELIMITERS = [",", ";", "\t"] as const;
const LINE_END = /[\r\n]/;

/** Creates the check of one sheet, before its first row. */
export function createHeldRowsCheck(): FindHeldRows {
  const checks = DELIMITERS.map(createQuoteCheck);
  let count = 0;

  let last: readonly string[] = [];

  /** Returns the number of the column, from 1. */
  function findPlace(cells: readonly string[]): number | undefined {
    // A row that a sheet repeats is one array.
    if (cells === last) return undefined;
    last = cells;
    if (++count > 1 && !cells.some((cell) => LINE_END.test(cell))) return undefined;
    const places = cells.flatMap((cell, at) => LINE_END.test(cell) ? [at] : []);
    for (const check of checks) {
      for (const at of places) check.noteLineEnds(at);
      const fault = check.checkRow(cells, count);
      if (fault !== undefined && "column" in fault) return fault.column;
    }
    return undefined;
  }

  return ({ row, cells }) => {
    const column = findPlace(cells);
    return column === undefined ? undefined : { kind: "rows_in_quotes", row, column };
  };
}
