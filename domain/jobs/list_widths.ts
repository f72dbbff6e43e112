/** Finds values that belong to no column. They are usually the rest of a value that holds the delimiter. */
import { columnLetters } from "../csv/cell_name.ts";
import { stripWhitespace } from "../recipient/whitespace.ts";
import { removeMarks } from "../text/pasted_text.ts";
import type { ListError } from "./report.ts";

/**
 * Finds the values of a row that stand in no column with a heading. Yields an error for the first one beyond the last
 * heading, and for the first one below an empty heading. Blanks are no value.
 *
 * @param row the row's number in a spreadsheet
 */
export type FindStrayValues = (cells: readonly string[], row: number) => Generator<ListError>;

function isFilled(cell: string | undefined): boolean {
  return cell !== undefined && cell !== "" && stripWhitespace(removeMarks(cell)) !== "";
}

/** Creates the check of the rows of one list. @param headings the headings, cleaned */
export function createStrayValueCheck(headings: readonly string[]): FindStrayValues {
  const unnamed = headings.flatMap((heading, at) => heading === "" ? [at] : []);
  const last = columnLetters(Math.max(headings.length - 1, 0));
  return function* (cells, row) {
    const without = unnamed.find((at) => isFilled(cells[at]));
    if (without !== undefined) {
      const column = columnLetters(without);
      const message = `The cell ${column}${row} has a value, but its column has no name – ` +
        `name the column, or empty it`;
      yield { row, column, code: "column_without_heading", message };
    }
    if (cells.length <= headings.length) return;
    const beyond = cells.findIndex((cell, at) => at >= headings.length && isFilled(cell));
    if (beyond === -1) return;
    const column = columnLetters(beyond);
    const message = `The cell ${column}${row} has a value, but the last column is ${last} – in a ` +
      "CSV file, a value that holds the separator needs quotation marks around it";
    yield { row, column, code: "value_beyond_columns", message };
  };
}
