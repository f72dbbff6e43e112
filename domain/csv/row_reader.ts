/** The rows of a file judged one by one: nothing of a row is kept, so a file may be of any length. */
import { type CheckedRow, checkRow, type RowRules } from "./check_row.ts";
import { type Columns, readColumns } from "./columns.ts";
import { createPhoneReader, type ReadPhone } from "./phone_validator.ts";

/** What the headers say, and a judge of the rows below them. */
export interface RowReader {
  readonly columns: Columns;
  /**
   * Looks at one row; every row is a message, and what is wrong with it is in the answer.
   *
   * @param index 0 for the first row below the headers
   */
  check(row: readonly string[], index: number): CheckedRow;
  /** Reads a telephone number by the rules of the file. */
  readPhone(typed: string): ReadPhone;
}

/**
 * Resolves the columns of a file once.
 *
 * @param width how many columns the longest row below the headers has. When left out, as while a file is streamed, the
 * rows count as long as the headers; they are judged otherwise only where several columns have one header and no row
 * reaches the last of them: its nulls then stand in the list.
 */
export function createRowReader(
  headers: readonly string[],
  rules: RowRules,
  width: number = headers.length,
): RowReader {
  const columns = readColumns(headers, width, rules.template);
  const readPhone = createPhoneReader(rules.phones);
  const phone = (typed: string) => readPhone(typed).error;
  return {
    columns,
    check: (row, index) => checkRow(row, index, columns, rules, phone),
    readPhone,
  };
}
