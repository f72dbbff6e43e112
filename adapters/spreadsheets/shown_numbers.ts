/** Notes where the format of a number changes its text. */
import { lettersOf } from "../../domain/csv/column_names.ts";
import { RECIPIENT_COLUMNS } from "../../domain/csv/columns.ts";
import type { SheetRow } from "../../domain/ports/read_sheet.ts";
import { toRecipientDigits } from "./cell_text.ts";
import { toDigits } from "./digits.ts";

/**
 * Notes for each row of a sheet which numbers their formats show with other text than their digits. Call `note` for the
 * numbers of a row, then `endRow`. Columns count from 0, hidden ones left out.
 */
export interface ShownNumbers {
  /**
   * Notes a number of the current row, and its text as the spreadsheet shows it. Numbers before the headers are
   * ignored.
   */
  note(column: number, value: number, shown: string): void;
  /**
   * Ends a row, and returns its fields `formatted` and `digits`; a field without content is absent. The first row that
   * is not blank is the headers, which tell the columns of recipients from the others.
   */
  endRow(cells: readonly string[]): Pick<SheetRow, "formatted" | "digits">;
}

const RECIPIENT_HEADINGS: ReadonlySet<string> = new Set(
  Object.values(RECIPIENT_COLUMNS).map(lettersOf),
);

const NOTHING = {};

/** Creates the notes of one sheet, before its first row. */
export function createShownNumbers(): ShownNumbers {
  let recipients: ReadonlySet<number> | undefined;
  const formatted = new Set<number>();
  let added: number[] = [];
  let digits: Map<number, string> | undefined;

  function readHeaders(cells: readonly string[]): void {
    if (cells.every((cell) => cell.trim() === "")) return;
    const columns = cells.flatMap((header, at) =>
      RECIPIENT_HEADINGS.has(lettersOf(header)) ? [at] : []
    );
    recipients = new Set(columns);
  }

  return {
    note(column, value, shown) {
      if (recipients?.has(column)) {
        const text = toRecipientDigits(value, shown);
        if (text !== shown) (digits ??= new Map()).set(column, text);
      } else if (
        recipients !== undefined && !formatted.has(column) && shown !== toDigits(value)
      ) {
        formatted.add(column);
        added.push(column);
      }
    },
    endRow(cells) {
      if (recipients === undefined) readHeaders(cells);
      if (added.length === 0 && digits === undefined) return NOTHING;
      const notes = {
        ...(added.length === 0 ? {} : { formatted: added }),
        ...(digits === undefined ? {} : { digits }),
      };
      added = [];
      digits = undefined;
      return notes;
    },
  };
}
