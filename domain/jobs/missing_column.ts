/** The message about a missing column, with the likely cause in the words of a spreadsheet. */
import { lettersOf, namesRecipients } from "../csv/column_names.ts";
import { RECIPIENT_COLUMNS } from "../csv/columns.ts";
import { LOOKS_LIKE } from "../csv/recipient_likeness.ts";
import { normalisedName } from "../template/normalised_name.ts";
import type { Template } from "../template/template.ts";
import { cleanHeading, removeMarks } from "../text/pasted_text.ts";

/** How many rows below the headers are searched for the true ones. */
export const TITLE_ROWS = 10;

/** A row near the top of a list. */
export interface TopRow {
  /** Its number in a spreadsheet. */
  readonly row: number;
  readonly cells: readonly string[];
}

/** The first rows of a list, in which the likely cause of a missing column is looked for. */
export interface ListTop {
  readonly channel: Template["channel"];
  /** The row that is read as the headings. */
  readonly headers: TopRow;
  /** The headings that the message does not use, shortened as in reports. */
  readonly unused: readonly string[];
  /** The first {@link TITLE_ROWS} rows below the headers. */
  readonly below: readonly TopRow[];
}

const SEPARATORS = /[,;|\t]/;

const keyOf = (cell: string) => normalisedName(cleanHeading(cell));

/** The separator by which a single cell holds several column names, one of them `key`. */
function separatorInCell(cells: readonly string[], key: string): string | undefined {
  for (const cell of cells) {
    const separator = SEPARATORS.exec(cell)?.[0];
    if (separator !== undefined && cell.split(separator).some((part) => keyOf(part) === key)) {
      return separator;
    }
  }
  return undefined;
}

/** Whether a row has a heading, in a cell of its own or among others in one cell. */
const hasHeading = ({ cells }: TopRow, key: string) =>
  cells.some((cell) => keyOf(cell) === key) || separatorInCell(cells, key) !== undefined;

function hasRecipient({ cells }: TopRow, channel: ListTop["channel"]): boolean {
  const form = channel === "inbox" ? undefined : LOOKS_LIKE[channel];
  return form !== undefined && cells.some((cell) => form.test(removeMarks(cell).trim()));
}

/** The row of the headings, where the first row is a title; `undefined` when no row below looks like headings. */
function findHeadings({ below, channel }: ListTop): TopRow | undefined {
  const key = keyOf(RECIPIENT_COLUMNS[channel]);
  return below.find((row) => hasHeading(row, key)) ??
    below.find((row) =>
      !hasRecipient(row, channel) &&
      row.cells.some((cell) => !/\d/.test(cell) && namesRecipients(cell, channel))
    );
}

/** Whether the first two rows together have the heading, a part of it in each. */
function isSplit(key: string, { headers, below: [next] }: ListTop): boolean {
  return headers.cells.some((cell, at) => {
    const [first, second] = [keyOf(cell), keyOf(next?.cells[at] ?? "")];
    return first !== "" && second !== "" && first + second === key;
  });
}

/** A heading that the message does not use, and that is probably the column. */
function findSimilar(name: string, { unused, channel }: ListTop): string | undefined {
  const letters = lettersOf(name);
  return unused.find((heading) => lettersOf(heading) === letters) ??
    (name === RECIPIENT_COLUMNS[channel]
      ? unused.find((heading) => namesRecipients(heading, channel))
      : undefined);
}

/** A heading that the message does not use, with recipients below it. */
function findAboveRecipients({ headers, below, unused, channel }: ListTop): string | undefined {
  const hasRecipients = (at: number) =>
    below.some(({ row, cells }) => hasRecipient({ row, cells: cells.slice(at, at + 1) }, channel));
  return unused.find((heading) =>
    heading !== "" &&
    headers.cells.some((cell, at) => cleanHeading(cell) === heading && hasRecipients(at))
  );
}

const askForColumn = (heading: string, name: string) =>
  `is it the column ‘${heading}’? Then name that ‘${name}’`;

function findCause(name: string, list: ListTop): string | undefined {
  const { headers, channel } = list;
  const key = normalisedName(name);
  const isRecipient = name === RECIPIENT_COLUMNS[channel];
  const separator = separatorInCell(headers.cells, key);
  if (separator !== undefined) {
    const shown = separator === "\t" ? "tabs" : `‘${separator}’`;
    return `the column names stand in one cell, separated by ${shown}: give each column its own cell`;
  }
  if (isSplit(key, list)) {
    return `its name stands in two rows, ${headers.row} and the next: write it in one cell, and ` +
      "delete the second row";
  }
  const similar = findSimilar(name, list);
  if (similar !== undefined) return askForColumn(similar, name);
  const headings = findHeadings(list);
  if (headings !== undefined && (isRecipient || hasHeading(headings, key))) {
    return `row ${headers.row} looks like a title, and the column names stand in row ` +
      `${headings.row}: delete the rows above row ${headings.row}`;
  }
  if (!isRecipient) return undefined;
  if (hasRecipient(headers, channel)) {
    return `row ${headers.row} has a recipient in place of column names: put a row with the column ` +
      "names above it";
  }
  const above = findAboveRecipients(list);
  return above === undefined ? undefined : askForColumn(above, name);
}

/** Returns the message for a column that a list lacks. @param name the column's name as the template has it */
export function missingColumnMessage(name: string, list: ListTop): string {
  const message = messageWithoutCause(name);
  const cause = findCause(name, list);
  return cause === undefined ? message : `${message} – ${cause}`;
}

/** Whether the message for a missing column also says why the file lacks it. */
export function saysCause(name: string, message: string): boolean {
  return message !== messageWithoutCause(name);
}

function messageWithoutCause(name: string): string {
  return `Your file is missing a column called ‘${name}’`;
}
