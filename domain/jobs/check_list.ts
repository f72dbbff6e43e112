/**
 * A list of recipients, looked at row by row before anything is sent: what is wrong with it, what it costs, and what its
 * first messages say. No I/O and no clock. Of a row nothing is kept but whom it is for, so a list may be long.
 *
 * Source: facts/notify.md 5; that nobody gets it twice is ours.
 */
import { type CellError, cellMessage } from "../csv/cell_error.ts";
import type { CheckedRow } from "../csv/check_row.ts";
import { createRowReader } from "../csv/row_reader.ts";
import { createGuestCheck } from "../recipient/recipient.ts";
import { isSmokeTestRecipient } from "../recipient/simulated.ts";
import { sentSmsOptionsOf } from "../template/rendering.ts";
import type { Guests, Service } from "../service/service.ts";
import { normalisedName } from "../template/normalised_name.ts";
import { hasExactNames, missingPersonalisation, type Template } from "../template/template.ts";
import {
  type Allowance,
  isBlank,
  judgeAllowance,
  REFERENCE_COLUMN,
  referenceOf,
  spellingsOf,
  toSample,
  translationValues,
  usedValues,
} from "./list_rows.ts";
import type { JobRow } from "./job.ts";
import { createSeenRecipients } from "./seen_recipients.ts";
import {
  createErrorTally,
  type ListError,
  type ListErrorCode,
  type ListReport,
  type ListSample,
  MAX_ERRORS_REPORTED,
  MAX_SAMPLES,
  reportHeader,
  reportHeaders,
} from "./report.ts";

/** The longest reference, in code points. */
export const MAX_REFERENCE = 1_000;
/** What a list is judged by. */
export interface ListRules {
  readonly service: Service;
  readonly template: Template;
  /** The same in other languages; a column that only these use may have gaps. */
  readonly translations?: readonly Template[];
  /** To whom alone may be sent; `undefined`: to anyone. */
  readonly guests: Guests | undefined;
  readonly allowance: Allowance;
  /** Whether the same recipient may be there twice. */
  readonly duplicates: boolean;
}

/** A list that is being looked at. */
export interface RecipientListValidator {
  /**
   * Looks at the next row.
   *
   * @param number as a spreadsheet numbers it; the next one when left out
   * @returns the row as it is to be kept; `undefined` when something is wrong with it
   */
  add(row: readonly string[], number?: number): JobRow | undefined;
  /** Whether something was wrong so far. */
  hasErrors(): boolean;
  /** Says what the rows come to. */
  report(): ListReport;
}

const ROW_MESSAGES = {
  empty_row: "The row is empty",
  message_too_long: "Message is too long",
  message_empty: "No content for this message",
  recipient_not_allowed: "Not on the guest list, to which alone may be sent",
  reference_too_long: `A reference has ${MAX_REFERENCE} characters at most`,
} as const satisfies Partial<Record<ListErrorCode, string>>;

/**
 * Starts to look at a list.
 *
 * @param headerRow the headers' own number
 */
