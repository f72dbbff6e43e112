/** One row of a file as a message to one recipient. */
import { isEmptyMessage } from "../template/empty_message.ts";
import { countSms, SMS_MAX_CHARACTERS, type SmsOptions } from "../template/sms.ts";
import type { Personalisation, Template } from "../template/template.ts";
import { type CellError, findCellError, type JudgePhone, type PhoneRules } from "./cell_error.ts";
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
  /** Of texts only: the size of an e-mail is not looked at here. */
  readonly messageTooLong: boolean;
  readonly messageEmpty: boolean;
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

/** The values by key. No key is `__proto__`: keys have no `_`. */
function toValues(cells: readonly Cell[], onlyUsed: boolean): Readonly<Record<string, CellData>> {
  const values: Record<string, CellData> = {};
  for (const { key, data, ignored } of cells) {
    if (key !== null && !(onlyUsed && ignored)) values[key] = data;
  }
  return values;
}

function judgeMessage(
  values: Personalisation,
  { template, sms }: RowRules,
): Pick<CheckedRow, "messageTooLong" | "messageEmpty"> {
  if (template.channel === "email") {
    return { messageTooLong: false, messageEmpty: isEmptyMessage(template, values) };
  }
  const { charactersWithoutPrefix } = countSms(template, values, sms);
  return {
    messageTooLong: charactersWithoutPrefix > SMS_MAX_CHARACTERS,
    messageEmpty: charactersWithoutPrefix === 0,
  };
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
  phone: JudgePhone,
): CheckedRow {
  const { channel } = rules.template;
  const cells = keyCells(row, columns).map(({ key, data }): Cell => ({
    key,
    data,
    error: findCellError({ key, data }, columns, channel, phone),
    ignored: key === null || !columns.usedKeys.has(key),
  }));
  const recipient = cells.find(({ key }) => key === columns.recipientKey);
  const message = judgeMessage(toValues(cells, false), rules);
  return {
    index,
    recipient: recipient?.data ?? null,
    cells,
    personalisation: toValues(cells, true),
    ...message,
    hasMissingData: cells.some(({ error }) => error === "missing"),
    hasBadRecipient: recipient?.error !== undefined && recipient.error !== "missing",
    hasError: message.messageTooLong || message.messageEmpty ||
      cells.some(({ error }) => error !== undefined),
  };
}
