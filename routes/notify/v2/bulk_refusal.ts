/** The refusals of a bulk upload, in GC Notify's words where it has any. */
import type { UploadFault } from "../../../application/jobs/upload_error.ts";
import { columnsMessage } from "../../../domain/jobs/list_columns.ts";
import type { UploadRefusal } from "../../../application/jobs/upload_refusal.ts";
import { sheetMessage } from "../../../domain/csv/faults.ts";
import type { SheetFault } from "../../../domain/csv/faults.ts";
import type { ListErrorCode } from "../../../domain/jobs/report.ts";
import type { Service } from "../../../domain/service/service.ts";
import type { NotifyRefusal } from "../errors.ts";

/** How many rows with errors a message lists. */
const MAX_ROWS_REPORTED = 20;

type ListRefusal = Extract<UploadRefusal, { readonly kind: "list" }>;

/**
 * Returns the refusal of a recipient list of which no job can be created. `message` is GC Notify's where it has one.
 */
export function badList(message: string): NotifyRefusal {
  return { kind: "bad-list", message };
}

/** Converts the refusal of an upload to that of the bulk call, with GC Notify's message where it has one. */
export function toBulkRefusal(refusal: UploadRefusal, service: Service): NotifyRefusal {
  switch (refusal.kind) {
    case "refused":
      return refusal.refusal;
    case "body":
      return toBodyRefusal(refusal.fault);
    case "past":
      return badList(`${refusal.field} datetime can not be in the past`);
    case "changed":
      return badList("The service or its template was changed meanwhile; try again");
    case "file":
      return badList(sheetFaultMessage(refusal.fault));
    case "columns":
      return badList(columnsMessage(refusal.fault));
    case "list":
      return badList(listMessage(refusal, service));
  }
}

/** Converts the fault of a body that cannot be read to a refusal of the bulk call. */
export function toBodyRefusal(fault: UploadFault): NotifyRefusal {
  switch (fault.kind) {
    case "too-large":
      return { kind: "too-large", megabytes: Math.floor(fault.maxBytes / 1_000_000) };
    case "json-limit":
    case "bodies-too-large":
      return fault;
    case "interrupted":
      return { kind: "broken-off" };
    default:
      return { kind: "not-json" };
  }
}

/** Returns the bulk call's message about recipients (CSV or rows) that cannot be read, as GC Notify words it. */
export function sheetFaultMessage(fault: SheetFault): string {
  return fault.kind === "too_many_rows"
    ? `Too many rows. Maximum number of rows allowed is ${fault.maxRows}`
    : `Error converting to CSV: ${sheetMessage(fault)}`;
}

/** The message of a list with errors: the first kind of error that GC Notify reports. */
function listMessage({ report, allowance }: ListRefusal, service: Service): string {
  const { errorCounts: counts, missingColumns, duplicateColumns, rows } = report;
  if (missingColumns.length > 0) {
    return `Missing column headers: ${[...missingColumns].sort().join(", ")}`;
  }
  if (duplicateColumns.length > 0) {
    return `Duplicate column headers: ${[...duplicateColumns].sort().join(", ")}`;
  }
  const limit = allowance.date === undefined ? "daily limit" : `daily limit for ${allowance.date}`;
  if (counts.over_daily_limit !== undefined) {
    return `You only have ${allowance.all} remaining messages before you reach your ${limit}. ` +
      `You've tried to send ${rows} messages.`;
  }
  if (counts.over_international_limit !== undefined) {
    return `You only have ${allowance.international} remaining messages to other countries ` +
      `before you reach your ${limit}. You've tried to send ${report.international} messages.`;
  }
  if (counts.recipient_not_allowed !== undefined) {
    const because = service.mode === "trial"
      ? "because your service is in trial mode. You can only send to members of your team and " +
        "your safelist."
      : "because you used a team and safelist API key.";
    return `You cannot send to these recipients ${because}`;
  }
  return rowErrorsMessage(report);
}

function rowErrorsMessage({ errors }: ListRefusal["report"]): string {
  const byRow = Map.groupBy(errors, ({ row }) => row);
  const messages = [...byRow].slice(0, MAX_ROWS_REPORTED).map(([row, rowErrors]) => {
    const texts = rowErrors.map(({ column, code, message }) => {
      if (column === null) return message;
      return `\`${column}\`: ${isReportedInFull(code) ? message : "invalid recipient"}`;
    });
    return `Row ${row} - ${texts.join(",")}`;
  });
  return `Some rows have errors. ${messages.join(". ")}.`;
}

const REPORTED_IN_FULL: ReadonlySet<ListErrorCode> = new Set([
  "missing",
  "recipient_suppressed",
  "reference_too_long",
  "duplicate_recipient",
  "spreadsheet_error",
  "control_character",
  "column_without_heading",
  "value_beyond_columns",
]);

/** Whether the error's own message is reported. All errors of a recipient's address are "invalid recipient". */
function isReportedInFull(code: ListErrorCode): boolean {
  return REPORTED_IN_FULL.has(code);
}
