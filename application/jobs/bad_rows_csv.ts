/** The rows of a list that have errors, as a CSV file that can be corrected and uploaded again. */
import { writeCsvLine } from "../../domain/csv/write_line.ts";
import { errorName } from "../../domain/text/error_name.ts";
import type { ListDraft } from "../../domain/jobs/list_draft.ts";
import type { ListError } from "../../domain/jobs/report.ts";
import type { BadRow } from "./validate_rows.ts";

/** The words of the column that says why a row has errors. */
export interface BadRowWords {
  /** The heading of the column. */
  readonly heading: string;
  readonly explain: (error: ListError) => string;
}

/** Digits with the signs of telephone numbers: no formula, and an apostrophe before it would make it no number. */
const NUMBER = /^\+?[\d ().-]+$/;

function toLine(cells: readonly string[]): string {
  const texts = cells.map((cell) => NUMBER.test(cell) ? cell : writeCsvLine([cell]).slice(0, -2));
  return `${texts.join(",")}\r\n`;
}

/**
 * Streams the rows with errors as CSV: the headings and cells as they were uploaded, with a last column that says why. A
 * cell that a spreadsheet would run as a formula gets an apostrophe.
 *
 * @param run passes each row with errors to its first argument, and ends when there are no more
 */
export function streamBadRows(
  { headings }: Pick<ListDraft, "headings">,
  { heading, explain }: BadRowWords,
  run: (onBadRow: (row: BadRow) => Promise<void>, signal: AbortSignal) => Promise<void>,
): ReadableStream<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array>();
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  const left = new AbortController();
  // The column of a file that was downloaded before is replaced.
  const kept = headings.flatMap((one, at) => one === heading ? [] : [at]);
  const cellsOf = (cells: readonly string[]) => kept.map((at) => cells[at] ?? "");
  const write = (cells: readonly string[]) => writer.write(encoder.encode(toLine(cells)));

  async function writeAll(): Promise<void> {
    try {
      await write([...cellsOf(headings), heading]);
      await run(async ({ cells, errors }) => {
        await write([...cellsOf(cells), [...new Set(errors.map(explain))].join("; ")]);
      }, left.signal);
      await writer.close();
    } catch (error) {
      left.abort();
      // The server logs the message of a stream's error, so it has no more than the class of this one.
      const name = errorName(error);
      await writer.abort(new Error(`rows with errors break off: ${name}`)).catch(() => {});
    }
  }

  writeAll();
  return readable;
}
