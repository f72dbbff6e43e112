/** Collects cells by which people can see whether a text was read in the right encoding. */
import { MAX_ENCODING_SAMPLE, MAX_ENCODING_SAMPLE_LENGTH } from "../../domain/ports/read_sheet.ts";
import type { CsvRows } from "../../domain/csv/tokenizer.ts";

/** A character that another encoding would show as another one: neither ASCII nor a byte order mark. */
const NON_ASCII = /[\u0080-\ufefe\uff00-\uffff]/;

/** How many cells with non-ASCII characters are looked at, for the case that many are equal. */
const MAX_LOOKED_AT = 1_000;

/** The sample of one text file. For each piece of its text, call `noteText`, then `add` with the rows of the piece. */
export interface EncodingSample {
  /** Takes the next piece of the text. Rows are ignored until a piece has a character that is not ASCII. */
  noteText(text: string): void;
  /**
   * Adds the cells with non-ASCII characters of these rows, trimmed and cut off at {@link MAX_ENCODING_SAMPLE_LENGTH}
   * characters, until the sample is full.
   */
  add(rows: CsvRows): void;
  /** The sample so far, which grows with each `add`. */
  readonly cells: readonly string[];
}

/** Creates the sample of one file: its first {@link MAX_ENCODING_SAMPLE} different cells with non-ASCII characters. */
export function createEncodingSample(): EncodingSample {
  const cells: string[] = [];
  let looked = 0;
  let isAscii = true;
  return {
    cells,
    noteText(text) {
      if (isAscii) isAscii = !NON_ASCII.test(text);
    },
    add(rows) {
      if (isAscii) return;
      for (const row of rows) {
        for (const cell of row) {
          if (cells.length >= MAX_ENCODING_SAMPLE || looked >= MAX_LOOKED_AT) return;
          if (!NON_ASCII.test(cell)) continue;
          looked++;
          const shown = truncate(cell.replaceAll("\ufeff", "").trim());
          if (NON_ASCII.test(shown) && !cells.includes(shown)) cells.push(shown);
        }
      }
    },
  };
}

function truncate(cell: string): string {
  // A character can be two units long, so no more than twice as many are looked at.
  const characters = Array.from(cell.slice(0, 2 * MAX_ENCODING_SAMPLE_LENGTH + 2));
  return characters.length <= MAX_ENCODING_SAMPLE_LENGTH
    ? cell
    : `${characters.slice(0, MAX_ENCODING_SAMPLE_LENGTH).join("")}…`;
}
