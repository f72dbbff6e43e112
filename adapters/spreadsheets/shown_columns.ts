import { SheetError } from "./sheet_error.ts";

/** The most columns that a sheet can have. */
export const SHEET_COLUMNS = 16_384;
/** The most rows that a sheet can have. */
export const SHEET_ROWS = 1_048_576;

/** Which columns of a sheet are shown, and the place of each among them. */
export interface ShownColumns {
  /** Hides the columns from `from` up to, but not with, `to`; counted from 0. */
  hide(from: number, to: number): void;
  /** The place of a column when those that are hidden are left out; `undefined` for a hidden one. */
  placeOf(column: number): number | undefined;
}

/** Starts with all columns shown. */
export function createShownColumns(): ShownColumns {
  const hidden = new Uint8Array(SHEET_COLUMNS);
  let places: Int32Array | undefined;

  function count(): Int32Array {
    const counted = new Int32Array(SHEET_COLUMNS);
    let shown = 0;
    for (let at = 0; at < SHEET_COLUMNS; at++) counted[at] = hidden[at] === 1 ? -1 : shown++;
    return counted;
  }

  return {
    hide(from, to) {
      if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0) {
        throw new SheetError({ kind: "damaged" });
      }
      hidden.fill(1, from, to);
      places = undefined;
    },
    placeOf(column) {
      places ??= count();
      const place = places[column];
      return place === undefined || place < 0 ? undefined : place;
    },
  };
}
