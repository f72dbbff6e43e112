import { SheetError } from "./sheet_error.ts";

/** The most columns that a sheet can have in Excel. */
export const SHEET_COLUMNS = 16_384;
/** The most rows that a sheet can have in Excel. */
export const SHEET_ROWS = 1_048_576;

/** Which columns of a sheet are visible. Column indexes count from 0. */
export interface VisibleColumns {
  /**
   * Hides the columns from `from` (inclusive) to `to` (exclusive).
   *
   * @throws {SheetError} `damaged` when `from` or `to` is not an integer, or `from` is negative
   */
  hide(from: number, to: number): void;
  /** Returns the index of a column among the visible ones; `undefined` for a hidden column or one beyond the last. */
  indexOf(column: number): number | undefined;
}

/** Creates {@link SHEET_COLUMNS} columns, all visible. */
export function createVisibleColumns(): VisibleColumns {
  const hidden = new Uint8Array(SHEET_COLUMNS);
  let indexes: Int32Array | undefined;

  function computeIndexes(): Int32Array {
    const computed = new Int32Array(SHEET_COLUMNS);
    let visible = 0;
    for (let at = 0; at < SHEET_COLUMNS; at++) computed[at] = hidden[at] === 1 ? -1 : visible++;
    return computed;
  }

  return {
    hide(from, to) {
      if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0) {
        throw new SheetError({ kind: "damaged" });
      }
      hidden.fill(1, from, to);
      indexes = undefined;
    },
    indexOf(column) {
      indexes ??= computeIndexes();
      const index = indexes[column];
      return index === undefined || index < 0 ? undefined : index;
    },
  };
}
