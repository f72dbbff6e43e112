/** The second step of an upload: the validation pass over its rows. */
import {
  createRecipientListValidator,
  type RecipientListValidator,
} from "../../domain/jobs/recipient_list_validator.ts";
import type { Allowance } from "../../domain/jobs/allowance.ts";
import type { ColumnsFault, NamedHeadings } from "../../domain/jobs/list_columns.ts";
import type { JobRow } from "../../domain/jobs/job.ts";
import type { ListRules } from "../../domain/jobs/list_rules.ts";
import { type ListReading, toListWarnings } from "../../domain/jobs/list_reading.ts";
import type { ListError, ListReport, UploadReport } from "../../domain/jobs/report.ts";
import type { SheetFacts } from "../../domain/ports/read_sheet.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { TemplateVersion } from "../../domain/template/template_record.ts";
import { type startTimeSlice, yieldToEventLoop } from "../event_loop.ts";
import type { RecipientSource } from "./recipient_source.ts";
import type { UploadRefusal } from "./upload_refusal.ts";
import { guestsOf, type UploadRequest } from "./upload_request.ts";

/** The most recipients that are looked up together among the suppressed ones. */
export const MAX_SUPPRESSION_CHECK = 1_024;
/** Recipients wait for each other until there are so many, so that small batches of rows share a round trip. */
export const MIN_SUPPRESSION_CHECK = 512;

/** Returns those of some normalised recipients to whom the service may not send. */
export type FindSuppressed = (recipients: readonly string[]) => Promise<ReadonlySet<string>>;

/** How {@link validateRows} runs. */
export interface ValidationPass {
  /** Ends the validation when it is aborted. */
  readonly signal: AbortSignal;
  /** Starts the time slices (a few milliseconds) between which the validation yields to the event loop. */
  readonly startSlice: typeof startTimeSlice;
  /** Finds those of some normalised recipients to whom the service may not send; absent when there are none. */
  readonly findSuppressed?: FindSuppressed | undefined;
  /**
   * Receives each valid row, in order. Unless rows with errors are left out, it receives none after the first error.
   */
  readonly onValidRow?: (row: JobRow) => Promise<void>;
  /** Receives each row with an error, in order. */
  readonly onBadRow?: (row: BadRow) => Promise<void>;
  /** Names the headings anew before they are compared with the template; they stay as they are when it is absent. */
  readonly renameHeadings?: (
    headings: readonly string[],
  ) => Result<NamedHeadings, ColumnsFault>;
}

/** A row of a list with its errors. */
export interface BadRow {
  readonly row: number;
  readonly cells: readonly string[];
  readonly errors: readonly ListError[];
}

/**
 * Adds the errors of the rows since the last call to whose recipients the service may not send.
 *
 * @returns these errors by their rows
 */
async function reportSuppressed(
  validator: RecipientListValidator,
  findSuppressed: FindSuppressed,
): Promise<ReadonlyMap<number, ListError>> {
  const errors = new Map<number, ListError>();
  const recipients = validator.takeRecipients();
  for (let from = 0; from < recipients.length; from += MAX_SUPPRESSION_CHECK) {
    const chunk = recipients.slice(from, from + MAX_SUPPRESSION_CHECK);
    const suppressed = await findSuppressed(chunk.map(({ recipient }) => recipient));
    for (const { recipient, row } of chunk) {
      if (suppressed.has(recipient)) errors.set(row, validator.addSuppressed(row));
    }
  }
  return errors;
}

/**
 * Returns the rules by which the rows of an upload are validated.
 *
 * @param allowance how many messages the service may still send on the day of the job
 * @param checksSuppressions whether recipients are looked up among those to whom the service may not send
 */
export function toListRules(
  request: UploadRequest,
  template: TemplateVersion,
  allowance: Allowance,
  checksSuppressions: boolean,
): ListRules {
  const { context: { service, translations }, allowDuplicates } = request;
  return {
    service,
    template: template.parsed,
    translations: Object.values(translations).map(({ parsed }) => parsed),
    guests: guestsOf(request),
    allowance,
    allowDuplicates,
    checksSuppressions,
    skipsBadRows: request.skipBadRows === true,
  };
}

