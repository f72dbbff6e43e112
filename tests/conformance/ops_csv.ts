import { z } from "zod";
import { cellMessage } from "../../domain/csv/cell_error.ts";
import { checkCsv, type CheckedCsv } from "../support/csv/check_csv.ts";
import type { CheckedRow } from "../../domain/csv/check_row.ts";
import { parseTemplate } from "../../domain/template/parse_template.ts";
import type { Ops } from "./ops.ts";

const csvInput = z.object({
  text: z.string(),
  type: z.enum(["sms", "email"]),
  template: z.object({
    content: z.string(),
    subject: z.string().nullish(),
    prefix: z.string().nullish(),
  }),
  allow_international_sms: z.boolean().default(false),
  allow_sms_to_uk_landline: z.boolean().default(false),
  guestlist: z.array(z.string()).nullish(),
  remaining_messages: z.number().nullish(),
  max_rows: z.number().nullish(),
});

/** The vectors write an absent key as an empty one. */
function rowAnswer(row: CheckedRow): unknown {
  return {
    index: row.index,
    recipient: row.recipient,
    cells: row.cells.map(({ key, data, error, ignored }) => [
      key ?? "",
      { data, error: error === undefined ? null : cellMessage(error), ignore: ignored },
    ]),
    // A record loses the order of names that are numbers.
    personalisation: row.cells.flatMap(({ key }) =>
      key !== null && Object.hasOwn(row.personalisation, key)
        ? [[key, row.personalisation[key]]]
        : []
    ),
    has_error: row.hasError,
    has_bad_recipient: row.hasBadRecipient,
    has_missing_data: row.hasMissingData,
    message_too_long: row.messageTooLong,
    message_empty: row.messageEmpty,
  };
}

function csvAnswer({ columns, rows, rowCount, ...file }: CheckedCsv): unknown {
  const indexes = (matches: (row: CheckedRow) => boolean) =>
    rows.filter(matches).map(({ index }) => index);
  return {
    len: rowCount,
    column_headers: columns.headers,
    has_recipient_columns: columns.hasRecipient,
    duplicate_recipient_column_headers: columns.duplicateRecipients,
    // The vectors sort them.
    missing_column_headers: columns.missing.toSorted(),
    too_many_rows: file.tooManyRows,
    more_rows_than_can_send: file.moreRowsThanCanSend,
    allowed_to_send_to: file.allowedToSendTo,
    has_errors: file.hasErrors,
    // A row that was not looked at is a null.
    rows: Array.from({ length: rowCount }, (_, index) => {
      const row = rows[index];
      return row === undefined ? null : rowAnswer(row);
    }),
    rows_with_errors: indexes((row) => row.hasError),
    rows_with_bad_recipients: indexes((row) => row.hasBadRecipient),
    rows_with_missing_data: indexes((row) => row.hasMissingData),
  };
}

/** Operations over files of recipients. */
export const CSV_OPS: Ops = {
  csv: (raw) => {
    const input = csvInput.parse(raw);
    const { content, subject, prefix } = input.template;
    return csvAnswer(checkCsv(input.text, {
      template: parseTemplate({ channel: input.type, subject: subject ?? null, body: content }),
      sms: { prefix: prefix ?? undefined, encoding: "unicode" },
      phones: {
        international: input.allow_international_sms,
        landline: input.allow_sms_to_uk_landline,
      },
      guests: input.guestlist ?? undefined,
      remainingMessages: input.remaining_messages ?? undefined,
      maxRows: input.max_rows ?? undefined,
    }));
  },
};
