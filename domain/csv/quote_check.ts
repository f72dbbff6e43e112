/**
 * Finds mistakes in the quotes of a CSV file that would put values of one row into the message of another. GOV.UK Notify
 * accepts such files, so this step is apart from its rules.
 */
import { stripWhitespace } from "../recipient/whitespace.ts";
import { normalisedName } from "../template/normalised_name.ts";
import { cleanHeading, removeMarks } from "../text/pasted_text.ts";
import type { SheetFault } from "./faults.ts";
import {
  findLikeness,
  type Likeness,
  LOOKS_LIKE,
  looksLikeRowWithoutRecipient,
} from "./recipient_likeness.ts";

/** The place of a cell. Both numbers count from 1, the headers being row 1. */
export interface CellPlace {
  readonly row: number;
  readonly column: number;
}

/** Checks the quotes of one file while it is tokenized, row by row. */
export interface QuoteCheck {
  /**
   * Notes that a quoted cell contains line ends; the next {@link QuoteCheck.checkRow} then searches it for further
   * rows.
   *
   * @param at the cell's index in its row, from 0
   */
  noteLineEnds(at: number): void;
  /**
   * Checks a complete row.
   *
   * @param number its number, the headers being row 1
   * @returns the fault `rows_in_quotes` when a noted cell seems to contain further rows of the file; otherwise
   * `undefined`
   */
  checkRow(row: readonly string[], number: number): SheetFault | undefined;
  /**
   * Checks text that stands between the closing quote of a cell and the next delimiter or line end.
   *
   * @param cell the cell so far
   * @param before the cells before it in its row
   * @returns the fault `rows_in_quotes` when the cell seems to contain further rows, otherwise `text_after_quote`;
   * `undefined` when the text is blank
   */
  checkRest(
    text: string,
    cell: string,
    before: readonly string[],
    place: CellPlace,
  ): SheetFault | undefined;
  /**
   * Checks a quoted cell that exceeds a limit before its closing quote was found.
   *
   * @returns the fault `rows_in_quotes` when the cell seems to contain further rows; otherwise `undefined`
   */
  checkLong(cell: string, before: readonly string[], place: CellPlace): SheetFault | undefined;
}

/** A column of recipients. */
interface RecipientColumn {
  /** Its index, from 0. */
  readonly at: number;
  readonly likeness: Likeness;
}

const LINE_END = /\r\n?|\n/;

/** The columns whose heading is that of a recipient, of any channel. */
function findRecipientColumns(headers: readonly string[]): readonly RecipientColumn[] {
  return headers.flatMap((header, at) => {
    const likeness = findLikeness(normalisedName(cleanHeading(header)));
    return likeness === undefined ? [] : [{ at, likeness }];
  });
}

/** Creates the check of one file. @param delimiter the character that separates its cells */
export function createQuoteCheck(delimiter: string): QuoteCheck {
  let headerCount = 0;
  let recipients: readonly RecipientColumn[] = [];
  /** The indexes of the quoted cells with line ends in the row that is being read. */
  let multiLine: number[] = [];

  /** Whether a line is as wide as a row, and begins with an empty recipient. No address begins with a delimiter. */
  function lacksRecipient(pieces: readonly string[]): boolean {
    return recipients.some(({ at }) => at === 0) && pieces.length === headerCount &&
      stripWhitespace(pieces[0] ?? "") === "" && pieces.some((piece) => piece.trim() !== "");
  }

  /**
   * Whether a cell with line ends takes in further rows: a line that is split by the delimiter has a recipient in the
   * recipient's column. The first line is the end of the cell's own row.
   */
  function holdsRows(cell: string, at: number, own: readonly string[]): boolean {
    return cell.split(LINE_END).some((line, index) => {
      const pieces = line.split(delimiter);
      if (pieces.length < Math.min(headerCount, 2)) return false;
      if (index > 0 && lacksRecipient(pieces)) return true;
      if (
        index > 0 &&
        recipients.some((one) => looksLikeRowWithoutRecipient(pieces, headerCount, one.at))
      ) return true;
      const offset = index === 0 ? at : 0;
      return recipients.some((recipient) => {
        const piece = pieces[recipient.at - offset];
        return piece !== undefined && (index > 0 || recipient.at > at) &&
          recipient.likeness(piece, { own: own[recipient.at], pieces, headerCount });
      });
    });
  }

  /** Whether a row that is longer than the headers has a further recipient after a cell with line ends. */
  function holdsRowsAfter(row: readonly string[], at: number): boolean {
    if (row.length <= headerCount) return false;
    return recipients.some((recipient) =>
      row.some((cell, index) =>
        index > at && index !== recipient.at &&
        recipient.likeness(cell, { own: row[recipient.at], pieces: row, headerCount })
      )
    );
  }

  /** Whether a heading with line ends takes in rows: their recipients are known by their form alone. */
  function headingHoldsRows(heading: string): boolean {
    return heading.split(LINE_END).some((line) =>
      line.split(delimiter).some((piece) => {
        const text = removeMarks(piece).trim();
        return LOOKS_LIKE.sms.test(text) || LOOKS_LIKE.email.test(text);
      })
    );
  }

  function readHeaders(headers: readonly string[]): void {
    headerCount = headers.length;
    recipients = findRecipientColumns(headers);
  }

  function checkLong(
    cell: string,
    before: readonly string[],
    place: CellPlace,
  ): SheetFault | undefined {
    const holds = place.row > 1
      ? holdsRows(cell, place.column - 1, before)
      : LINE_END.test(cell) && headingHoldsRows(cell);
    return holds ? { kind: "rows_in_quotes", ...place } : undefined;
  }

  return {
    checkLong,
    noteLineEnds: (at) => void multiLine.push(at),
    checkRow(row, number) {
      if (number > 1 && multiLine.length === 0) return undefined;
      const noted = multiLine;
      multiLine = [];
      if (number === 1) readHeaders(row);
      const at = noted.find((index) => {
        const cell = row[index] ?? "";
        if (number === 1) return headingHoldsRows(cell);
        return holdsRows(cell, index, row) || holdsRowsAfter(row, index);
      });
      return at === undefined ? undefined : { kind: "rows_in_quotes", row: number, column: at + 1 };
    },
    checkRest(text, cell, before, place) {
      if (stripWhitespace(text) === "") return undefined;
      return checkLong(cell, before, place) ?? { kind: "text_after_quote", ...place };
    },
  };
}
