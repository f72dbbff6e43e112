/** One row of a file as a message to one recipient. */
import { checkLength, INBOX_MAX_BYTES, LONGEST_FILLED } from "../sending/plan_content.ts";
import { renderEmailContent } from "../template/email/email.ts";
import { isEmptyMessage } from "../template/empty_message.ts";
import { filledSize } from "../template/filled_size.ts";
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
  type PhoneRules,
  type ValidatePhone,
} from "./cell_error.ts";
import { type CellData, keyCells, type Keyed } from "./cells.ts";
import type { Columns } from "./columns.ts";

/** A cell and what is wrong with it. */
export interface Cell extends Keyed {
  readonly error: CellError | undefined;
  /** Whether the message makes no use of the column. */
  readonly ignored: boolean;
}

/** A row that was looked at. */
export interface CheckedRow {
  /** 0 for the first row below the headers; a spreadsheet's row number is two more. */
  readonly index: number;
  /** As typed, cleaned; `null` where there is none. A list only where the file has too many columns for it. */
  readonly recipient: CellData;
  readonly cells: readonly Cell[];
  /** The values that the message uses, the recipient among them, by the key of their column. */
  readonly personalisation: Readonly<Record<string, CellData>>;
  readonly messageTooLong: boolean;
  readonly messageEmpty: boolean;
  /** What a text costs as it is sent; `null` for what is no text, or too long to be put together. */
  readonly fragments: number | null;
  readonly hasMissingData: boolean;
  /** Whether there is a recipient that cannot be sent to. */
  readonly hasBadRecipient: boolean;
  readonly hasError: boolean;
}

/** What rows are judged by. */
export interface RowRules {
  readonly template: Template;
  /** How texts are written; e-mails have no use for it. */
  readonly sms: SmsOptions;
  readonly phones: PhoneRules;
}

/** The values by key, or as the template spells it. No key is `__proto__`: keys have no `_`, and templates no such name. */
function toValues(
  cells: readonly Cell[],
  { spellings }: Columns,
  onlyUsed: boolean,
): Readonly<Record<string, CellData>> {
  const values: Record<string, CellData> = {};
  for (const { key, data, ignored } of cells) {
    if (key === null || (onlyUsed && ignored)) continue;
    for (const name of spellings.get(key) ?? [key]) values[name] = data;
  }
  return values;
}

type Verdict = Pick<CheckedRow, "messageTooLong" | "messageEmpty" | "fragments">;

const TOO_LONG: Verdict = { messageTooLong: true, messageEmpty: false, fragments: null };

function judgeMessage(values: Personalisation, rules: RowRules): Verdict {
  const { template } = rules;
  const { channel } = template;
  // What would be far too long is not even put together.
  const size = filledSize(template, values);
  if (size > LONGEST_FILLED[channel]) return TOO_LONG;
  if (channel === "sms") return judgeText(values, rules);
  if (isTooLong(template, values, size)) return TOO_LONG;
  const messageEmpty = channel !== "diia" && isEmptyMessage(template, values);
  return { messageTooLong: false, messageEmpty, fragments: null };
}

function judgeText(values: Personalisation, { template, sms }: RowRules): Verdict {
  const { charactersWithoutPrefix, fragments } = countSms(template, values, sms);
  return {
    messageTooLong: charactersWithoutPrefix > SMS_MAX_CHARACTERS,
    messageEmpty: charactersWithoutPrefix === 0,
    // The older rules' own count is of the text before its characters are replaced.
    fragments: sms.encoding === "unicode"
      ? fragments
      : measureSms(renderSms(template, values, sms)).fragments,
  };
}

const BODIES = {
  email: (template: Template, values: Personalisation) => renderEmailContent(template, values).body,
  inbox: (template: Template, values: Personalisation) => renderInbox(template, values).body,
} as const;

/** @param size the most that the message can come to, in UTF-16 units */
function isTooLong(template: Template, values: Personalisation, size: number): boolean {
  const { channel } = template;
  if (channel !== "email" && channel !== "inbox") return false;
  // A UTF-16 unit takes at most three bytes, so most messages need not be put together to be judged.
  if (size * 3 <= INBOX_MAX_BYTES) return false;
  const body = BODIES[channel](template, values);
  return checkLength(channel, { subject: null, body, fragments: null }) !== undefined;
}

/**
 * Looks at one row. The message is judged with every value of the row, also while some are missing.
 *
 * @param phone judges the recipients of texts by `rules.phones`
 */
export function checkRow(
  row: readonly string[],
  index: number,
  columns: Columns,
  rules: RowRules,
  phone: ValidatePhone,
): CheckedRow {
  const { channel } = rules.template;
  const cells = keyCells(row, columns).map(({ key, data }): Cell => ({
    key,
    data,
    error: findCellError({ key, data }, columns, channel, phone),
    ignored: key === null || !columns.usedKeys.has(key),
  }));
  const recipient = cells.find(({ key }) => key === columns.recipientKey);
  const message = judgeMessage(toValues(cells, columns, false), rules);
  return {
    index,
    recipient: recipient?.data ?? null,
    cells,
    personalisation: toValues(cells, columns, true),
    ...message,
    hasMissingData: cells.some(({ error }) => error === "missing"),
    hasBadRecipient: recipient?.error !== undefined && recipient.error !== "missing",
    hasError: message.messageTooLong || message.messageEmpty ||
      cells.some(({ error }) => error !== undefined),
  };
}
