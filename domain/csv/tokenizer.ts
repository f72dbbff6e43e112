/**
 * Streaming CSV tokenizer, compatible with Python's `csv` module, which GOV.UK Notify uses.
 *
 * A state machine of six states, since the end of a cell may be in the next chunk.
 */
import { ok, refuse, type Result } from "../result.ts";
import type { SheetFault } from "./faults.ts";
import type { CsvLimits } from "./limits.ts";
import type { QuoteCheck } from "./quote_check.ts";

/** The rows of a file, the headers first. A blank line is a row without cells. */
export type CsvRows = readonly (readonly string[])[];

/** A character that separates cells. */
export type Delimiter = "," | "\t" | ";";

/** Splits the text of one file into rows and cells. Call `push` for each chunk, then `end` once. */
export interface CsvTokenizer {
  /** The number of rows completed so far. */
  rowCount(): number;
  /** The number of cells completed in the row that is being read. */
  cellCount(): number;
  /** Reads the next chunk. @returns the rows that it completes */
  push(text: string): Result<CsvRows, SheetFault>;
  /** Ends the file. @returns the last row, if one was begun */
  end(): Result<CsvRows, SheetFault>;
}

/**
 * `row`: at the start of a row. `cell`: at the start of a cell, or after its leading blanks. `plain`: in an unquoted cell.
 * `quoted`: in a quoted cell. `quote`: after a quote in a quoted cell. `cr`: after a carriage return that ended a row.
 */
type State = "row" | "cell" | "plain" | "quoted" | "quote" | "cr";

const QUOTE = '"';
const CELL_ENDS = {
  ",": /[,\r\n]/g,
  "\t": /[\t\r\n]/g,
  ";": /[;\r\n]/g,
} as const satisfies Record<Delimiter, RegExp>;

const LINE_END = /[\r\n]/g;

/** The index of the first line end from `from` on; the text's length when there is none. */
function findLineEnd(text: string, from: number): number {
  LINE_END.lastIndex = from;
  return LINE_END.exec(text)?.index ?? text.length;
}

/**
 * Creates a tokenizer of one file. After a fault, every call returns the same fault.
 *
 * @param quotes finds mistakes in quotes, which are faults then. Without it, any text can be tokenized, however its
 * quotes are placed, and only input that exceeds `limits` is refused.
 */
