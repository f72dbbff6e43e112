/** Lists of recipients that people have uploaded in the web application, before they are sent. */
import { lettersOf, namesRecipients } from "../csv/column_names.ts";
import { RECIPIENT_COLUMNS } from "../csv/columns.ts";
import type { JobId, ListDraftId, ServiceId, TemplateId, UserId } from "../ids.ts";
import type { SheetFacts } from "../ports/read_sheet.ts";
import type { Channel } from "../service/service.ts";
import { normalisedName } from "../template/normalised_name.ts";
import type { Template } from "../template/template.ts";
import { cleanHeading } from "../text/pasted_text.ts";
import { SECOND_MS } from "../time/durations.ts";
import type { ListColumns } from "./list_columns.ts";
import type { UploadReport } from "./report.ts";

/** How long after the button a list of a person begins at the earliest, in milliseconds: until then it can be withdrawn. */
export const START_DELAY_MS = 30 * SECOND_MS;

/** How many lists of a person a service keeps, the newest: each has up to 100,000 rows, and is kept for a day. */
export const MAX_LIST_DRAFTS = 20;

/** What a person has chosen for a list. */
export interface ListDraftOptions {
  /** Which heading stands for which placeholder, where their names differ. */
  readonly columns: ListColumns;
  /** Whether the person has confirmed the columns that were guessed. */
  readonly columnsConfirmed: boolean;
  readonly skipBadRows: boolean;
  readonly allowDuplicates: boolean;
  /** Whether the person has confirmed that the letters of a guessed encoding are right. */
  readonly encodingConfirmed: boolean;
}

/** What the check of a list has found. */
export interface ListDraftCheck {
  readonly templateVersion: number;
  readonly templateName: string;
  readonly channel: Channel;
  /** The names of the columns that the list needs: the recipient's first, then the placeholders. */
  readonly needed: readonly string[];
  readonly report: UploadReport;
  /** The newest job of the same file and template within 30 days; `null` when there is none. */
  readonly sentBefore: { readonly jobId: JobId; readonly at: number } | null;
}

/** A list that a person has uploaded. Headings and check are personal data. */
export interface ListDraft {
  readonly serviceId: ServiceId;
  readonly id: ListDraftId;
  /** Only this person sees it. */
  readonly authorId: UserId;
  readonly templateId: TemplateId;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** How many chunks its rows are stored in. */
  readonly chunks: number;
  /** A hash of the file's bytes. */
  readonly fileHash: string;
  readonly fileName: string | null;
  readonly headings: readonly string[];
  /** The number of the headings' row in a spreadsheet. */
  readonly headingRow: number;
  readonly facts: SheetFacts;
  readonly options: ListDraftOptions;
  readonly check: ListDraftCheck;
}

/** What a person does next about a list: match columns, look at the rows with errors, or send it. */
export type ListStep = "columns" | "rows" | "check";

/** Returns what is to be done next about a list: one cause at a time. */
export function stepOf({ options, check: { report } }: ListDraft): ListStep {
  const isGuessed = Object.keys(options.columns).length > 0 && !options.columnsConfirmed;
  if (isGuessed || report.missingColumns.length > 0 || report.duplicateColumns.length > 0) {
    return "columns";
  }
  const hasGoodRows = report.badRows < report.rows;
  return report.badRows === 0 || (options.skipBadRows && hasGoodRows) ? "check" : "rows";
}

/** The names of the columns that a list needs for a template: the recipient's first, then the placeholders. */
export function neededColumns({ channel, placeholders }: Template): readonly string[] {
  const recipient = RECIPIENT_COLUMNS[channel];
  const key = normalisedName(recipient);
  return [recipient, ...placeholders.filter((name) => normalisedName(name) !== key)];
}

/**
 * Guesses the columns of the placeholders that no heading names: by their letters alone, by the only heading that ends
 * with the name as a word, such as `Full name` for `name`, and the recipient's by its usual names, such as `Mobile`. A
 * column is guessed for one placeholder only.
 */
export function guessColumns(headings: readonly string[], template: Template): ListColumns {
  const needed = neededColumns(template);
  const keyOf = (name: string) => normalisedName(cleanHeading(name));
  const named = new Set(headings.map(keyOf));
  const exact = new Set(needed.map(keyOf));
  const free = headings.filter((heading) => heading.trim() !== "" && !exact.has(keyOf(heading)));
  const guessed: Record<string, string> = {};
  for (const [index, name] of needed.entries()) {
    if (named.has(keyOf(name))) continue;
    const letters = lettersOf(name);
    const isFree = (heading: string) => !Object.values(guessed).includes(heading);
    const heading = free.find((one) => isFree(one) && lettersOf(one) === letters) ??
      (index === 0
        ? free.find((one) => isFree(one) && namesRecipients(one, template.channel))
        : onlyOf(free.filter((one) => isFree(one) && endsWithWord(one, name))));
    if (heading !== undefined) guessed[name] = heading;
  }
  return guessed;
}

function endsWithWord(heading: string, name: string): boolean {
  return cleanHeading(heading).toLowerCase().endsWith(` ${name.toLowerCase()}`);
}

/** Returns the single entry; of several none is certain. */
function onlyOf(headings: readonly string[]): string | undefined {
  return headings.length === 1 ? headings[0] : undefined;
}
