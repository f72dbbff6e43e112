/** What a row of a list comes to, and a whole list. No I/O and no clock. */
import type { CheckedRow } from "../csv/check_row.ts";
import { previewDraft } from "../template/preview.ts";
import type { Service } from "../service/service.ts";
import { normalisedName } from "../template/normalised_name.ts";
import type { Personalisation, Template } from "../template/template.ts";
import type { JobRow } from "./job.ts";
import type { ListError, ListSample } from "./report.ts";

/** The column that says what the service itself calls a message, as with the peer. (facts/notify.md 5.5) */
export const REFERENCE_COLUMN = "reference";

/** How many messages may still be sent, and to other countries' numbers. */
export interface Allowance {
  readonly all: number;
  readonly international: number;
}

const grouped = (count: number) => count.toLocaleString("en-GB");

/** What is beyond the last header counts too: such a row is not empty. */
export function isBlank(data: CheckedRow["recipient"]): boolean {
  return Array.isArray(data) && data.every((item) => item === null || item.trim() === "");
}

/** Whether there are more rows than messages may be sent. */
export function* judgeAllowance(
  rows: number,
  international: number,
  allowance: Allowance,
): Generator<ListError> {
  const no = { row: null, column: null };
  if (rows > allowance.all) {
    yield {
      ...no,
      code: "over_daily_limit",
      message: `The list has ${grouped(rows)} rows, and ${grouped(allowance.all)} messages can ` +
        "still be sent that day",
    };
  }
  if (international > allowance.international) {
    yield {
      ...no,
      code: "over_international_limit",
      message: `The list has ${grouped(international)} numbers of other countries, and ` +
        `${grouped(allowance.international)} texts can still be sent to those that day`,
    };
  }
}

/** What the service itself calls a row's message. */
export function referenceOf({ cells }: CheckedRow): string | undefined {
  const data = cells.find(({ key }) => key === REFERENCE_COLUMN)?.data;
  return typeof data === "string" ? data : undefined;
}

/** The values that the template names: whom the message is for is kept beside them. */
export function usedValues(
  { personalisation }: CheckedRow,
  usedKeys: ReadonlySet<string>,
): JobRow["personalisation"] {
  const used: Record<string, string | readonly (string | null)[]> = {};
  for (const [name, data] of Object.entries(personalisation)) {
    if (data !== null && usedKeys.has(normalisedName(name))) used[name] = data;
  }
  return used;
}

/** How the template's translations spell the columns that they use, by key. */
export function spellingsOf(
  translations: readonly Template[],
): ReadonlyMap<string, readonly string[]> {
  const names = new Set(translations.flatMap(({ placeholders }) => placeholders));
  return Map.groupBy(names, normalisedName);
}

/** The values that only translations name, or name otherwise: where one is wanting, nothing is wrong with the row. */
export function translationValues(
  { cells }: CheckedRow,
  spellings: ReadonlyMap<string, readonly string[]>,
): JobRow["personalisation"] {
  const values: Record<string, string | readonly (string | null)[]> = {};
  for (const { key, data } of cells) {
    if (key === null || data === null) continue;
    for (const name of spellings.get(key) ?? []) values[name] = data;
  }
  return values;
}

/** A row as the message that it would be. */
export function toSample(
  service: Service,
  template: Template,
  { personalisation }: CheckedRow,
  row: number,
): ListSample {
  const given: Personalisation = Object.fromEntries(
    Object.entries(personalisation).filter(([, data]) => data !== null),
  );
  const { subject, body, text, sms } = previewDraft(service, template.source, given);
  return { row, subject, body, text, fragments: sms?.measure.fragments ?? null };
}
