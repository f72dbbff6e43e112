import { runInSlices } from "../../../application/event_loop.ts";
import {
  fileSource,
  type RecipientSource,
  rowsSource,
} from "../../../application/jobs/recipient_source.ts";
import { jsonRowsMessage, readJsonRows } from "../../../domain/jobs/json_rows.ts";
import type { ParsedV2 } from "../../../domain/notify_v2/validate_v2.ts";
import type { ReadSheet } from "../../../domain/ports/read_sheet.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";
import type { NotifyRefusal } from "../errors.ts";
import { badList, sheetFaultMessage } from "./bulk_refusal.ts";

/**
 * Returns the recipients of a bulk request as a source of rows: its `rows`, or its `csv`. It refuses a request with
 * both or neither, and rows that are not valid; CSV is validated only when the source is read.
 *
 * @param signal aborts the reading of `rows`, which is done in time slices
 */
export async function readBulkSource(
  { rows, csv }: ParsedV2["POST /v2/notifications/bulk"],
  readSheet: ReadSheet,
  signal: AbortSignal,
): Promise<Result<RecipientSource, NotifyRefusal>> {
  const lists = [rows, csv].filter((list) => list !== undefined && list.length > 0);
  if (lists.length !== 1) return refuse(badList("You should specify either rows or csv"));
  if (csv !== undefined && csv !== "") {
    return ok(fileSource(new Blob([csv]).stream(), { contentType: "text/csv" }, readSheet));
  }
  const read = await runInSlices(readJsonRows(rows), signal);
  if (read.ok) return ok(rowsSource(read.value));
  const fault = read.refusal;
  switch (fault.kind) {
    case "not_rows":
    case "not_a_row":
    case "not_a_cell":
    case "too_many_cells":
      return refuse(badList(`Error converting to CSV: ${jsonRowsMessage(fault)}`));
    default:
      return refuse(badList(sheetFaultMessage(fault)));
  }
}
