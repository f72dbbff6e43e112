import { writeCsvLine } from "../../domain/csv/write_line.ts";

/** A page of a list, as lines of cells. */
export interface CsvPage<Key> {
  readonly lines: readonly (readonly string[])[];
  /** From where the next page goes on; `undefined` at the end. */
  readonly next: Key | undefined;
}

/**
 * Streams a list as CSV. Cells are quoted, and ones that a spreadsheet would run as a formula get an apostrophe. The next
 * page is read when the client has received the one before. When `readPage` fails, the stream breaks off with an error.
 *
 * @param readPage reads the page that goes on from a key, or the first one
 */
export function streamCsv<Key>(
  head: readonly string[],
  readPage: (from: Key | undefined) => Promise<CsvPage<Key>>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let hasHead = false;
  let from: Key | undefined;
  return new ReadableStream({
    async pull(controller) {
      if (!hasHead) {
        hasHead = true;
        return controller.enqueue(encoder.encode(writeCsvLine(head)));
      }
      for (;;) {
        const { lines, next } = await readPage(from).catch(breakOff);
        from = next;
        if (lines.length > 0) {
          controller.enqueue(encoder.encode(lines.map(writeCsvLine).join("")));
        }
        if (next === undefined) return controller.close();
        // A stream that gets nothing is not pulled again.
        if (lines.length > 0) return;
      }
    },
  }, { highWaterMark: 0 });
}

/** The server logs the message of a stream's error, so it has no more than the class of the store's. */
function breakOff(error: unknown): never {
  throw new Error(`a list breaks off: ${error instanceof Error ? error.name : "unknown"}`);
}
