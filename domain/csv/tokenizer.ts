/**
 * Text cut into rows of cells as the peer's reader (`csv` of Python) cuts it, a piece at a time. No I/O and no clock.
 *
 * What ends a cell may be in the next piece, so the cutter is always in one of six states.
 */
import { ok, refuse, type Result } from "../result.ts";
import type { SheetFault } from "./faults.ts";
import type { CsvLimits } from "./limits.ts";

/** The rows of a file, the headers first. A blank line is a row without cells. */
export type CsvRows = readonly (readonly string[])[];

/** What stands between cells. */
export type Delimiter = "," | "\t" | ";";

/** Rows as soon as they are complete. */
export interface CsvTokenizer {
  /** How many rows were cut so far. */
  rowCount(): number;
  push(text: string): Result<CsvRows, SheetFault>;
  /** Gives the last row, if one was begun. */
  end(): Result<CsvRows, SheetFault>;
}

/**
 * `row` nothing of a row was read; `cell` nothing but blanks of a cell; `plain` text up to the next delimiter; `quoted`
 * text up to the next quote; `quote` behind a quote in quotes; `cr` behind a carriage return that ended a row.
 */
type State = "row" | "cell" | "plain" | "quoted" | "quote" | "cr";

const QUOTE = '"';
const CELL_ENDS = {
  ",": /[,\r\n]/g,
  "\t": /[\t\r\n]/g,
  ";": /[;\r\n]/g,
} as const satisfies Record<Delimiter, RegExp>;

/** Starts a cutter; it refuses nothing but by `limits`, and the first fault stays its answer. */
export function createCsvTokenizer(delimiter: Delimiter, limits: CsvLimits): CsvTokenizer {
  const { rows: maxRows = Infinity, columns: maxColumns = Infinity, cell: maxCell = Infinity } =
    limits;
  const cellEnd = CELL_ENDS[delimiter];
  let state: State = "row";
  let cell = "";
  let row: string[] = [];
  let rowCount = 0;
  let rows: string[][] = [];
  let fault: SheetFault | undefined;

  function add(text: string): void {
    if (cell.length + text.length > maxCell) {
      const column = row.length + 1;
      fault ??= { kind: "cell_too_long", row: rowCount + 1, column, maxCharacters: maxCell };
    } else cell = cell === "" ? text : cell + text;
  }

  function endCell(): void {
    if (row.length >= maxColumns) {
      fault ??= { kind: "too_many_columns", row: rowCount + 1, maxColumns };
    } else row.push(cell);
    cell = "";
  }

  function endRow(): void {
    // The headers are a row of the file, but none of those that are counted.
    if (rowCount > maxRows) fault ??= { kind: "too_many_rows", maxRows };
    else rows.push(row);
    rowCount++;
    row = [];
  }

  /** Reads on in the state `plain`, and says where it ended. */
  function cutPlain(text: string, from: number): number {
    cellEnd.lastIndex = from;
    const found = cellEnd.exec(text);
    add(found === null ? text.slice(from) : text.slice(from, found.index));
    if (found === null) return text.length;
    endCell();
    if (found[0] === delimiter) state = "cell";
    else {
      endRow();
      state = found[0] === "\r" ? "cr" : "row";
    }
    return found.index + 1;
  }

  function cutQuoted(text: string, from: number): number {
    const quote = text.indexOf(QUOTE, from);
    add(quote === -1 ? text.slice(from) : text.slice(from, quote));
    if (quote === -1) return text.length;
    state = "quote";
    return quote + 1;
  }

  /** One step from `at`; the state or the place moves. */
  function step(text: string, at: number): number {
    const next = text.charAt(at);
    switch (state) {
      case "cr":
        // A carriage return alone, which the peer fails on, counts as an end; several count as one.
        if (next !== "\r") state = "row";
        return next === "\r" || next === "\n" ? at + 1 : at;
      case "row":
        if (next !== "\r" && next !== "\n") {
          state = "cell";
          return at;
        }
        endRow();
        if (next === "\r") state = "cr";
        return at + 1;
      case "cell":
        if (next === " ") return at + 1;
        state = next === QUOTE ? "quoted" : "plain";
        return next === QUOTE ? at + 1 : at;
      case "plain":
        return cutPlain(text, at);
      case "quoted":
        return cutQuoted(text, at);
      case "quote":
        state = next === QUOTE ? "quoted" : "plain";
        if (next !== QUOTE) return at;
        add(QUOTE);
        return at + 1;
    }
  }

  function answer(): Result<CsvRows, SheetFault> {
    const complete = rows;
    rows = [];
    return fault === undefined ? ok(complete) : refuse(fault);
  }

  return {
    rowCount: () => rowCount,
    push(text) {
      const nul = limits.nul === true ? text.indexOf("\0") : -1;
      const sound = nul === -1 ? text : text.slice(0, nul);
      for (let at = 0; at < sound.length && fault === undefined;) at = step(sound, at);
      if (nul !== -1) fault ??= { kind: "not_text", row: rowCount + 1 };
      return answer();
    },
    end() {
      if (fault === undefined && state !== "row" && state !== "cr") {
        endCell();
        endRow();
        state = "row";
      }
      return answer();
    },
  };
}
