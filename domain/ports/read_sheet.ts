import type { Result } from "../result.ts";
import type { SheetFault } from "../csv/faults.ts";

/**
 * The file's name and content type from the upload. The content decides the format; the hint decides when it is
 * ambiguous.
 */
export interface SheetHint {
  readonly contentType?: string | undefined;
  readonly fileName?: string | undefined;
}

/** A row of a file. */
export interface SheetRow {
  /** The row number that a spreadsheet program shows: skipped rows count. */
  readonly row: number;
  readonly cells: readonly string[];
}

/** A batch of rows of a file, or why the file is refused. */
export type SheetBatch = Result<readonly SheetRow[], SheetFault>;

/**
 * Reads an uploaded file in batches of one row or more, the headers first. The last batch of a refused file is its fault,
 * so the rows may not be used finally before the end. Returning early closes the upload.
 *
 * @throws the signal's reason, and errors of the upload
 */
export type ReadSheet = (
  upload: ReadableStream<Uint8Array>,
  hint: SheetHint,
  signal: AbortSignal,
) => AsyncGenerator<SheetBatch>;
