/**
 * Validates the recipients of a bulk job row by row, before anything is sent: the errors, the costs and samples of the
 * first messages. Of a row only a key of its recipient is kept, so a file may be long.
 */
import type { CheckedRow } from "../csv/check_row.ts";
import type { Columns } from "../csv/columns.ts";
import type { SheetRow } from "../ports/read_sheet.ts";
import { removeMarks } from "../text/pasted_text.ts";
import { type Allowance, checkAllowance } from "./allowance.ts";
import type { JobRow } from "./job.ts";
import {
  countHeaderErrors,
  headerErrors,
  type ListHeaders,
  readHeaders,
  unknownColumns,
} from "./list_headers.ts";
import type { NamedHeadings } from "./list_columns.ts";
import { createFragmentTally, createGoodRows } from "./list_tallies.ts";
import type { ListRules } from "./list_rules.ts";
import { createStrayValueCheck } from "./list_widths.ts";
import { type ListTop, TITLE_ROWS, type TopRow } from "./missing_column.ts";
import {
  createErrorTally,
  type ErrorTally,
  type ListError,
  type ListReport,
  type ListSample,
  MAX_ERRORS_REPORTED,
  MAX_SAMPLES,
  truncateHeaders,
} from "./report.ts";
import {
  createRecipientValidator,
  type RecipientOfRow,
  referenceErrors,
  rowErrors,
} from "./row_errors.ts";
import { referenceOf, toSample, translationValues, usedValues } from "./row_values.ts";

/** A validation pass over the rows of one upload. */
export interface RecipientListValidator {
  /**
   * Validates the next row, and adds its errors to the report.
   *
   * @param row the cells, in the order of the columns
   * @param number the row's number in a spreadsheet; defaults to the number after the last one
   * @param notes for a row of a spreadsheet file: the cells whose number format changes what they show, as `SheetRow`
   * has them
   * @returns the row as it is stored; `undefined` when it has an error
   */
  add(
    row: readonly string[],
    number?: number,
    notes?: Pick<SheetRow, "formatted" | "digits">,
  ): JobRow | undefined;
  /**
   * The normalised recipients of the rows since the last call. Always empty unless the rules check suppressions: then
   * call it often, since it keeps them, and report those to whom the service may not send with {@link addSuppressed}.
   */
  takeRecipients(): readonly RecipientOfRow[];
  /** Adds, and returns, the error of a row to whose recipient the service may not send. */
  addSuppressed(row: number): ListError;
  /** The errors of the row that was added last, without those that are found later. */
  lastErrors(): readonly ListError[];
  /** Whether the headers or a row have an error so far. Exceeded daily limits are in the report only. */
  hasErrors(): boolean;
  /** The report on the headers and the rows validated so far, with errors for exceeded daily limits. */
  report(): ListReport;
}

/**
 * Starts a validation pass over the rows of one upload.
 *
 * @param headers the cells of the first row, or how they are named
 * @param headerRow the number of the headers' row in a spreadsheet, greater than 1 when blank lines precede it
 */
