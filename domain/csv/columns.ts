/** The columns of a file: which the template needs, and which the file has. */
import { normalisedName } from "../template/normalised_name.ts";
import { hasExactNames, type Template } from "../template/template.ts";

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
  /** The key of each column. */
  readonly keys: readonly string[];
  /** Whether each column has a header and a key of its own, as in most files. */
  readonly distinct: boolean;
  /** How many columns the longest row below the headers has. */
  readonly width: number;
  /** The headers of the recipient's columns, each spelling once. */
  readonly recipientHeaders: ReadonlySet<string>;
  /** The key of the recipient's column. */
  readonly recipientKey: string;
  /** The keys of the columns that the message uses, the recipient's among them. */
  readonly usedKeys: ReadonlySet<string>;
  /** The template's own spellings of a key, where those count: in FreeMarker's syntax and Diia's. */
  readonly spellings: ReadonlyMap<string, readonly string[]>;
  readonly hasRecipient: boolean;
  /** The headers of the recipient's column, each spelling once, where there is more than one such column. */
  readonly duplicateRecipients: readonly string[];
  /** The placeholders that no column is for, in the template's order, then the recipient's column if there is none. */
  readonly missing: readonly string[];
  /** The headers that the message makes no use of, each spelling once. */
  readonly unused: readonly string[];
  /** The headers, but for the recipient's, whose key another column has too, each spelling once. */
  readonly repeated: readonly string[];
}

function readSpellings(template: Template): ReadonlyMap<string, readonly string[]> {
  return hasExactNames(template)
    ? Map.groupBy(template.placeholders, normalisedName)
    : new Map<string, readonly string[]>();
}

/**
 * Compares the headers with what the template needs; names are compared without case, blanks, `_` and `-`.
 *
 * @param width how many columns the longest row below the headers has
 */
export function readColumns(
  raw: readonly string[],
  width: number,
  template: Template,
): Columns {
  const recipient = RECIPIENT_COLUMNS[template.channel];
  const recipientKey = normalisedName(recipient);
  const needed = [...template.placeholders, recipient];
  const usedKeys = new Set(needed.map(normalisedName));
  const keys = raw.map(normalisedName);
  const present = new Set(keys);
  const columnsOf = new Map<string, number>();
  for (const key of keys) columnsOf.set(key, (columnsOf.get(key) ?? 0) + 1);
  const recipients = raw.filter((_, at) => keys[at] === recipientKey);
  const unused = raw.filter((header) => header !== "" && !usedKeys.has(normalisedName(header)));
  const repeated = raw.filter((header) => {
    const key = normalisedName(header);
    return header !== "" && key !== recipientKey && (columnsOf.get(key) ?? 0) > 1;
  });
  return {
    raw,
    headers: [...new Set(raw)],
    keys,
    distinct: present.size === raw.length && !raw.includes(""),
    width,
    recipientHeaders: new Set(recipients),
    recipientKey,
    usedKeys,
    spellings: readSpellings(template),
    hasRecipient: present.has(recipientKey),
    duplicateRecipients: recipients.length > 1 ? [...new Set(recipients)] : [],
    missing: [...new Set(needed)].filter((name) => !present.has(normalisedName(name))),
    unused: [...new Set(unused)],
    repeated: [...new Set(repeated)],
  };
}
