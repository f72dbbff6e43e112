/** Finds values that belong to no column. They are usually the rest of a value that holds the delimiter. */
import { columnLetters } from "../csv/cell_name.ts";
import { stripWhitespace } from "../recipient/whitespace.ts";
import { removeMarks } from "../text/pasted_text.ts";
import type { ListError } from "./report.ts";

/**
 * Finds the values of a row that stand in no column with a heading: the first one below an empty heading, and the first
 * one beyond the last heading. Blanks are no value.
 *
 * @param row the row's number in a spreadsheet
 */
export type FindStrayValues = (cells: readonly string[], row: number) => readonly ListError[];

const NONE: readonly ListError[] = [];

function isFilled(cell: string | undefined): boolean {
  return cell !== undefined && cell !== "" && stripWhitespace(removeMarks(cell)) !== "";
}

/** Creates the check of the rows of one list. @param headings the headings, cleaned */
export function createStrayValueCheck(headings: readonly string[]): FindStrayValues {
  const unnamed = headings.flatMap((heading, at) => heading === "" ? [at] : []);
  const last = columnLetters(Math.max(headings.length - 1, 0));

  function findUnnamed(cells: readonly string[], row: number): readonly ListError[] {
    const at = unnamed.find((index) => isFilled(cells[index]));
    if (at === undefined) return NONE;
    const column = columnLetters(at);
    const message = `The cell ${column}${row} has a value, but its column has no name – ` +
      "name the column, or empty it";
    return [{ row, column, code: "column_without_heading", message }];
  }

  function findBeyond(cells: readonly string[], row: number): readonly ListError[] {
    const at = cells.findIndex((cell, index) => index >= headings.length && isFilled(cell));
    if (at === -1) return NONE;
    const column = columnLetters(at);
    const message = `The cell ${column}${row} has a value, but the last column is ${last} – in a ` +
      "CSV file, a value that holds the separator needs quotation marks around it";
    return [{ row, column, code: "value_beyond_columns", message }];
  }

  return (cells, row) => {
    // Most rows have neither.
    if (unnamed.length === 0 && cells.length <= headings.length) return NONE;
    return [...findUnnamed(cells, row), ...findBeyond(cells, row)];
  };
}
