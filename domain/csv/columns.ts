/** The columns of a file: which the template needs, and which the file has. */
import { insensitiveKey } from "../template/insensitive_key.ts";
import type { Template } from "../template/template.ts";
import type { CsvRows } from "./parse_csv.ts";

/** The column that holds the recipients, by channel, as the peer spells it. */
export const RECIPIENT_COLUMNS = {
  sms: "phone number",
  email: "email address",
  inbox: "recipient id",
  diia: "rnokpp",
} as const satisfies Record<Template["channel"], string>;

/** What the header row of a file says. */
export interface Columns {
  /** The headers as written, one for each column. */
  readonly raw: readonly string[];
  /** The same, each spelling once. */
  readonly headers: readonly string[];
  /** How many columns the longest row below the headers has. */
  readonly width: number;
  /** The headers of the recipient's columns, each spelling once. */
  readonly recipientHeaders: ReadonlySet<string>;
  /** The key of the recipient's column. */
  readonly recipientKey: string;
  /** The keys of the columns that the message uses, the recipient's among them. */
  readonly usedKeys: ReadonlySet<string>;
  readonly hasRecipient: boolean;
  /** The headers of the recipient's column, each spelling once, where there is more than one such column. */
  readonly duplicateRecipients: readonly string[];
  /** The placeholders that no column is for, in the template's order, then the recipient's column if there is none. */
  readonly missing: readonly string[];
}

/**
 * Compares the headers with what the template needs; names are compared without case, blanks, `_` and `-`.
 *
 * @param below the rows below the headers
 */
export function readColumns(
  raw: readonly string[],
  below: CsvRows,
  template: Template,
): Columns {
  const recipient = RECIPIENT_COLUMNS[template.channel === "sms" ? "sms" : "email"];
  const recipientKey = insensitiveKey(recipient);
  const needed = [...template.placeholders, recipient];
  const present = new Set(raw.map(insensitiveKey));
  const recipients = raw.filter((header) => insensitiveKey(header) === recipientKey);
  return {
    raw,
    headers: [...new Set(raw)],
    width: below.reduce((width, row) => Math.max(width, row.length), 0),
    recipientHeaders: new Set(recipients),
    recipientKey,
    usedKeys: new Set(needed.map(insensitiveKey)),
    hasRecipient: present.has(recipientKey),
    duplicateRecipients: recipients.length > 1 ? [...new Set(recipients)] : [],
    missing: [...new Set(needed)].filter((name) => !present.has(insensitiveKey(name))),
  };
}
