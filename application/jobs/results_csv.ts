/** The results of a job as a CSV file. */
import { writeCsvLine } from "../../domain/csv/write_line.ts";
import { errorName } from "../../domain/text/error_name.ts";
import type { JobId, ServiceId } from "../../domain/ids.ts";
import type { JobStore } from "../../domain/ports/job_store.ts";

/** How many rows are read at a time. */
const PAGE_ROWS = 500;

/** The server logs the message of a stream's error, so it has no more than the class of the store's. */
function breakOff(error: unknown): never {
  throw new Error(`job results break off: ${errorName(error)}`);
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
        return controller.enqueue(
          encoder.encode(writeCsvLine(["row", "recipient", "status", "time"])),
        );
      }
      const page = await jobs.results(serviceId, id, after, PAGE_ROWS).catch(breakOff);
      const last = page.at(-1);
      if (last === undefined) return controller.close();
      after = last.row;
      const lines = page.map(({ row, recipient, status, at }) =>
        writeCsvLine([String(row), recipient, status, new Date(at).toISOString()])
      );
      controller.enqueue(encoder.encode(lines.join("")));
      if (page.length < PAGE_ROWS) controller.close();
    },
  }, { highWaterMark: 0 });
}
