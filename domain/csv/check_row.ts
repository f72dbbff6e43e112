/** Validates one row of a file as the message to one recipient. */
import { checkLength, INBOX_MAX_BYTES, LONGEST_FILLED } from "../sending/plan_content.ts";
import { renderEmailContent } from "../template/email/email.ts";
import { isEmptyMessage } from "../template/empty_message.ts";
import { filledSize } from "../template/filled_size.ts";
import { hasTooManyTokens } from "../template/markup_tokens.ts";
import { renderInbox } from "../template/inbox.ts";
import {
  countSms,
  measureSms,
  renderSms,
  SMS_MAX_CHARACTERS,
  type SmsOptions,
} from "../template/sms/sms.ts";
import type { Personalisation, Template } from "../template/template.ts";
import {
  type CellError,
  findCellError,
  type FindPhoneError,
  type PhoneRules,
} from "./cell_error.ts";
import { type CellData, keyCells, type Keyed } from "./cells.ts";
import type { Columns } from "./columns.ts";

/** A cell with its error; `undefined` is no error. */
export interface Cell extends Keyed {
  readonly error: CellError | undefined;
  /** Whether the message has no use for the column: it is neither the recipient's nor that of a placeholder. */
  readonly ignored: boolean;
}

/** The result of validating one row as the message to one recipient. */
export interface CheckedRow {
  /** 0 for the first row below the headers; a spreadsheet's row number is two more. */
  readonly index: number;
  /**
   * The recipient as typed, without invisible characters; `null` when missing. An array when several columns hold
   * recipients.
   */
  readonly recipient: CellData;
  /** In the order of the columns. */
  readonly cells: readonly Cell[];
  /**
   * The values that the message uses, including the recipient. Their names are the keys of the columns; in a FreeMarker
   * or Diia template, whose names are exact, the template's own spellings.
   */
  readonly personalisation: Readonly<Record<string, CellData>>;
  readonly messageTooLong: boolean;
  readonly messageEmpty: boolean;
  /**
   * How many billed parts the text message has as it is sent; `null` for other channels, and for a message that was not
   * rendered because it is far too long.
   */
  readonly fragments: number | null;
  /** Whether a cell that the message uses is empty. */
  readonly hasMissingData: boolean;
  /** Whether there is a recipient, and it is not valid for the channel. A missing recipient is `hasMissingData`. */
  readonly hasBadRecipient: boolean;
  readonly hasError: boolean;
}

/** The rules that rows are validated by. */
export interface RowRules {
  readonly template: Template;
  /** How text messages are rendered. */
  readonly sms: SmsOptions;
  readonly phones: PhoneRules;
}

/** The values by key, or by the template's own spelling. No key is `__proto__`: keys have no `_`, and no template has that name. */
function toValues(
  cells: readonly Cell[],
  { spellings }: Columns,
  onlyUsed: boolean,
): Readonly<Record<string, CellData>> {
  const values: Record<string, CellData> = {};
  for (const { key, data, ignored } of cells) {
    if (key === null || (onlyUsed && ignored)) continue;
    const names = spellings.get(key);
    if (names === undefined) values[key] = data;
    else for (const name of names) values[name] = data;
  }
  return values;
}

type MessageCheck = Pick<CheckedRow, "messageTooLong" | "messageEmpty" | "fragments">;

const TOO_LONG: MessageCheck = { messageTooLong: true, messageEmpty: false, fragments: null };

function checkMessage(values: Personalisation, rules: RowRules): MessageCheck {
  const { template } = rules;
  const { channel } = template;
  // A message that is far too long is not rendered.
  const size = filledSize(template, values);
  if (size > LONGEST_FILLED[channel] || hasTooManyTokens(template, values, size)) return TOO_LONG;
  if (channel === "sms") return checkText(values, rules);
  if (isTooLong(template, values, size)) return TOO_LONG;
  const messageEmpty = channel !== "diia" && isEmptyMessage(template, values);
  return { messageTooLong: false, messageEmpty, fragments: null };
}

function checkText(values: Personalisation, { template, sms }: RowRules): MessageCheck {
  const { charactersWithoutPrefix, fragments } = countSms(template, values, sms);
  return {
    messageTooLong: charactersWithoutPrefix > SMS_MAX_CHARACTERS,
    messageEmpty: charactersWithoutPrefix === 0,
    // With the older encoding, `countSms` counts the text before its characters are replaced.
    fragments: sms.encoding === "unicode"
      ? fragments
      : measureSms(renderSms(template, values, sms)).fragments,
  };
}

const BODIES = {
  email: (template: Template, values: Personalisation) => renderEmailContent(template, values).body,
  inbox: (template: Template, values: Personalisation) => renderInbox(template, values).body,
} as const;

/** @param size an upper bound of the rendered message, in UTF-16 units */
function isTooLong(template: Template, values: Personalisation, size: number): boolean {
  const { channel } = template;
  if (channel !== "email" && channel !== "inbox") return false;
  // A UTF-16 unit takes at most three bytes, so most messages are known to fit without rendering them.
  if (size * 3 <= INBOX_MAX_BYTES) return false;
  const body = BODIES[channel](template, values);
  return checkLength(channel, { subject: null, body, fragments: null }) !== undefined;
}

/**
 * Validates one row. The message is checked with the values that the row has, also when some are missing. Errors are
 * part of the result; no content of a row throws.
 *
 * @param index 0 for the first row below the headers
 * @param findPhoneError validates recipients of text messages by `rules.phones`
 */
export function checkRow(
  row: readonly string[],
  index: number,
  columns: Columns,
  rules: RowRules,
  findPhoneError: FindPhoneError,
): CheckedRow {
  const { channel } = rules.template;
  const cells = keyCells(row, columns).map((keyed): Cell => ({
    key: keyed.key,
    data: keyed.data,
    error: findCellError(keyed, columns, channel, findPhoneError),
    ignored: keyed.key === null || !columns.usedKeys.has(keyed.key),
  }));
  const recipient = cells.find(({ key }) => key === columns.recipientKey);
  const values = toValues(cells, columns, false);
  const message = checkMessage(values, rules);
  return {
    index,
    recipient: recipient?.data ?? null,
    cells,
    personalisation: cells.some(({ ignored }) => ignored) ? toValues(cells, columns, true) : values,
    ...message,
    hasMissingData: cells.some(({ error }) => error === "missing"),
    hasBadRecipient: recipient?.error !== undefined && recipient.error !== "missing",
    hasError: message.messageTooLong || message.messageEmpty ||
      cells.some(({ error }) => error !== undefined),
  };
}
