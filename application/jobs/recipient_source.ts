/** Where the rows of a bulk job come from: an uploaded file, or rows in memory. */
import { SHEET_MAX_BYTES } from "../../domain/csv/limits.ts";
import type { CsvRows } from "../../domain/csv/tokenizer.ts";
import type {
  ReadSheet,
  SheetBatch,
  SheetFacts,
  SheetHint,
} from "../../domain/ports/read_sheet.ts";
import { ok } from "../../domain/result.ts";
import { createStreamHash } from "./file_hash.ts";
import { UploadError } from "./upload_error.ts";

/** How many rows in memory make a batch. */
const BATCH_ROWS = 512;

/** The recipients of one upload. Read it once: with either `rows` or `drain`, then call `hash`. */
export interface RecipientSource {
  /** The file's name as the client sent it; `undefined` when there is none. */
  readonly fileName: string | undefined;
  /**
   * Yields the rows in batches, the headers first. When the file cannot be read to its end, the last batch is the
   * refusal.
   *
   * @throws {UploadError} when the body cannot be read to its end
   */
  rows(signal: AbortSignal): AsyncGenerator<SheetBatch>;
  /** Returns what is known about the file beside its rows. Call it when `rows` has been read to its end. */
  facts(): SheetFacts;
  /** Reads the upload to its end and discards it. @throws {UploadError} when it cannot be read, or is too large */
  drain(): Promise<void>;
  /** Returns a hash of the whole upload, in hexadecimal. Call it when the source has been read to its end. */
  hash(): Promise<string>;
}

/**
 * Creates a source of the recipients in a file, which is read as a stream. @param hint the file's name and content type,
 * and its encoding if the request names it
 */
export function fileSource(
  bytes: ReadableStream<Uint8Array>,
  hint: SheetHint,
  readSheet: ReadSheet,
): RecipientSource {
  const hash = createStreamHash();
  const hashed = bytes.pipeThrough(hash.stream);
  let facts = NO_FACTS;
  return {
    fileName: hint.fileName,
    async *rows(signal) {
      facts = (yield* readSheet(hashed, hint, signal)) ?? NO_FACTS;
    },
    facts: () => facts,
    async drain() {
      let size = 0;
      for await (const chunk of hashed) {
        size += chunk.length;
        if (size > SHEET_MAX_BYTES) {
          throw new UploadError({ kind: "too-large", maxBytes: SHEET_MAX_BYTES });
        }
      }
    },
    hash: hash.digest,
  };
}

/** Nothing is known of rows in memory. */
const NO_FACTS: SheetFacts = { encoding: null, sample: [] };

/** Creates a source of recipients from rows in memory, the headers first. */
export function rowsSource(rows: CsvRows): RecipientSource {
  return {
    fileName: undefined,
    async *rows(signal) {
      for (let from = 0; from < rows.length; from += BATCH_ROWS) {
        signal.throwIfAborted();
        const batch = rows.slice(from, from + BATCH_ROWS);
        yield ok(batch.map((cells, index) => ({ row: from + index + 1, cells })));
      }
    },
    facts: () => NO_FACTS,
    drain: () => Promise.resolve(),
    hash: () => hashRows(rows),
  };
}

/** Hashes rows as lines of JSON, one batch at a time, so that no second copy of all rows is held. */
async function hashRows(rows: CsvRows): Promise<string> {
  const hash = createStreamHash();
  const encoder = new TextEncoder();
  let from = 0;
  const lines = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (from >= rows.length) return controller.close();
      const batch = rows.slice(from, from + BATCH_ROWS);
      from += BATCH_ROWS;
      controller.enqueue(encoder.encode(batch.map((row) => `${JSON.stringify(row)}\n`).join("")));
    },
  });
  await lines.pipeThrough(hash.stream).pipeTo(new WritableStream());
  return await hash.digest();
}
