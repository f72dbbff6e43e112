/** Jobs and validation reports as JSON. */
import { costOfList } from "../../domain/pricing/list_cost.ts";
import { type SmsPrices, toDecimal } from "../../domain/pricing/sms_prices.ts";
import type { SheetFault } from "../../domain/csv/faults.ts";
import { sheetMessage } from "../../domain/csv/faults.ts";
import type { Job, JobProgress } from "../../domain/jobs/job.ts";
import { type ListWarning, toListWarnings } from "../../domain/jobs/list_reading.ts";
import { presentUploadWarnings } from "../http/upload_warnings.ts";
import { truncateHeader, type UploadReport } from "../../domain/jobs/report.ts";

type Json = Readonly<Record<string, unknown>>;

const time = (at: number | null) => at === null ? null : new Date(at).toISOString();

/**
 * Converts a job to the JSON of the management API. `counts` is the number of rows by status; a status that no row has
 * is left out. `sample` and `encoding` describe how its file was read. Times are ISO 8601, UTC.
 */
export function presentJob(
  job: JobProgress,
): Json & { readonly warnings: readonly ListWarning[] } {
  const { encoding, sample } = job.reading;
  return {
    id: job.id,
    name: job.name,
    status: job.status,
    error: job.error,
    template_id: job.templateId,
    template_version: job.templateVersion,
    channel: job.channel,
    key_kind: job.keyKind,
    sender_id: job.senderId,
    original_file_name: job.fileName,
    rows: job.rows,
    left_out: job.leftOut ?? 0,
    pause_at_failures: job.pauseAtFailures ?? 0,
    paused_by: job.pausedBy ?? null,
    encoding,
    sample,
    warnings: toListWarnings(job.reading),
    counts: Object.fromEntries(Object.entries(job.counts).filter(([, rows]) => rows > 0)),
    scheduled_for: time(job.scheduledFor),
    valid_until: time(job.validUntil),
    urgent: job.urgent,
    created_at: time(job.createdAt),
    started_at: time(job.startedAt),
    finished_at: time(job.finishedAt),
  };
}

/**
 * Returns the warnings that the answer to an upload shows for `duplicateUpload`, the earlier job with the same file:
 * one with the code `same-file`, or none when it is `undefined`.
 */
export function presentDuplicate(duplicateUpload: Job | undefined): readonly Json[] {
  return presentUploadWarnings(duplicateUpload).map((warning) => ({
    ...warning,
    row: null,
    column: null,
    message: "An earlier job has the same file and template",
  }));
}

/** Converts the validation report of a list of recipients to the JSON of the management API. */
export function presentReport(report: UploadReport): Json {
  return {
    rows: report.rows,
    bad_rows: report.badRows,
    encoding: report.encoding,
    sample: report.sample,
    warnings: report.warnings,
    error_count: report.errorCount,
    error_counts: report.errorCounts,
    errors: report.errors,
    missing_columns: report.missingColumns,
    duplicate_columns: report.duplicateColumns,
    repeated_columns: report.repeatedColumns,
    unknown_columns: report.unknownColumns,
    formatted_columns: report.formattedColumns,
    duplicate_recipients: report.duplicateRecipients,
    international: report.international,
    fragments: report.fragments === null ? null : {
      total: report.fragments.total,
      rows_by_fragments: Object.fromEntries(report.fragments.rows),
    },
    samples: report.samples.map(({ country: _, ...sample }) => sample),
  };
}

/** What the text messages of a list cost, with amounts as decimal texts; `null` where no prices are set. */
export function presentCost(
  { fragments }: UploadReport,
  prices: SmsPrices | undefined,
): Json | null {
  if (fragments === null || prices === undefined) return null;
  const { currency, total, least, most, withoutPrice, groups } = costOfList(
    prices,
    fragments.groups,
  );
  const amount = (value: number | undefined) => value === undefined ? null : toDecimal(value);
  return {
    currency,
    total: toDecimal(total),
    least: amount(least),
    most: amount(most),
    without_price: withoutPrice,
    messages: groups.map(({ each, ...group }) => ({ ...group, each: amount(each) })),
  };
}

/**
 * Converts the fault of a file that could not be read to its end into the JSON of a validation report with one error.
 *
 * @param rows the number of rows that were read before the fault
 */
export function presentFault(fault: SheetFault, rows: number): Json {
  return {
    rows,
    error_count: 1,
    error_counts: { [fault.kind]: 1 },
    errors: [{
      row: "row" in fault ? fault.row : null,
      column: "header" in fault && fault.header !== null ? truncateHeader(fault.header) : null,
      code: fault.kind,
      message: sheetMessage(fault),
    }],
    warnings: [],
  };
}
