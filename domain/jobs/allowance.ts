import type { ListError } from "./report.ts";

/**
 * How many messages of the job's channel the service may still send on the day for which the job is scheduled.
 * `Infinity` for test keys, which have no daily limit.
 */
export interface Allowance {
  readonly all: number;
  /** Of these, how many text messages to telephone numbers of other countries. */
  readonly international: number;
  /** The local date of that day, such as `2026-11-23`; absent when it is the present day. */
  readonly date?: string;
}

const formatCount = (count: number) => count.toLocaleString("en-GB");

/**
 * Compares the rows of a recipient file with the allowance. Yields an error for each of the two limits that they
 * exceed.
 *
 * @param rows the number of rows
 * @param international how many of the rows have a telephone number of another country
 */
export function* checkAllowance(
  rows: number,
  international: number,
  allowance: Allowance,
): Generator<ListError> {
  const wholeList = { row: null, column: null };
  const day = allowance.date === undefined ? "that day" : `on ${allowance.date}`;
  if (rows > allowance.all) {
    yield {
      ...wholeList,
      code: "over_daily_limit",
      message: `The list has ${formatCount(rows)} rows, and ${formatCount(allowance.all)} ` +
        `messages can still be sent ${day}`,
    };
  }
  if (international > allowance.international) {
    yield {
      ...wholeList,
      code: "over_international_limit",
      message: `The list has ${formatCount(international)} numbers of other countries, and ` +
        `${formatCount(allowance.international)} texts can still be sent to those ${day}`,
    };
  }
}
