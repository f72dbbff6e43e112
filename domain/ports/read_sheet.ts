import type { Result } from "../result.ts";
import type { TextEncoding } from "../csv/encoding.ts";
import type { SheetFault } from "../csv/faults.ts";

/**
 * The file's name and content type as the upload states them. They are often wrong: the content decides the format, and
 * the hint only where the content is ambiguous.
 */
export interface SheetHint {
  readonly contentType?: string | undefined;
  readonly fileName?: string | undefined;
  /** The encoding of a text file as the caller names it: only a byte order mark wins over it. */
  readonly encoding?: TextEncoding | undefined;
}

/** A row of a file. */
export interface SheetRow {
  /** The row number that a spreadsheet program shows, from 1: rows that are left out count. */
  readonly row: number;
  readonly cells: readonly string[];
  /**
   * The columns, from 0, in which this row is the first whose number is shown by its format, such as `£1,234.50`. Left
   * out when there are none, as in CSV files.
   */
  readonly formatted?: readonly number[];
  /**
   * By column, from 0: the text with all digits of a number whose heading names a recipient, such as `phone number`,
   * where the format shows it otherwise (`447,700,900,123`). A recipient is read from here. Left out when there are
   * none.
   */
  readonly digits?: ReadonlyMap<number, string>;
}

/** A batch of rows of a file, or why the file is refused. */
export type SheetBatch = Result<readonly SheetRow[], SheetFault>;

/** The character encoding by which a text file (CSV) is decoded. */
export interface SheetEncoding {
  /** The name of its encoding, as `TextDecoder` reports it. */
  readonly name: TextEncoding;
  /** Whether another encoding is unlikely. An encoding is uncertain when it is guessed by few letters. */
  readonly isCertain: boolean;
}

/** What a reader found out about a file beside its rows. */
export interface SheetFacts {
  /** `null` for a spreadsheet, whose format has the encoding. */
  readonly encoding: SheetEncoding | null;
  /**
   * The first {@link MAX_ENCODING_SAMPLE} different cells of a text file that have characters other than ASCII, so that
   * people can see whether these are right. Long cells are cut off.
   */
  readonly sample: readonly string[];
}

/** How many cells {@link SheetFacts.sample} has at most. */
export const MAX_ENCODING_SAMPLE = 5;
/** The longest cell of {@link SheetFacts.sample}, in characters; of a longer one the rest is cut off. */
export const MAX_ENCODING_SAMPLE_LENGTH = 100;

/**
 * Reads an uploaded CSV, XLSX or ODS file in batches of rows. The first row of the first batch is the headers, and
 * every batch has at least one row. The last batch of a refused file is its fault (damaged, over a limit, no row below
 * the headers). So the caller must not act on any row before the end of the file. Ending the iteration early closes the
 * upload.
 *
 * @returns when the last batch was read: what is known about the file; `undefined` when it is refused
 * @throws the signal's reason, and errors of the upload
 */
export type ReadSheet = (
  upload: ReadableStream<Uint8Array>,
  hint: SheetHint,
  signal: AbortSignal,
) => AsyncGenerator<SheetBatch, SheetFacts | undefined>;
