/** What has become of a job's rows, as a file for a spreadsheet. */
import type { JobId, ServiceId } from "../../domain/ids.ts";
import type { JobStore } from "../../domain/ports/job_store.ts";

/** How many rows are read at a time. */
export const RESULTS_PAGE = 500;

/** What spreadsheets take for a formula at a cell's beginning. */
const FORMULA = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/;

/** A cell of a CSV file that no spreadsheet runs: an apostrophe stands before what would be a formula. */
export function toCsvCell(text: string): string {
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

function toLine(cells: readonly string[]): string {
  return `${cells.map(toCsvCell).join(",")}\r\n`;
}

/** Streams the results of a job, a page at a time and no sooner than they are read. */
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
      const page = await jobs.results(serviceId, id, after, RESULTS_PAGE);
      const last = page.at(-1);
      if (last === undefined) return controller.close();
      after = last.row;
      const lines = page.map(({ row, recipient, status, at }) =>
        toLine([String(row), recipient, status, new Date(at).toISOString()])
      );
      controller.enqueue(encoder.encode(lines.join("")));
      if (page.length < RESULTS_PAGE) controller.close();
    },
  }, { highWaterMark: 0 });
}
