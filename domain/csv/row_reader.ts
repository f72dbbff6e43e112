/** Validates the rows of a file one by one. It keeps nothing of a row, so a file may be of any length. */
import { type CheckedRow, checkRow, type RowRules } from "./check_row.ts";
import { type Columns, readColumns, type SharedColumn } from "./columns.ts";
import { createPhoneValidator, type ValidatePhone } from "./phone_validator.ts";

/**
 * Validates the rows of one file by its headers, each row by itself: it finds no duplicates, and keeps no rows. Whether
 * a recipient is on the guest list is not checked.
 */
export interface RowReader {
  /** The headers compared with the template. A column that the file lacks is reported here only, as `missing`. */
  readonly columns: Columns;
  /**
   * Validates one row as the message to one recipient. Never throws for its content: the result has its errors. A
   * column that the file lacks is no error of a row.
   *
   * @param index 0 for the first row below the headers
   */
  check(row: readonly string[], index: number): CheckedRow;
  /**
   * Validates and normalises a telephone number by the rules of the service. Mobile numbers that begin with the same
   * digits share a cached verdict, which is the one that each would have by itself.
   */
  readonly validatePhone: ValidatePhone;
}

/**
 * Creates the reader of a file's rows. The headers are compared with the template here, once for all rows.
 *
 * @param width the number of columns of the longest row below the headers. The number of headers by default, for a file
 * that is streamed and whose longest row is not known. It matters only when several columns share a header, so that
 * their values make an array: columns beyond `width` add nothing to it, and others add `null` for a missing cell.
 * @param shared the further names of columns that stand for several placeholders
 */
export function createRowReader(
  headers: readonly string[],
  rules: RowRules,
  width: number = headers.length,
  shared: readonly SharedColumn[] = [],
): RowReader {
  const columns = readColumns(headers, width, rules.template, shared);
  const validatePhone = createPhoneValidator(rules.phones);
  const findPhoneError = (typed: string) => validatePhone(typed).error;
  return {
    columns,
    check: (row, index) => checkRow(row, index, columns, rules, findPhoneError),
    validatePhone,
  };
}
