/** Compares the columns of a file with those that the template needs. */
import { normalisedName } from "../template/normalised_name.ts";
import { hasExactNames, type Template } from "../template/template.ts";

/** The column that holds the recipients, by channel, as GOV.UK Notify spells it. */
export const RECIPIENT_COLUMNS = {
  sms: "phone number",
  email: "email address",
  inbox: "recipient id",
  diia: "rnokpp",
} as const satisfies Record<Template["channel"], string>;

/** A further name of a column that stands for several placeholders. */
export interface SharedColumn {
  readonly name: string;
  /** The place of the column, from 0. */
  readonly at: number;
}

/** The columns of a file, compared with the template. */
export interface Columns {
  /** The header of each column, as written. */
  readonly raw: readonly string[];
  /** The headers without repetitions. */
  readonly headers: readonly string[];
  /**
   * The key of each column: its header in lower case, without blanks, `_` and `-`. Equal keys name the same placeholder.
   */
  readonly keys: readonly string[];
  /** The key of each further name of a column, with that of the column; no column has it. */
  readonly shared: ReadonlyMap<string, string>;
  /** Whether every column has a header, and no two have the same key, as in most files. */
  readonly distinct: boolean;
  /** The number of columns of the longest row below the headers. */
  readonly width: number;
  /** The headers of the recipient columns, without repetitions. */
  readonly recipientHeaders: ReadonlySet<string>;
  /** The key of the recipient column. */
  readonly recipientKey: string;
  /** The keys of the columns that the message uses, including the recipient column. */
  readonly usedKeys: ReadonlySet<string>;
  /** The template's own spellings of each key, for FreeMarker and Diia templates, whose names are exact. */
  readonly spellings: ReadonlyMap<string, readonly string[]>;
  readonly hasRecipient: boolean;
  /** The headers of the recipient columns, without repetitions, when there are several. Otherwise empty. */
  readonly duplicateRecipients: readonly string[];
  /** The placeholders without a column, in the template's order, then the recipient column when there is none. */
  readonly missing: readonly string[];
  /** The headers that the message does not use, without repetitions. */
  readonly unused: readonly string[];
  /**
   * The headers, except the recipient's, whose key another column has too, without repetitions. Their values make an
   * array.
   */
  readonly repeated: readonly string[];
}

function readSpellings(template: Template): ReadonlyMap<string, readonly string[]> {
  return hasExactNames(template)
    ? Map.groupBy(template.placeholders, normalisedName)
    : new Map<string, readonly string[]>();
}

/**
 * Compares the headers with the template. Names are compared without case, blanks, `_` and `-`.
 *
 * @param width the number of columns of the longest row below the headers
 * @param further the further names of columns that stand for several placeholders
 */
export function readColumns(
  raw: readonly string[],
  width: number,
  template: Template,
  further: readonly SharedColumn[] = [],
): Columns {
  const recipient = RECIPIENT_COLUMNS[template.channel];
  const recipientKey = normalisedName(recipient);
  const needed = [...template.placeholders, recipient];
  const usedKeys = new Set(needed.map(normalisedName));
  const keys = raw.map(normalisedName);
  const own = new Set(keys);
  const shared = new Map(
    further.map(({ name, at }) => [normalisedName(name), keys[at] ?? ""] as const)
      .filter(([key]) => !own.has(key)),
  );
  const present = new Set([...own, ...shared.keys()]);
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
    shared,
    distinct: own.size === raw.length && !raw.includes(""),
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
