import type { ListError } from "./report.ts";

/** How many messages the service may still send on the day of the job. */
export interface Allowance {
  readonly all: number;
  /** Of these, how many to telephone numbers of other countries. */
  readonly international: number;
}

const formatCount = (count: number) => count.toLocaleString("en-GB");

/** Compares the rows with the allowance. */
export function* checkAllowance(
  rows: number,
  international: number,
  allowance: Allowance,
): Generator<ListError> {
  const wholeList = { row: null, column: null };
  if (rows > allowance.all) {
    yield {
      ...wholeList,
      code: "over_daily_limit",
      message: `The list has ${formatCount(rows)} rows, and ${formatCount(allowance.all)} ` +
        "messages can still be sent that day",
    };
  }
  if (international > allowance.international) {
    yield {
      ...wholeList,
      code: "over_international_limit",
      message: `The list has ${formatCount(international)} numbers of other countries, and ` +
        `${formatCount(allowance.international)} texts can still be sent to those that day`,
    };
  }
}
