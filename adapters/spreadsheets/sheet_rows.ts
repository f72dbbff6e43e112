/** Collects the rows of a sheet, as they would be in a CSV file. */
import type { CsvLimits } from "../../domain/csv/limits.ts";
import type { SheetRow } from "../../domain/ports/read_sheet.ts";
import { SHEET_MAX_CELLS, SHEET_MAX_CHARACTERS } from "./limits.ts";
import { SheetError } from "./sheet_error.ts";

/**
 * Collects the rows of a sheet with their row numbers, which count from 1. Leading and trailing empty rows, and empty
 * cells at the end of a row, are left out; empty rows between others are kept.
 */
export interface SheetRows {
  /**
   * Adds a row `times` times, once by default.
   *
   * @param notes the fields `formatted` and `digits` of `SheetRow`, about the row's numbers; of a repeated row only the
   *   first gets `formatted`
   * @throws {SheetError} when a limit on rows, columns, characters or the whole sheet is exceeded
   */
  add(cells: readonly string[], times?: number, notes?: SheetNotes): void;
  /**
   * Counts cells and characters against the limits of the whole sheet without adding them: for cells that were read and
   * are left out, such as blank ones and those of hidden columns.
   *
   * @throws {SheetError} over a limit of the whole sheet
   */
  count(cells: number, characters: number): void;
  /** Leaves out `times` rows (1 by default), which still count in the numbers of later rows. */
  skip(times?: number): void;
  /** Returns and forgets the rows that were added since the last call. */
  take(): readonly SheetRow[];
}

/** What is known of a row's numbers beside their text. */
type SheetNotes = Pick<SheetRow, "formatted" | "digits">;

/**
 * Creates an empty collection.
 *
 * @param limits the limits of a file of recipients; an absent one does not apply, but the limits of a whole sheet always
 * do. `rows` does not count the headers
 */
export function createSheetRows(limits: CsvLimits): SheetRows {
  const {
    rows: maxRows = Infinity,
    columns: maxColumns = Infinity,
    cell: maxCharacters = Infinity,
    row: maxRowCharacters = Infinity,
  } = limits;
  let rows: SheetRow[] = [];
  let count = 0;
  /** The number of rows of the sheet so far. */
  let before = 0;
  /** Runs of blank rows since the last row with values. */
  let blanks: { readonly row: number; times: number }[] = [];

  let blankCount = 0;
  let cellCount = 0;
  let characterCount = 0;

  function countWork(cells: number, characters: number): void {
    cellCount += cells;
    characterCount += characters;
    if (cellCount > SHEET_MAX_CELLS) {
      throw new SheetError({ kind: "sheet_too_large", maxCells: SHEET_MAX_CELLS });
    }
    if (characterCount > SHEET_MAX_CHARACTERS) throw new SheetError({ kind: "too_much_text" });
  }

  function addBlanks(times: number): void {
    blankCount += times;
    // A row after so many blank ones is refused, so that more runs need not be kept.
    if (blankCount - times > maxRows) return;
    const last = blanks.at(-1);
    if (last !== undefined && last.row + last.times === before + 1) last.times += times;
    else blanks.push({ row: before + 1, times });
  }

  function push(first: SheetRow, times: number): void {
    pushRow(first);
    const { formatted: _, ...repeated } = first;
    for (let time = 1; time < times; time++) pushRow({ ...repeated, row: first.row + time });
  }

  function pushRow(row: SheetRow): void {
    // The limit does not count the headers.
    if (count > maxRows) throw new SheetError({ kind: "too_many_rows", maxRows });
    rows.push(row);
    count++;
  }

  return {
    count: countWork,
    add(cells, times = 1, notes = {}) {
      const characters = cells.reduce((sum, cell) => sum + cell.length, 0);
      countWork(cells.length, characters);
      const last = cells.findLastIndex((cell) => cell.trim() !== "");
      if (last === -1) {
        if (count > 0) addBlanks(times);
        before += times;
        return;
      }
      for (const { row, times } of blanks) push({ row, cells: [] }, times);
      blanks = [];
      blankCount = 0;
      const row = before + 1;
      if (last >= maxColumns) throw new SheetError({ kind: "too_many_columns", row, maxColumns });
      const long = cells.findIndex((cell) => cell.length > maxCharacters);
      if (long !== -1) {
        throw new SheetError({ kind: "cell_too_long", row, column: long + 1, maxCharacters });
      }
      if (characters > maxRowCharacters) {
        throw new SheetError({ kind: "row_too_long", row, maxCharacters: maxRowCharacters });
      }
      countWork(cells.length * (times - 1), characters * (times - 1));
      if (cells.some((cell) => cell.includes("\0"))) {
        throw new SheetError({ kind: "not_text", row });
      }
      // All repetitions share one array: a few bytes of a file may declare 100,000 rows of 1,000 cells.
      const filled = cells.slice(0, last + 1);
      push({ row, cells: filled, ...notes }, times);
      before += times;
    },
    skip(times = 1) {
      before += times;
    },
    take() {
      const added = rows;
      rows = [];
      return added;
    },
  };
}
