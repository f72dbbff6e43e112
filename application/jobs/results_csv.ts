/** The results of a job as a CSV file. */
import type { JobId, ServiceId } from "../../domain/ids.ts";
import type { JobStore } from "../../domain/ports/job_store.ts";

/** How many rows are read at a time. */
const PAGE_ROWS = 500;

/** Characters at the start of a cell that make spreadsheets read it as a formula. */
const FORMULA = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/;

/** Quotes a cell for CSV, and puts an apostrophe before a formula so that no spreadsheet runs it (CSV injection). */
function toCsvCell(text: string): string {
  const escaped = FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(escaped) ? `"${escaped.replaceAll('"', '""')}"` : escaped;
}

function toLine(cells: readonly string[]): string {
  return `${cells.map(toCsvCell).join(",")}\r\n`;
}

/** The server logs the message of a stream's error, so it has no more than the class of the store's. */
function breakOff(error: unknown): never {
  throw new Error(`job results break off: ${error instanceof Error ? error.name : "unknown"}`);
}

/**
 * Streams the results of a job as CSV: `row,recipient,status,time`, a line for each accepted row. Cells are quoted, and
 * ones that a spreadsheet would run as a formula get an apostrophe. The next 500 rows are read from the store when the
 * client has received those before. When the store fails, the stream breaks off with an error.
 */
export function streamResults(
  jobs: Pick<JobStore, "results">,
  serviceId: ServiceId,
  id: JobId,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let after: number | undefined;
  return new ReadableStream({
    async pull(controller) {
      if (after === undefined) {
        after = 0;
        return controller.enqueue(encoder.encode(toLine(["row", "recipient", "status", "time"])));
      }
      const page = await jobs.results(serviceId, id, after, PAGE_ROWS).catch(breakOff);
      const last = page.at(-1);
      if (last === undefined) return controller.close();
      after = last.row;
      const lines = page.map(({ row, recipient, status, at }) =>
        toLine([String(row), recipient, status, new Date(at).toISOString()])
      );
      controller.enqueue(encoder.encode(lines.join("")));
      if (page.length < PAGE_ROWS) controller.close();
    },
  }, { highWaterMark: 0 });
}
