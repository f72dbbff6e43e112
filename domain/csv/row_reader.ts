/** Validates the rows of a file one by one. It keeps nothing of a row, so a file may be of any length. */
import { type CheckedRow, checkRow, type RowRules } from "./check_row.ts";
import { type Columns, readColumns } from "./columns.ts";
import { createPhoneValidator, type ValidatePhone } from "./phone_validator.ts";

/** Validates rows by the headers of their file. */
export interface RowReader {
  readonly columns: Columns;
  /**
   * Validates one row. Every row is a message; the result lists its errors.
   *
   * @param index 0 for the first row below the headers
   */
  check(row: readonly string[], index: number): CheckedRow;
  /** Validates a telephone number by the rules of the service. */
  readonly validatePhone: ValidatePhone;
}

/**
 * Resolves the columns of a file once.
 *
 * @param width the number of columns of the longest row below the headers. By default, as while a file is streamed, it
 * is the number of headers. That makes a difference only when several columns share a header and no row reaches the last
 * of them: the array then ends with `null`.
 */
export function createRowReader(
  headers: readonly string[],
  rules: RowRules,
  width: number = headers.length,
): RowReader {
  const columns = readColumns(headers, width, rules.template);
  const validatePhone = createPhoneValidator(rules.phones);
  const findPhoneError = (typed: string) => validatePhone(typed).error;
  return {
    columns,
    check: (row, index) => checkRow(row, index, columns, rules, findPhoneError),
    validatePhone,
  };
}
