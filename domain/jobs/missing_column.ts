/** The message about a missing column, with the likely cause in the words of a spreadsheet. */
import { RECIPIENT_COLUMNS } from "../csv/columns.ts";
import { LOOKS_LIKE } from "../csv/recipient_likeness.ts";
import { normalisedName } from "../template/normalised_name.ts";
import type { Template } from "../template/template.ts";
import { cleanHeading, removeMarks } from "../text/pasted_text.ts";

/** How many rows below the headers are searched for the true ones. */
export const TITLE_ROWS = 10;

/** A row near the top of a list. */
export interface TopRow {
  /** Its number in a spreadsheet. */
  readonly row: number;
  readonly cells: readonly string[];
}

/** What a list shows of its headings. */
export interface ListTop {
  readonly channel: Template["channel"];
  /** The row that is taken for the headings. */
  readonly headers: TopRow;
  /** The headings that the message does not use, as shown in reports. */
  readonly unused: readonly string[];
  /** The first {@link TITLE_ROWS} rows below the headers. */
  readonly below: readonly TopRow[];
}

/** How people name a recipient's column. Words are compared in lower case. */
interface ColumnNames {
  /** What one of the heading's words begins with. */
  readonly begins: readonly string[];
  /** Whole words of the heading. */
  readonly words: readonly string[];
  /** The whole heading, without blanks and punctuation. */
  readonly whole: readonly string[];
}

/** The usual names of a recipient's column, in English, Welsh and Ukrainian. */
const COLUMN_NAMES = {
  sms: {
    begins: ["phone", "telephone", "telefon", "mob", "cell", "msisdn", "ffôn", "телефон", "моб"],
    words: ["tel", "tele", "handy", "sms", "тел", "смс", "номер"],
    whole: ["number", "numbers", "no", "contact", "contacts", "contactnumber", "контакт"],
  },
  email: {
    begins: ["email", "пошт", "електронн", "емейл", "імейл", "имейл", "мейл", "ebost"],
    words: ["mail", "mails", "ел", "епошта"],
    whole: ["address", "contact", "адреса", "контакт"],
  },
  inbox: {
    begins: [
      "recipient",
      "user",
      "login",
      "ідентифік",
      "користувач",
      "логін",
      "одержувач",
      "отримувач",
    ],
    words: ["id", "ids", "uuid", "sub"],
    whole: ["person", "name"],
  },
  diia: {
    begins: ["рнокпп", "tax", "ідентифік"],
    words: ["ipn", "inn", "tin", "іпн", "інн", "код"],
    whole: ["number", "номер"],
  },
} as const satisfies Record<Template["channel"], ColumnNames>;

const SEPARATORS = /[,;|\t]/;

function looksLikeRecipientColumn(heading: string, channel: Template["channel"]): boolean {
  const names: ColumnNames = COLUMN_NAMES[channel];
  const words = cleanHeading(heading).toLowerCase().split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
  return names.whole.includes(words.join("")) ||
    words.some((word) =>
      names.words.includes(word) || names.begins.some((start) => word.startsWith(start))
    );
}

const keyOf = (cell: string) => normalisedName(cleanHeading(cell));

/** The separator by which a single cell holds several column names, one of them `key`. */
function separatorInCell(cells: readonly string[], key: string): string | undefined {
  for (const cell of cells) {
    const separator = SEPARATORS.exec(cell)?.[0];
    if (separator !== undefined && cell.split(separator).some((part) => keyOf(part) === key)) {
      return separator;
    }
  }
  return undefined;
}

function startsWithRecipient({ headers, channel }: ListTop): boolean {
  const form = channel === "inbox" ? undefined : LOOKS_LIKE[channel];
  return form !== undefined && headers.cells.some((cell) => form.test(removeMarks(cell).trim()));
}

function findCause(name: string, list: ListTop): string | undefined {
  const { headers, below, channel } = list;
  const key = normalisedName(name);
  const separator = separatorInCell(headers.cells, key);
  if (separator !== undefined) {
    const shown = separator === "\t" ? "tabs" : `‘${separator}’`;
    return `the column names stand in one cell, separated by ${shown}: give each column its own cell`;
  }
  const titled = below.find(({ cells }) => cells.some((cell) => keyOf(cell) === key));
  if (titled !== undefined) {
    return `row ${headers.row} looks like a title, and the column names stand in row ` +
      `${titled.row}: delete the rows above row ${titled.row}`;
  }
  const [next] = below;
  const isSplit = next !== undefined &&
    headers.cells.some((cell, at) => keyOf(`${cell} ${next.cells[at] ?? ""}`) === key);
  if (isSplit) {
    return `its name stands in two rows, ${headers.row} and ${next.row}: write it in one cell of ` +
      `row ${headers.row}, and delete row ${next.row}`;
  }
  if (name !== RECIPIENT_COLUMNS[channel]) return undefined;
  const similar = list.unused.find((heading) => looksLikeRecipientColumn(heading, channel));
  if (similar !== undefined) return `is it the column ‘${similar}’? Then name that ‘${name}’`;
  return startsWithRecipient(list)
    ? `row ${headers.row} has a recipient in place of column names: put a row with the column ` +
      "names above it"
    : undefined;
}

/** Returns the message for a column that a list lacks. @param name the column's name as the template has it */
export function missingColumnMessage(name: string, list: ListTop): string {
  const message = `Your file is missing a column called ‘${name}’`;
  const cause = findCause(name, list);
  return cause === undefined ? message : `${message} – ${cause}`;
}