export function createRecipientListValidator(
  headers: readonly string[],
  rules: ListRules,
  headerRow = 1,
): RecipientListValidator {
  const { service, template, allowance } = rules;
  const { channel } = template;
  const { country, international_sms, uk_landlines } = service.settings;
  const reader = createRowReader(headers, {
    template,
    sms: sentSmsOptionsOf(service),
    phones: { international: international_sms, landline: uk_landlines, country },
  });
  const { columns } = reader;
  const headerOf = new Map(columns.keys.map((key, at) => [key, reportHeader(headers[at] ?? "")]));
  const usedKeys = new Set(template.placeholders.map(normalisedName));
  const siblingSpellings = spellingsOf(rules.translations ?? []);
  const hasReference = !usedKeys.has(REFERENCE_COLUMN) && headerOf.has(REFERENCE_COLUMN);
  const isGuest = rules.guests && createGuestCheck(rules.guests, { channel, country });
  const seen = createSeenRecipients(channel);
  const tally = createErrorTally();
  const fragments = new Map<number, number>();
  const samples: ListSample[] = [];
  let lastRow = headerRow;
  let [count, total, international, duplicates] = [0, 0, 0, 0];

  const recipientHeader = headerOf.get(columns.recipientKey) ?? null;
  for (const name of columns.missing) {
    tally.add({
      row: headerRow,
      column: name,
      code: "missing_column",
      message: `Your file is missing a column called ‘${name}’`,
    });
  }
  for (const header of columns.duplicateRecipients) {
    tally.add({
      row: headerRow,
      column: reportHeader(header),
      code: "duplicate_recipient_column",
      message: "We found more than one column for the recipient",
    });
  }

  /** What is wrong with a row, its recipient apart. */
  function* judgeRow(checked: CheckedRow, row: number): Generator<ListError> {
    if (checked.cells.every(({ data }) => data === null || isBlank(data))) {
      return yield rowError(row, "empty_row");
    }
    for (const { key, error } of checked.cells) {
      if (error !== undefined && key !== null) yield cellFault(row, key, error);
    }
    // What a FreeMarker template shows may ask for values of another kind than a cell has.
    const missing = hasExactNames(template) && !checked.hasMissingData
      ? missingPersonalisation(template, checked.personalisation)
      : [];
    for (const name of missing) {
      yield { row, column: reportHeader(name), code: "missing", message: cellMessage("missing") };
    }
    if (missing.length > 0) return;
    if (checked.messageTooLong) yield rowError(row, "message_too_long");
    if (checked.messageEmpty) yield rowError(row, "message_empty");
  }

  function cellFault(row: number, key: string, error: CellError): ListError {
    return { row, column: headerOf.get(key) ?? null, code: error, message: cellMessage(error) };
  }

  /** What is wrong with whom a row is for. */
  function* judgeRecipient(typed: string, row: number): Generator<ListError> {
    const phone = channel === "sms" ? reader.readPhone(typed) : undefined;
    const recipient = phone?.normalised ?? (channel === "email" ? typed.toLowerCase() : typed);
    if (phone?.abroad === true) international++;
    const isAllowed = isGuest === undefined || isSmokeTestRecipient(channel, recipient) ||
      isGuest(recipient);
    if (!isAllowed) {
      yield { ...rowError(row, "recipient_not_allowed"), column: recipientHeader };
    }
    const before = seen.see(recipient, row);
    if (before === undefined) return;
    duplicates++;
    if (rules.duplicates) return;
    yield {
      row,
      column: recipientHeader,
      code: "duplicate_recipient",
      message: `The same recipient as in row ${before}`,
    };
  }

  return {
    add(cells, row = lastRow + 1) {
      const checked = reader.check(cells, count++);
      lastRow = row;
      const before = tally.count;
      for (const error of judgeRow(checked, row)) tally.add(error);
      const { recipient } = checked;
      const isValid = typeof recipient === "string" && !checked.hasBadRecipient;
      if (isValid) {
        for (const error of judgeRecipient(recipient, row)) tally.add(error);
      }
      const reference = hasReference ? referenceOf(checked) : undefined;
      if (reference !== undefined && [...reference].length > MAX_REFERENCE) {
        const column = headerOf.get(REFERENCE_COLUMN) ?? null;
        tally.add({ ...rowError(row, "reference_too_long"), column });
      }
      if (checked.fragments !== null) {
        total += checked.fragments;
        fragments.set(checked.fragments, (fragments.get(checked.fragments) ?? 0) + 1);
      }
      if (samples.length < MAX_SAMPLES && columns.missing.length === 0) {
        samples.push(toSample(service, template, checked, row));
      }
      if (tally.count > before || !isValid) return undefined;
      return {
        row,
        recipient,
        personalisation: {
          ...translationValues(checked, siblingSpellings),
          ...usedValues(checked, usedKeys),
        },
        ...(reference === undefined ? {} : { reference }),
      };
    },
    hasErrors: () => tally.count > 0,
    report() {
      const whole = createErrorTally();
      for (const error of judgeAllowance(count, international, allowance)) whole.add(error);
      const unused = columns.unused.filter((header) => {
        const key = normalisedName(header);
        return !siblingSpellings.has(key) && (!hasReference || key !== REFERENCE_COLUMN);
      });
      return {
        rows: count,
        errorCount: whole.count + tally.count,
        errorCounts: { ...tally.counts, ...whole.counts },
        errors: [...whole.first, ...tally.first].slice(0, MAX_ERRORS_REPORTED),
        missingColumns: reportHeaders(columns.missing),
        duplicateColumns: reportHeaders(columns.duplicateRecipients),
        repeatedColumns: reportHeaders(columns.repeated),
        unknownColumns: reportHeaders(unused),
        duplicateRecipients: duplicates,
        international,
        fragments: channel === "sms" ? { total, rows: fragments } : null,
        samples,
      };
    },
  };
}

function rowError(row: number, code: keyof typeof ROW_MESSAGES): ListError {
  return { row, column: null, code, message: ROW_MESSAGES[code] };
}