export function createCsvTokenizer(
  delimiter: Delimiter,
  limits: CsvLimits,
  quotes?: QuoteCheck,
): CsvTokenizer {
  // One long closure: the transitions share this state, and run for every cell of files with 100,000 rows.
  const {
    rows: maxRows = Infinity,
    columns: maxColumns = Infinity,
    cell: maxCell = Infinity,
    row: maxRow = Infinity,
  } = limits;
  const cellEnd = CELL_ENDS[delimiter];
  let state: State = "row";
  let cell = "";
  /** Whether the cell began with a quote, and has a line end. */
  let isQuoted = false;
  let hasLineEnd = false;
  /** The index of the next line end in the chunk; found once a line, since most cells have none. */
  let lineEnd = -1;
  let row: string[] = [];
  let rowLength = 0;
  let rowCount = 0;
  let rows: string[][] = [];
  let fault: SheetFault | undefined;
  /** The carriage returns after the one that ended the last row. */
  let returns = 0;

  function add(text: string): void {
    if (cell.length + text.length > maxCell) {
      const place = { row: rowCount + 1, column: row.length + 1 };
      fault ??= (isQuoted ? quotes?.checkLong(cell, row, place) : undefined) ??
        { kind: "cell_too_long", ...place, maxCharacters: maxCell };
    } else cell = cell === "" ? text : cell + text;
    rowLength += text.length;
    if (rowLength > maxRow) {
      fault ??= { kind: "row_too_long", row: rowCount + 1, maxCharacters: maxRow };
    }
  }

  function endCell(): void {
    if (row.length >= maxColumns) {
      fault ??= { kind: "too_many_columns", row: rowCount + 1, maxColumns };
    } else row.push(cell);
    if (hasLineEnd) quotes?.noteLineEnds(row.length - 1);
    isQuoted = false;
    hasLineEnd = false;
    cell = "";
  }

  function endRow(): void {
    if (quotes !== undefined) fault ??= quotes.checkRow(row, rowCount + 1);
    // The limit does not count the headers.
    if (rowCount > maxRows) fault ??= { kind: "too_many_rows", maxRows };
    else rows.push(row);
    rowCount++;
    row = [];
    rowLength = 0;
  }

  function endBlankRows(): void {
    for (; returns > 0 && fault === undefined; returns--) endRow();
  }

  /** Reads an unquoted cell. @returns the index after it */
  function readPlain(text: string, from: number): number {
    cellEnd.lastIndex = from;
    const end = cellEnd.exec(text);
    const read = end === null ? text.slice(from) : text.slice(from, end.index);
    // In a quoted cell, the text stands after the closing quote.
    if (isQuoted && read !== "" && quotes !== undefined) {
      fault ??= quotes.checkRest(read, cell, row, { row: rowCount + 1, column: row.length + 1 });
    }
    add(read);
    if (end === null) return text.length;
    endCell();
    if (end[0] === delimiter) state = "cell";
    else {
      endRow();
      state = end[0] === "\r" ? "cr" : "row";
    }
    return end.index + 1;
  }

  /** Reads a quoted cell up to the next quote. @returns the index after it */
  function readQuoted(text: string, from: number): number {
    const quote = text.indexOf(QUOTE, from);
    add(quote === -1 ? text.slice(from) : text.slice(from, quote));
    const end = quote === -1 ? text.length : quote;
    if (lineEnd < from) lineEnd = findLineEnd(text, from);
    if (lineEnd < end) hasLineEnd = true;
    if (quote === -1) return text.length;
    state = "quote";
    return quote + 1;
  }

  /** Makes one transition at `at`. @returns the next index, which may be the same when only the state changes */
  function step(text: string, at: number): number {
    const next = text.charAt(at);
    switch (state) {
      case "cr":
        // A carriage return without a line feed ends a row too (Python's reader fails). Several before a line feed are
        // one line end, which some programs write; several without one are blank rows, as several line feeds are.
        if (next === "\r") {
          returns++;
          return at + 1;
        }
        if (next !== "\n") endBlankRows();
        returns = 0;
        state = "row";
        return next === "\n" ? at + 1 : at;
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
        isQuoted = next === QUOTE;
        state = isQuoted ? "quoted" : "plain";
        return isQuoted ? at + 1 : at;
      case "plain":
        return readPlain(text, at);
      case "quoted":
        return readQuoted(text, at);
      case "quote":
        state = next === QUOTE ? "quoted" : "plain";
        if (next !== QUOTE) return at;
        add(QUOTE);
        return at + 1;
    }
  }

  function takeRows(): Result<CsvRows, SheetFault> {
    const complete = rows;
    rows = [];
    return fault === undefined ? ok(complete) : refuse(fault);
  }

  return {
    rowCount: () => rowCount,
    cellCount: () => row.length,
    push(text) {
      const nul = limits.nul === true ? text.indexOf("\0") : -1;
      const readable = nul === -1 ? text : text.slice(0, nul);
      lineEnd = -1;
      for (let at = 0; at < readable.length && fault === undefined;) at = step(readable, at);
      if (nul !== -1) fault ??= { kind: "not_text", row: rowCount + 1 };
      return takeRows();
    },
    end() {
      if (quotes !== undefined && state === "quoted") {
        fault ??= { kind: "quote_not_closed", row: rowCount + 1, column: row.length + 1 };
      }
      if (fault === undefined && state !== "row" && state !== "cr") {
        endCell();
        endRow();
        state = "row";
      }
      return takeRows();
    },
  };
}
