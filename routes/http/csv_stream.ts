import { writeCsvLine } from "../../domain/csv/write_line.ts";
import { errorName } from "../../domain/text/error_name.ts";

/** The header fields of an answer that a browser saves as a CSV file. */
export function csvHeaders(fileName: string): Readonly<Record<string, string>> {
  return {
    "Content-Type": "text/csv; charset=utf-8",
    "Content-Disposition": `attachment; filename="${fileName}"`,
  };
}

/**
 * Streams a CSV file whose cells no spreadsheet runs as a formula. The next page of rows is read when the client has
 * received those before. When the store fails, the stream breaks off with an error.
 */
export function streamCsv(
  headings: readonly string[],
  pages: AsyncIterable<readonly (readonly string[])[]>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const iterator = pages[Symbol.asyncIterator]();
  let isBegun = false;
  return new ReadableStream({
    async pull(controller) {
      if (!isBegun) {
        isBegun = true;
        return controller.enqueue(encoder.encode(writeCsvLine(headings)));
      }
      const page = await iterator.next().catch(breakOff);
      if (page.done === true) return controller.close();
      controller.enqueue(encoder.encode(page.value.map(writeCsvLine).join("")));
    },
    async cancel() {
      await iterator.return?.();
    },
  }, { highWaterMark: 0 });
}

/** The server logs the message of a stream's error, so it has no more than the class of the store's. */
function breakOff(error: unknown): never {
  throw new Error(`the file breaks off: ${errorName(error)}`);
}