/**
 * Reads all rows of an upload and validates each: its recipient, its values and the limits of the service.
 *
 * @returns the report, which may list errors; the `file` refusal when the file cannot be read to its end
 * @throws {UploadError} when the body cannot be read to its end
 */
export async function validateRows(
  source: RecipientSource,
  rules: ListRules,
  pass: ValidationPass,
): Promise<Result<UploadReport, UploadRefusal>> {
  const { signal, startSlice, findSuppressed, renameHeadings } = pass;
  const { skipsBadRows = false } = rules;
  const checked = createCheckedRows(pass);
  let validator: RecipientListValidator | undefined;
  let rows = 0;
  let isSliceOver = startSlice();
  async function passOn(): Promise<void> {
    const suppressed = validator !== undefined && findSuppressed !== undefined
      ? await reportSuppressed(validator, findSuppressed)
      : NONE_SUPPRESSED;
    await checked.passOn(suppressed);
  }
  for await (const batch of source.rows(signal)) {
    if (!batch.ok) return refuse({ kind: "file", fault: batch.refusal, rows });
    for (const sheetRow of batch.value) {
      const { row: number, cells } = sheetRow;
      if (validator === undefined) {
        const headings = renameHeadings === undefined
          ? ok({ headings: cells, shared: [] })
          : renameHeadings(cells);
        if (!headings.ok) return refuse({ kind: "columns", fault: headings.refusal });
        validator = createRecipientListValidator(headings.value, rules, number);
        continue;
      }
      const row = validator.add(cells, number, sheetRow);
      rows++;
      const isWanted = row !== undefined && (skipsBadRows || !validator.hasErrors());
      checked.add(isWanted ? row : undefined, {
        row: number,
        cells,
        errors: validator.lastErrors(),
      });
      // Measured in time, not in rows: a row of a long template takes long.
      if (isSliceOver()) {
        await yieldToEventLoop();
        isSliceOver = startSlice();
      }
    }
    if (findSuppressed === undefined || checked.count() >= MIN_SUPPRESSION_CHECK) await passOn();
  }
  await passOn();
  if (validator === undefined) return refuse({ kind: "file", fault: { kind: "empty" }, rows });
  return ok(toUploadReport(validator.report(), source.facts()));
}

const NONE_SUPPRESSED: ReadonlyMap<number, ListError> = new Map();

/** Collects rows, and passes them on once their suppressed recipients are known. */
function createCheckedRows(
  { onValidRow, onBadRow }: Pick<ValidationPass, "onValidRow" | "onBadRow">,
) {
  let valid: JobRow[] = [];
  let all: BadRow[] = [];
  let count = 0;
  return {
    /** How many rows were added since they were passed on. */
    count: () => count,
    add(row: JobRow | undefined, checked: BadRow): void {
      count++;
      if (onValidRow !== undefined && row !== undefined) valid.push(row);
      if (onBadRow !== undefined) all.push(checked);
    },
    async passOn(suppressed: ReadonlyMap<number, ListError>): Promise<void> {
      const [validRows, allRows] = [valid, all];
      [valid, all, count] = [[], [], 0];
      for (const row of validRows) if (!suppressed.has(row.row)) await onValidRow?.(row);
      for (const { row, cells, errors } of allRows) {
        const later = suppressed.get(row);
        const found = later === undefined ? errors : [...errors, later];
        if (found.length > 0) await onBadRow?.({ row, cells, errors: found });
      }
    },
  };
}

function toUploadReport(report: ListReport, facts: SheetFacts): UploadReport {
  const { encoding, sample, warnings } = readingOf(facts);
  return { ...report, encoding, sample, warnings: toListWarnings({ encoding, warnings }) };
}

/**
 * Returns how a recipient file was read: its encoding (`null` for a spreadsheet and for rows in memory), a sample of
 * cells that are not ASCII, and the warning `guessed_encoding` when the encoding is not certain.
 */
export function readingOf(
  { encoding, sample }: SheetFacts,
): Pick<ListReading, "encoding" | "sample" | "warnings"> {
  const isGuess = encoding !== null && !encoding.isCertain;
  return {
    encoding: encoding?.name ?? null,
    sample,
    warnings: isGuess ? ["guessed_encoding"] : [],
  };
}
