import type { Result } from "../result.ts";
import type { SheetFault } from "../csv/faults.ts";

/** What the uploader says of a file. Its content decides what it is; the hint, where that leaves a choice. */
export interface SheetHint {
  readonly contentType?: string | undefined;
  readonly fileName?: string | undefined;
}

/** A row of a file. */
export interface SheetRow {
  /** As a spreadsheet that has the file open numbers it: what is left out before it counts. */
  readonly row: number;
  readonly cells: readonly string[];
}

/** Some rows of a file, or why it is refused. */
export type SheetBatch = Result<readonly SheetRow[], SheetFault>;

/**
 * Reads an uploaded file a batch of rows at a time, the headers first. Every batch has a row at least; a file that is
 * refused gives its fault as the last batch, so nothing may be done with its rows for good before the end. Reading no
 * further closes the upload.
 *
 * @throws the signal's reason, and what the upload itself fails with
 */
export type ReadSheet = (
  upload: ReadableStream<Uint8Array>,
  hint: SheetHint,
  signal: AbortSignal,
) => AsyncGenerator<SheetBatch>;
