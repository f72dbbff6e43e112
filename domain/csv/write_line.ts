/** Characters at the start of a cell that make spreadsheets read it as a formula. */
const FORMULA = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/;

/**
 * Writes a line of CSV. Cells are quoted where they need it, and a cell that a spreadsheet would run as a formula gets an
 * apostrophe (CSV injection).
 */
export function writeCsvLine(cells: readonly string[]): string {
  return `${cells.map(toCsvCell).join(",")}\r\n`;
}

function toCsvCell(text: string): string {
  const escaped = FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(escaped) ? `"${escaped.replaceAll('"', '""')}"` : escaped;
}
