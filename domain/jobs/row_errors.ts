import { type CellError, cellMessage } from "../csv/cell_error.ts";
import type { CheckedRow } from "../csv/check_row.ts";
import { createGuestCheck } from "../recipient/recipient.ts";
import { isSmokeTestRecipient, simulatedOutcome } from "../recipient/simulated.ts";
import { SUPPRESSED_MESSAGE } from "../sending/refusal_messages.ts";
import { hasExactNames, missingPersonalisation, type Template } from "../template/template.ts";
import { findCellFault } from "./cell_errors.ts";
import type { ListHeaders } from "./list_headers.ts";
import type { ListRules } from "./list_rules.ts";
import { type ListError, type ListErrorCode, truncateHeader } from "./report.ts";
import { isBlank, REFERENCE_COLUMN, referenceOf } from "./row_values.ts";
import { createSeenRecipients } from "./seen_recipients.ts";

/** The longest value of the column `reference`, in code points. A longer one is an error of its row. */
export const MAX_REFERENCE = 1_000;

const ROW_MESSAGES = {
  empty_row: "The row is empty",
  message_too_long: "Message is too long",
  message_empty: "No content for this message",
  recipient_not_allowed: "Not on the guest list, to which alone may be sent",
  recipient_suppressed: SUPPRESSED_MESSAGE,
  reference_too_long: `A reference has ${MAX_REFERENCE} characters at most`,
} as const satisfies Partial<Record<ListErrorCode, string>>;

/**
 * Yields the errors of a row's cells and of its message. An empty row has that error only.
 *
 * @param row the row's number in a spreadsheet
 */
export function* rowErrors(
  checked: CheckedRow,
  row: number,
  template: Template,
  list: ListHeaders,
): Generator<ListError> {
  const { headerOf } = list;
  if (checked.cells.every(({ data }) => data === null || isBlank(data))) {
    return yield rowError(row, "empty_row");
  }
  for (const cell of checked.cells) {
    const { key } = cell;
    if (key === null) continue;
    const found = findCellFault(cell, template.channel, list);
    if (found !== undefined) yield { row, column: headerOf.get(key) ?? null, ...found };
  }
  // A FreeMarker template may need a list or an object, which no cell can hold.
  const missing = hasExactNames(template) && !checked.hasMissingData
    ? missingPersonalisation(template, checked.personalisation)
    : [];
  for (const name of missing) yield cellError(row, truncateHeader(name), "missing");
  if (missing.length > 0) return;
  if (checked.messageTooLong) yield rowError(row, "message_too_long");
  if (checked.messageEmpty) yield rowError(row, "message_empty");
}

/**
 * Yields the error of a row whose reference is longer than {@link MAX_REFERENCE}.
 *
 * @param row the row's number in a spreadsheet
 */
export function* referenceErrors(
  checked: CheckedRow,
  row: number,
  { hasReference, headerOf }: ListHeaders,
): Generator<ListError> {
  const reference = hasReference ? referenceOf(checked) : undefined;
  if (reference !== undefined && [...reference].length > MAX_REFERENCE) {
    const column = headerOf.get(REFERENCE_COLUMN) ?? null;
    yield { ...rowError(row, "reference_too_long"), column };
  }
}

function cellError(row: number, column: string | null, code: CellError): ListError {
  return { row, column, code, message: cellMessage(code) };
}

function rowError(row: number, code: keyof typeof ROW_MESSAGES): ListError {
  return { row, column: null, code, message: ROW_MESSAGES[code] };
}

/** A normalised recipient, and the number of its row in a spreadsheet. */
export interface RecipientOfRow {
  readonly recipient: string;
  readonly row: number;
}

/** Validates recipients whose form is valid: against the guest list, and against the recipients of earlier rows. */
export interface RecipientValidator {
  /**
   * Yields the errors of a row's recipient, and counts it.
   *
   * @param typed the recipient as in the file
   * @param row the row's number in a spreadsheet
   */
  validate(typed: string, row: number): Generator<ListError>;
  /** Returns the error of a row to whose recipient the service may not send. */
  suppressedError(row: number): ListError;
  /**
   * The normalised recipients since the last call, each with its row; always empty unless the rules check suppressions.
   */
  takeRecipients(): readonly RecipientOfRow[];
  /** The number of rows so far with an international recipient. */
  international(): number;
  /** The number of rows so far with a recipient that an earlier row has. */
  duplicates(): number;
}

/** Creates a validator that keeps the recipients of earlier rows, to find duplicates. */
export function createRecipientValidator(
  rules: ListRules,
  { reader, headerOf }: ListHeaders,
): RecipientValidator {
  const { channel } = rules.template;
  const { country } = rules.service.settings;
  const isGuest = rules.guests && createGuestCheck(rules.guests, { channel, country });
  const column = headerOf.get(reader.columns.recipientKey) ?? null;
  const seen = createSeenRecipients(channel);
  let international = 0;
  let duplicates = 0;
  let collected: RecipientOfRow[] = [];

  function* validate(typed: string, row: number): Generator<ListError> {
    const phone = channel === "sms" ? reader.validatePhone(typed) : undefined;
    const recipient = phone?.normalised ?? (channel === "email" ? typed.toLowerCase() : typed);
    if (phone?.abroad === true) international++;
    // Recipients that stand for an outcome are never suppressed, as in a single send.
    const isSimulated = simulatedOutcome(channel, typed) !== "delivered";
    if (rules.checksSuppressions === true && !isSimulated) collected.push({ recipient, row });
    const isAllowed = isGuest === undefined || isSmokeTestRecipient(channel, recipient) ||
      isGuest(recipient);
    if (!isAllowed) yield { ...rowError(row, "recipient_not_allowed"), column };
    const firstRow = seen.see(recipient, row);
    if (firstRow === undefined) return;
    duplicates++;
    if (rules.allowDuplicates) return;
    const message = `The same recipient as in row ${firstRow}`;
    yield { row, column, code: "duplicate_recipient", message };
  }

  return {
    suppressedError: (row) => ({ ...rowError(row, "recipient_suppressed"), column }),
    takeRecipients() {
      const taken = collected;
      collected = [];
      return taken;
    },
    validate,
    international: () => international,
    duplicates: () => duplicates,
  };
}