export function createRecipientListValidator(
  headers: readonly string[] | NamedHeadings,
  rules: ListRules,
  headerRow = 1,
): RecipientListValidator {
  const named = "headings" in headers ? headers : { headings: headers, shared: [] };
  const { service, template, allowance, skipsBadRows: skips = false } = rules;
  const list = readHeaders(named, rules);
  const { columns } = list.reader;
  const recipients = createRecipientValidator(rules, list);
  const tally = createErrorTally();
  const goodRows = createGoodRows(rules.checksSuppressions === true);
  const fragments = createFragmentTally();
  const samples: ListSample[] = [];
  const findStrayValues = createStrayValueCheck(columns.raw);
  const cleanRecipients = createRecipientCleaner(columns);
  const headerErrorCount = countHeaderErrors(list.reader);
  const below: TopRow[] = [];
  const formattedHeaders = new Set<string>();
  let lastRow = headerRow;
  let rows = 0;
  let lastErrors: readonly ListError[] = NO_ERRORS;

  function addError(error: ListError): void {
    tally.add(error);
    lastErrors = [...lastErrors, error];
  }

  function addErrors(cells: readonly string[], checked: CheckedRow, row: number): void {
    lastErrors = NO_ERRORS;
    // Without a recipient's column, the first row is not that of the headings.
    const stray = columns.hasRecipient ? findStrayValues(cells, row) : [];
    for (const error of stray) addError(error);
    for (const error of rowErrors(checked, row, template, list)) addError(error);
    const recipient = validRecipientOf(checked);
    if (recipient !== undefined) {
      for (const error of recipients.validate(recipient, row)) addError(error);
    }
    for (const error of referenceErrors(checked, row, list)) addError(error);
  }

  function topOf(): ListTop {
    return {
      channel: template.channel,
      headers: { row: headerRow, cells: named.headings },
      unused: truncateHeaders(unknownColumns(list)),
      below,
    };
  }

  function addFormatted(column: number): void {
    const header = columns.raw[column] ?? "";
    if (header !== "") formattedHeaders.add(header);
  }

  return {
    add(typed, row = lastRow + 1, notes) {
      // This runs for every row of lists with 100,000 rows, so it makes few objects.
      for (const column of notes?.formatted ?? NONE) addFormatted(column);
      const digits = notes?.digits;
      const plain = digits === undefined ? typed : typed.map((cell, at) => digits.get(at) ?? cell);
      const cells = cleanRecipients(plain);
      const checked = list.reader.check(cells, rows++);
      lastRow = row;
      if (headerErrorCount > 0 && below.length < TITLE_ROWS) below.push({ row, cells });
      const errorsBefore = tally.count;
      const abroadBefore = recipients.international();
      addErrors(cells, checked, row);
      const recipient = validRecipientOf(checked);
      const country = checked.fragments === null || recipient === undefined
        ? undefined
        : list.reader.validatePhone(recipient).country;
      if (checked.fragments !== null) fragments.add(checked.fragments, country);
      const isGood = tally.count === errorsBefore && recipient !== undefined;
      if (samples.length < MAX_SAMPLES && columns.missing.length === 0 && (isGood || !skips)) {
        samples.push(toSample(service, template, checked, row, country));
      }
      if (!isGood) return undefined;
      const isAbroad = recipients.international() > abroadBefore;
      goodRows.add(row, { isAbroad, fragments: checked.fragments, country });
      const stored = toJobRow(checked, { row, recipient }, list);
      return isAbroad ? { ...stored, abroad: true } : stored;
    },
    takeRecipients() {
      goodRows.startLookUp();
      return recipients.takeRecipients();
    },
    addSuppressed(row) {
      const error = recipients.suppressedError(row);
      tally.add(error);
      goodRows.remove(row);
      const sampled = skips ? samples.findIndex((sample) => sample.row === row) : -1;
      if (sampled !== -1) samples.splice(sampled, 1);
      return error;
    },
    lastErrors: () => lastErrors,
    hasErrors: () => headerErrorCount + tally.count > 0,
    report() {
      const good = goodRows.report();
      const international = skips ? good.abroad : recipients.international();
      const toSend = skips ? good.rows : rows;
      const ofList = createErrorTally();
      for (const error of checkAllowance(toSend, international, allowance)) ofList.add(error);
      for (const error of headerErrors(list.reader, topOf())) ofList.add(error);
      return {
        rows,
        ...addTallies(ofList, tally),
        listErrorCount: ofList.count,
        badRows: rows - good.rows,
        missingColumns: truncateHeaders(columns.missing),
        duplicateColumns: truncateHeaders(columns.duplicateRecipients),
        repeatedColumns: truncateHeaders(columns.repeated),
        unknownColumns: truncateHeaders(unknownColumns(list)),
        formattedColumns: truncateHeaders([...formattedHeaders]),
        duplicateRecipients: recipients.duplicates(),
        international,
        fragments: template.channel !== "sms" ? null : skips ? good.fragments : fragments.report(),
        samples,
      };
    },
  };
}

const NONE: readonly number[] = [];
const NO_ERRORS: readonly ListError[] = [];

/** Returns a function that removes the invisible marks of a row's recipients. */
function createRecipientCleaner(
  { keys, recipientKey }: Columns,
): (cells: readonly string[]) => readonly string[] {
  const places = keys.flatMap((key, at) => key === recipientKey ? [at] : []);
  function hasMarks(cells: readonly string[]): boolean {
    for (const at of places) {
      const cell = cells[at] ?? "";
      if (removeMarks(cell) !== cell) return true;
    }
    return false;
  }
  return (cells) =>
    hasMarks(cells)
      ? cells.map((cell, at) => places.includes(at) ? removeMarks(cell) : cell)
      : cells;
}

/**
 * Adds errors for exceeded daily limits to the report of a list that had no errors. Called when the allowance may have
 * become smaller since the list was validated.
 */
export function addAllowanceErrors<R extends ListReport>(report: R, allowance: Allowance): R {
  const overAllowance = createErrorTally();
  const rows = report.rows - report.badRows;
  for (const error of checkAllowance(rows, report.international, allowance)) {
    overAllowance.add(error);
  }
  return {
    ...report,
    ...addTallies(overAllowance, createErrorTally()),
    listErrorCount: overAllowance.count,
  };
}

function byRow(a: ListError, b: ListError): number {
  return (a.row ?? 0) - (b.row ?? 0);
}

function addTallies(
  ofList: ErrorTally,
  ofRows: ErrorTally,
): Pick<ListReport, "errorCount" | "errorCounts" | "errors"> {
  return {
    errorCount: ofList.count + ofRows.count,
    errorCounts: { ...ofRows.counts, ...ofList.counts },
    // The errors of suppressed recipients are found later than the others of their rows.
    errors: [...ofList.first, ...ofRows.first.toSorted(byRow)].slice(0, MAX_ERRORS_REPORTED),
  };
}

function validRecipientOf({ recipient, hasBadRecipient }: CheckedRow): string | undefined {
  return typeof recipient === "string" && !hasBadRecipient ? recipient : undefined;
}

function toJobRow(
  checked: CheckedRow,
  { row, recipient }: Pick<JobRow, "row" | "recipient">,
  { hasReference, translationSpellings, usedKeys }: ListHeaders,
): JobRow {
  const reference = hasReference ? referenceOf(checked) : undefined;
  const used = usedValues(checked, usedKeys);
  const personalisation = translationSpellings.size === 0
    ? used
    : { ...translationValues(checked, translationSpellings), ...used };
  return reference === undefined
    ? { row, recipient, personalisation }
    : { row, recipient, personalisation, reference };
}
