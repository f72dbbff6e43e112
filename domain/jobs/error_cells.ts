/** Finds the error values of spreadsheets among the cells that a message uses. */
import type { Cell } from "../csv/check_row.ts";
import { errorValueMessage, findErrorValue } from "../csv/error_values.ts";
import type { ListHeaders } from "./list_headers.ts";
import { REFERENCE_COLUMN } from "./row_values.ts";

/**
 * Returns the message of the first error value, such as `#REF!`, in a cell that the message, one of its translations or
 * its reference uses. A column that nothing uses may have errors.
 *
 * @returns `undefined` when the cell has none
 */
export function errorCellMessage(
  { key, data, ignored }: Cell,
  { hasReference, translationSpellings }: ListHeaders,
): string | undefined {
  if (key === null || data === null) return undefined;
  const isUsed = !ignored || translationSpellings.has(key) ||
    (hasReference && key === REFERENCE_COLUMN);
  if (!isUsed) return undefined;
  if (typeof data === "string") return messageOf(data);
  for (const item of data) {
    const message = item === null ? undefined : messageOf(item);
    if (message !== undefined) return message;
  }
  return undefined;
}

function messageOf(text: string): string | undefined {
  const error = findErrorValue(text);
  return error === undefined ? undefined : errorValueMessage(text, error);
}
