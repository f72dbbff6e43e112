/** A file of comma-separated values cut into rows of cells, as the peer's reader (`csv` of Python) cuts it. */
import { OBSCURE_WHITESPACE } from "../recipient/whitespace.ts";
import { strip } from "../template/python_text.ts";

/** The rows of a file, the headers first. A blank line is a row without cells. */
export type CsvRows = readonly (readonly string[])[];

const QUOTE = '"';
const DELIMITER = ",";
const BLANKS: ReadonlySet<string> = new Set([..." \t\n\r\v\f", ...OBSCURE_WHITESPACE]);
const TRAILING: ReadonlySet<string> = new Set([...BLANKS, DELIMITER]);
/** What ends a cell that has no quotes, or whose quotes are closed. */
const CELL_END = /[,\r\n]/g;
/** One end of a row. A carriage return alone, which the peer fails on, counts. */
const ROW_END = /\r+\n?|\n/y;

/** Without white space at the start, and without white space and commas at the end: what follows the last value. */
function trimFile(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && BLANKS.has(text.charAt(start))) start++;
  while (end > start && TRAILING.has(text.charAt(end - 1))) end--;
  return strip(text.slice(start, end));
}

interface Cut {
  readonly cell: string;
  /** Where the comma, the row's end or the file's end is that closes the cell. */
  readonly end: number;
}

/** The text up to the end of the cell. Quotes in it are text. */
function cutPlain(text: string, from: number): Cut {
  CELL_END.lastIndex = from;
  const end = CELL_END.exec(text)?.index ?? text.length;
  return { cell: text.slice(from, end), end };
}

/** A quoted cell, read from behind its first quote; one that is never closed takes the rest of the file. */
function cutQuoted(text: string, from: number): Cut {
  let cell = "";
  let at = from;
  for (;;) {
    const quote = text.indexOf(QUOTE, at);
    if (quote === -1) return { cell: cell + text.slice(at), end: text.length };
    cell += text.slice(at, quote);
    if (text.charAt(quote + 1) !== QUOTE) {
      const rest = cutPlain(text, quote + 1);
      return { cell: cell + rest.cell, end: rest.end };
    }
    cell += QUOTE;
    at = quote + 2;
  }
}

/** The cell that begins at `from`; blanks before it are skipped. */
function cutCell(text: string, from: number): Cut {
  let start = from;
  while (text.charAt(start) === " ") start++;
  return text.charAt(start) === QUOTE ? cutQuoted(text, start + 1) : cutPlain(text, start);
}

/** Where the row's end that stands at `from` is over; `from` itself if none stands there. */
function skipRowEnd(text: string, from: number): number {
  ROW_END.lastIndex = from;
  return ROW_END.test(text) ? ROW_END.lastIndex : from;
}

/**
 * Reads a file of comma-separated values. Every text is one: this refuses nothing.
 *
 * White space round the file and commas at its end are no part of it, so blank rows at the end vanish and blank rows in
 * the middle stay. Commas only; `"` quotes, doubled inside quotes; blanks before a cell are skipped. (facts/notify.md 5.1)
 */
export function parseCsv(file: string): CsvRows {
  const text = trimFile(file);
  const rows: string[][] = [];
  let at = 0;
  while (at < text.length) {
    const row: string[] = [];
    rows.push(row);
    let next = skipRowEnd(text, at);
    if (next === at) {
      let cut = cutCell(text, at);
      row.push(cut.cell);
      while (text.charAt(cut.end) === DELIMITER) {
        cut = cutCell(text, cut.end + 1);
        row.push(cut.cell);
      }
      next = skipRowEnd(text, cut.end);
    }
    at = next;
  }
  return rows;
}
