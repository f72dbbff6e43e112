/** Finds the errors of single cells of a row. */
import { type CellError, cellMessage } from "../csv/cell_error.ts";
import type { CellData } from "../csv/cells.ts";
import type { Cell } from "../csv/check_row.ts";
import { errorValueMessage, findErrorValue } from "../csv/error_values.ts";
import { explainRecipient } from "../csv/recipient_words.ts";
import type { Template } from "../template/template.ts";
import { findControlCharacter } from "../text/pasted_text.ts";
import type { ListHeaders } from "./list_headers.ts";
import type { ListError } from "./report.ts";
import { REFERENCE_COLUMN } from "./row_values.ts";

type Found = Pick<ListError, "code" | "message">;

/**
 * Returns the error of a cell: an error value of a spreadsheet, such as `#REF!`, a control character, or a missing value
 * or recipient that is not valid. A column that neither the message, one of its translations nor its reference uses may
 * have any value.
 *
 * @returns `undefined` for a cell without an error
 */
export function findCellFault(
  cell: Cell,
  channel: Template["channel"],
  list: ListHeaders,
): Found | undefined {
  const fault = isUsed(cell, list) ? findTextFault(cell.data) : undefined;
  if (fault !== undefined || cell.error === undefined) return fault;
  return {
    code: cell.error,
    message: explain(cell, cell.error, channel, list) ?? cellMessage(cell.error),
  };
}

function isUsed(
  { key, ignored }: Cell,
  { hasReference, translationSpellings }: ListHeaders,
): boolean {
  return !ignored || (key !== null && translationSpellings.has(key)) ||
    (hasReference && key === REFERENCE_COLUMN);
}

function findTextFault(data: CellData): Found | undefined {
  if (data === null) return undefined;
  if (typeof data === "string") return faultOf(data);
  for (const item of data) {
    const fault = item === null ? undefined : faultOf(item);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function faultOf(text: string): Found | undefined {
  const error = findErrorValue(text);
  if (error !== undefined) {
    return { code: "spreadsheet_error", message: errorValueMessage(text, error) };
  }
  const character = findControlCharacter(text);
  if (character === undefined) return undefined;
  const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  const message = `The cell holds the control character U+${code}, which cannot be seen – type ` +
    "the value again";
  return { code: "control_character", message };
}

/** The message for a recipient that a spreadsheet has probably changed; `undefined` for another cell. */
function explain(
  { key, data }: Cell,
  error: CellError,
  channel: Template["channel"],
  { reader: { columns, validatePhone } }: ListHeaders,
): string | undefined {
  if (key !== columns.recipientKey || error === "missing" || typeof data !== "string") {
    return undefined;
  }
  return explainRecipient(data, channel, (typed) => validatePhone(typed).error === undefined);
}
